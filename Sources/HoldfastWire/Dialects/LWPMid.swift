import NIOCore

/// A request of ours, as its `mid` says it.
///
/// On the wire a mid is a string: a random number 0–999, the time in milliseconds, a blank and a 0
/// (`"4171763712345678 0"`). Here it also has to be unique per connection, and its answer has to lead back to the request
/// without a table of open ones. So the random number is the connection's salt, and the time is the connection's beginning
/// plus a sequence number:
///
///     sequence = 4 × count + kind      kind 0: registration, 1: synchronization, 2: heartbeats, 3: messages
///
/// The four kinds can never meet, and within a kind the count is the beat's number. The salt is the same for the whole
/// connection, so two sequence numbers never give the same digits. The time it seems to tell lags behind the real one (by
/// 15 s less 4 ms for each beat); gateways take a mid for an opaque name.
enum LWPMid: Hashable {
    case registration
    case synchronization
    case heartbeat(UInt32)
    case message(UInt32)

    private var sequence: Int64 {
        switch self {
        case .registration: 0
        case .synchronization: 1
        case .heartbeat(let beat): 4 * Int64(beat) + 2
        case .message(let number): 4 * Int64(number) + 3
        }
    }

    private init?(sequence: Int64) {
        switch sequence {
        case 0: self = .registration
        case 1: self = .synchronization
        case let number where number >= 0 && number % 4 == 2:
            guard let beat = UInt32(exactly: number / 4) else { return nil }
            self = .heartbeat(beat)
        case let number where number >= 0 && number % 4 == 3:
            guard let message = UInt32(exactly: number / 4) else { return nil }
            self = .message(message)
        default: return nil
        }
    }

    /// Appends the mid as a JSON string.
    func write(of identity: ConnectionIdentity, into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "\""))
        buffer.writeJSON(Int64(identity.salt))
        buffer.writeJSON(identity.baseMilliseconds + sequence)
        buffer.writeStaticString(" 0\"")
    }

    /// Reads a mid that came back; nil if it is none that this connection may have sent.
    init?(_ value: JSONValue, of identity: ConnectionIdentity, in json: RawSpan) {
        guard value.kind == .string, let mid = value.withText(in: json, { LWPMid($0, of: identity) }) ?? nil else {
            return nil
        }
        self = mid
    }

    private init?(_ text: RawSpan, of identity: ConnectionIdentity) {
        let saltLength = identity.salt < 10 ? 1 : identity.salt < 100 ? 2 : 3
        let end = text.byteCount - 2
        guard end > saltLength, text.byte(at: end) == UInt8(ascii: " "), text.byte(at: end + 1) == UInt8(ascii: "0"),
            text.integer(in: 0..<saltLength) == Int64(identity.salt)
        else { return nil }
        // Only the digits that we would write: no sign, no leading zero.
        let isCanonical =
            switch text.byte(at: saltLength) {
            case UInt8(ascii: "1")...UInt8(ascii: "9"): true
            case UInt8(ascii: "0"): end == saltLength + 1
            default: false
            }
        guard isCanonical, let time = text.integer(in: saltLength..<end), time >= identity.baseMilliseconds else {
            return nil
        }
        self.init(sequence: time - identity.baseMilliseconds)
    }
}
