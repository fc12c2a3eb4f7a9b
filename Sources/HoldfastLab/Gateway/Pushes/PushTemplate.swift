import HoldfastCore
import HoldfastWire
import NIOCore

/// How the pushes of one request are written. The n-th push has the same bytes each time it is delivered, so nothing of it has
/// to be kept but its number and its time.
struct PushTemplate: Sendable {
    let request: PushRequest
    /// Names the request in the ids of its pushes.
    let serial: Int
    private let message: ChatMessage
    private let json: ChatMessageJSON

    /// The domain of chats and users on the real gateway.
    private static let domain = "@goofish"

    /// - Parameters:
    ///   - sender: the user id of whoever wrote the messages.
    ///   - epoch: makes the ids of messages differ from those of an earlier run of the gateway.
    init(request: PushRequest, sender: String, serial: Int, epoch: WallTime) {
        self.request = request
        self.serial = serial
        let isOnly = request.count == 1 && request.batch == 1
        message = ChatMessage(
            chat: NumberedText(request.chat.contains("@") ? request.chat : request.chat + Self.domain),
            id: request.id.map { isOnly ? NumberedText(fixed: $0) : NumberedText(prefix: "\($0)-") }
                ?? NumberedText(prefix: "\(epoch.milliseconds).\(serial)."),
            sender: sender, name: request.isOwn ? "Seller" : "Buyer", text: NumberedText(request.text))
        json = ChatMessageJSON(message)
    }

    /// Writes a push as an LWP frame's text. `number` counts from 1; `at` is the time that its messages carry.
    func write(_ number: Int, at time: WallTime, into frame: inout ByteBuffer, scratch: inout ByteBuffer) {
        frame.writeStaticString(#"{"lwp":"/s/para","headers":{"mid":""#)
        PushMid(serial: serial, number: number).write(into: &frame)
        frame.writeStaticString(#"","sid":"s"#)
        frame.writeJSON(Int64(serial))
        frame.writeStaticString(#"","dt":"j"},"body":{"syncPushPackage":{"data":["#)
        for item in 0..<request.batch {
            if item > 0 { frame.writeStaticString(",") }
            frame.writeStaticString(#"{"bizType":40,"objectType":40000,"data":""#)
            scratch.clear()
            let messageNumber = (number - 1) * request.batch + item + 1
            switch request.format {
            case .json: json.write(messageNumber, at: time, into: &scratch)
            case .messagePack: message.writeMessagePack(messageNumber, at: time, into: &scratch)
            }
            frame.writeBase64(of: scratch)
            frame.writeStaticString(#""}"#)
        }
        frame.writeStaticString("]}}}")
    }
}

/// The `mid` of a push: which request, and which of its pushes. `p<serial>-<number> 0`
struct PushMid: Hashable {
    var serial: Int
    var number: Int

    init(serial: Int, number: Int) {
        self.serial = serial
        self.number = number
    }

    /// Nil if it is no `mid` of a push of ours.
    init?(_ text: RawSpan) {
        var position = 0
        guard text.take("p", at: &position), let serial = text.takeNumber(at: &position), text.take("-", at: &position),
            let number = text.takeNumber(at: &position), text.take(" ", at: &position), text.take("0", at: &position),
            position == text.byteCount
        else { return nil }
        self.init(serial: serial, number: number)
    }

    func write(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("p")
        buffer.writeJSON(Int64(serial))
        buffer.writeStaticString("-")
        buffer.writeJSON(Int64(number))
        buffer.writeStaticString(" 0")
    }
}

extension RawSpan {
    fileprivate func take(_ character: Unicode.Scalar, at position: inout Int) -> Bool {
        guard position < byteCount, unsafeLoad(fromByteOffset: position, as: UInt8.self) == UInt8(ascii: character)
        else {
            return false
        }
        position += 1
        return true
    }

    /// The number whose digits begin here; nil if none do, or it is larger than any that is given out.
    fileprivate func takeNumber(at position: inout Int) -> Int? {
        let start = position
        var number = 0
        while position < byteCount, position - start < 18 {
            let digit = unsafeLoad(fromByteOffset: position, as: UInt8.self) &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            number = number * 10 + Int(digit)
            position += 1
        }
        return position > start ? number : nil
    }
}
