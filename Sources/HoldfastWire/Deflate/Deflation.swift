package import HoldfastCore
package import NIOCore

/// Compresses what one end of a connection sends. A few bytes, unless it keeps context.
package struct Deflation {
    private let windowBits: UInt8
    private let leastMessageBytes: Int
    private var history: DeflateHistory?

    /// Nil where zlib has no window as small as was agreed on: then nothing is compressed, which is always allowed.
    package init?(_ agreement: DeflateAgreement, role: WebSocketRole, leastMessageBytes: Int) {
        let isClient = role == .client
        windowBits = isClient ? agreement.clientWindowBits : agreement.serverWindowBits
        guard (9...15).contains(windowBits) else { return nil }
        self.leastMessageBytes = leastMessageBytes
        let keepsContext = isClient ? agreement.clientKeepsContext : agreement.serverKeepsContext
        history = keepsContext ? DeflateHistory(windowBits: windowBits) : nil
    }

    /// The message, compressed, or nil if it is to be sent as it is, because it is short or would not get smaller. With
    /// context, messages must be sent in the order of these calls.
    package mutating func compress(_ message: ByteBuffer) -> ByteBuffer? {
        guard message.readableBytes >= leastMessageBytes,
            let compressed = Deflater.current(windowBits: windowBits).deflate(message, after: history?.bytes)
        else { return nil }
        history?.remember(message)
        return compressed
    }
}

/// Decompresses what one end of a connection receives. A few bytes, unless the peer keeps context.
package struct Inflation {
    private var history: DeflateHistory?

    package init(_ agreement: DeflateAgreement, role: WebSocketRole) {
        switch role {
        case .client where agreement.serverKeepsContext:
            history = DeflateHistory(windowBits: agreement.serverWindowBits)
        case .server where agreement.clientKeepsContext:
            history = DeflateHistory(windowBits: agreement.clientWindowBits)
        default: break
        }
    }

    /// The whole message out of all its frames. After a violation it must not be used again.
    package mutating func decompress(
        _ message: ByteBuffer, limitBytes: Int
    ) throws(ProtocolViolation) -> ByteBuffer {
        let message = try Inflater.current.inflate(message, after: history?.bytes, limitBytes: limitBytes)
        history?.remember(message)
        return message
    }
}
