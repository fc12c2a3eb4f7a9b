public import HoldfastCore
public import NIOCore

/// The dialect for any WebSocket server: its heartbeats are pings of RFC 6455 §5.5.2, each with a payload of its own, and
/// only the pong that repeats it is the reply. Every message is taken for a business message without a name.
///
/// What it proves: that the other side's WebSocket layer reads and answers. An application that is stuck behind a layer that
/// still answers is not found out; that takes a dialect of the gateway's own heartbeats.
///
/// There is nothing to register. But an upgrade alone may come from a proxy whose server is gone, so the account counts as
/// registered when the first ping is answered.
public struct Ping: Dialect {
    public static let name = "ping"

    public init() {}

    public func writeRegistration(
        token: Secret?, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> Registration {
        .sent(PingFrame.write(.registration, of: context.identity, into: &buffer))
    }

    public func writeHeartbeat(
        _ beat: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind {
        PingFrame.write(.heartbeat(beat), of: context.identity, into: &buffer)
    }

    public func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning {
        PingFrame.meaning(ofPong: payload, identity: identity)
    }

    public func interpret(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Meaning {
        .push(Push(frame: frame, isText: isText))
    }

    /// A text message is one item with that text; a binary one has no text. Raw it is a JSON string: the text, or the bytes
    /// in base64.
    public func items(of push: Push) -> [Result<InboundItem, FrameProblem>] {
        let text = push.isText ? String(buffer: push.frame) : nil
        var raw = ByteBuffer()
        raw.writeJSON(text ?? Base64.encode(Array(push.frame.readableBytesView)))
        return [.success(InboundItem(text: text, raw: raw))]
    }
}

extension Ping: ConfiguredDialect {
    public static func read(_ options: any DialectOptions, over base: Ping?, accountID: String?) -> Ping {
        options.finish()
        return Ping()
    }
}

/// A ping whose pong leads back to it.
enum PingFrame {
    /// The payload is the request's number in decimal digits, which can be read in a trace.
    static func write(
        _ request: RequestNumber, of identity: ConnectionIdentity, into buffer: inout ByteBuffer
    ) -> FrameKind {
        buffer.writeJSON(request.number(of: identity))
        return .ping
    }

    /// A pong with another payload was not asked for (RFC 6455 §5.5.3 allows it), or belongs to nothing that is open: a sign
    /// of life of the socket, and nothing more.
    static func meaning(ofPong payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning {
        let bytes = payload.readableBytesSpan
        guard let number = bytes.integer(in: 0..<bytes.byteCount), bytes.byte(at: 0) != UInt8(ascii: "0") else {
            return .other
        }
        switch RequestNumber(number, of: identity) {
        case .registration: return .registered
        case .heartbeat(let beat): return .reply(beat: beat, isPositive: true, code: 0)
        case .synchronization, .other, nil: return .other
        }
    }
}
