import HoldfastCore
import HoldfastWire
import NIOCore

/// A stream of frames means the same however it is cut, and no message is larger than the limit, in both roles.
func tryFrames(_ bytes: [UInt8]) throws(BrokenPromise) {
    let limitBytes = 512
    let pieces = Pieces(bytes)
    for role in [WebSocketRole.client, .server] {
        let whole = decodeFrames(pieces.whole, role, limitBytes: limitBytes)
        try demand(
            whole == decodeFrames(pieces.single, role, limitBytes: limitBytes), "byte by byte it means something else")
        try demand(whole == decodeFrames(pieces.random, role, limitBytes: limitBytes), "a cut changes what it means")
        for case .message(let message, _) in whole.events {
            try demand(message.readableBytes <= limitBytes, "a message is larger than its limit")
        }
    }
}

struct DecodedFrames: Equatable {
    var events: [WebSocketEvent] = []
    var violation: ProtocolViolation?
}

/// What the assembler makes of the pieces, up to a violation or a close frame: after those it must not be fed again.
func decodeFrames(
    _ pieces: [ByteBuffer], _ role: WebSocketRole, limitBytes: Int, deflate: DeflateAgreement? = nil
) -> DecodedFrames {
    var assembler = MessageAssembler(role: role, frameLimitBytes: limitBytes, messageLimitBytes: limitBytes)
    assembler.use(deflate.map { Inflation($0, role: role) })
    var result = DecodedFrames()
    var waiting = ByteBuffer()
    for piece in pieces {
        waiting.writeImmutableBuffer(piece)
        do throws(ProtocolViolation) {
            while let event = try assembler.next(from: &waiting) {
                result.events.append(event)
                if case .close = event { return result }
            }
        } catch {
            result.violation = error
            return result
        }
    }
    return result
}
