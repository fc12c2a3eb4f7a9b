public import NIOCore

extension LWP {
    /// A text message (requirements §10). Without `user_id` the account is left out of the receivers, and the gateway takes the
    /// sender for granted.
    public func writeMessage(
        _ message: OutboundMessage, number: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind? {
        buffer.writeStaticString(#"{"lwp":"/r/MessageSend/sendByReceiverScope","headers":{"mid":"#)
        LWPMid.message(number).write(of: context.identity, into: &buffer)
        buffer.writeStaticString(#"},"body":[{"uuid":"#)
        buffer.writeJSON(message.clientID)
        buffer.writeStaticString(#","cid":"#)
        buffer.writeJSON(Self.withDomain(message.chat))
        buffer.writeStaticString(#","conversationType":1,"content":{"contentType":101,"custom":{"type":1,"data":""#)
        var content = ByteBuffer()
        content.writeStaticString(#"{"contentType":1,"text":{"text":"#)
        content.writeJSON(message.text)
        content.writeStaticString("}}")
        buffer.writeString(Base64.encode(content.readableBytesView))
        buffer.writeStaticString(#""}},"redPointPolicy":0,"extension":{"extJson":"{}"},"ctx":{"appVersion":"1.0","#)
        buffer.writeStaticString(#""platform":"web"},"mtags":{},"msgReadStatusSetting":1},{"actualReceivers":["#)
        buffer.writeJSON(Self.withDomain(message.receiver))
        if let userID {
            buffer.writeStaticString(",")
            buffer.writeJSON(Self.withDomain(userID))
        }
        buffer.writeStaticString("]}]}")
        return .text
    }

    private static func withDomain(_ name: String) -> String {
        name.contains("@") ? name : name + domain.description
    }

    /// What the answer to a message of ours says beside its code: the gateway's name for the message, or why it refuses it.
    static func detail(in body: JSONValue?, isPositive: Bool, of json: RawSpan) -> String? {
        guard let body, body.kind == .object else { return nil }
        var scanner = JSONScanner(at: body.range.lowerBound)
        let member = try? isPositive ? scanner.member("messageId", in: json) : scanner.member("reason", in: json)
        return member?.string(in: json).map { String($0.prefix(detailLimit)) }
    }

    /// Characters of it that are kept.
    private static let detailLimit = 200
}
