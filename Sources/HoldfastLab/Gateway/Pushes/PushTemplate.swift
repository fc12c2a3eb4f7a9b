import HoldfastCore
import HoldfastWire
import NIOCore

/// How the pushes of one request are written. The n-th push has the same bytes each time it is delivered, so nothing of it has
/// to be kept but its number and its time.
struct PushTemplate: Sendable {
    let request: PushRequest
    let sender: String
    /// Names the request in the ids of its pushes and messages.
    let serial: Int
    /// Makes message ids differ from those of an earlier run of the gateway.
    let epoch: WallTime

    /// The domain of chats and users on the real gateway.
    static let domain = "@goofish"

    /// Writes a push as an LWP frame's text. `number` counts from 1; `at` is the time that its messages carry.
    func write(_ number: Int, at time: WallTime, into frame: inout ByteBuffer, scratch: inout ByteBuffer) {
        frame.writeStaticString(#"{"lwp":"/s/para","headers":{"mid":"#)
        frame.writeJSON(PushMid(serial: serial, number: number).text)
        frame.writeStaticString(#","sid":"s"#)
        frame.writeJSON(Int64(serial))
        frame.writeStaticString(#"","dt":"j"},"body":{"syncPushPackage":{"maxPts":"#)
        frame.writeJSON(Int64(number))
        frame.writeStaticString(#","data":["#)
        for item in 0..<request.batch {
            frame.writeStaticString(
                item == 0
                    ? #"{"bizType":40,"objectType":40000,"data":""# : #",{"bizType":40,"objectType":40000,"data":""#)
            scratch.clear()
            let message = message((number - 1) * request.batch + item + 1)
            switch request.format {
            case .json: message.writeJSON(at: time, into: &scratch)
            case .messagePack: message.writeMessagePack(at: time, into: &scratch)
            }
            frame.writeBase64(of: scratch)
            frame.writeStaticString(#""}"#)
        }
        frame.writeStaticString("]}}}")
    }

    private func message(_ number: Int) -> ChatMessage {
        let isOnly = request.count == 1 && request.batch == 1
        let id = request.id.map { isOnly ? $0 : "\($0)-\(number)" } ?? "\(epoch.milliseconds).\(serial).\(number)"
        return ChatMessage(
            chat: Self.qualified(request.chat), id: id, sender: sender, name: request.isOwn ? "Seller" : "Buyer",
            text: request.text.contains("{n}") ? request.text.replacing("{n}", with: String(number)) : request.text)
    }

    static func qualified(_ name: String) -> String { name.contains("@") ? name : name + domain }
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
    init?(_ text: some StringProtocol) {
        guard text.first == "p", text.hasSuffix(" 0") else { return nil }
        let parts = text.dropFirst().dropLast(2).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let serial = Int(parts[0]), let number = Int(parts[1]) else { return nil }
        self.init(serial: serial, number: number)
    }

    var text: String { "p\(serial)-\(number) 0" }
}
