import NIOCore

/// The end of what was compressed in one direction: all that context takeover needs from one message to the next
/// (RFC 7692 §7.2.3.2). It is given to a compressor or decompressor as its dictionary, so that these can be shared.
struct DeflateHistory {
    private let limitBytes: Int
    private(set) var bytes = ByteBuffer()

    /// - Parameter windowBits: how far back a message may refer, as a power of two.
    init(windowBits: UInt8) {
        limitBytes = 1 << Int(windowBits)
    }

    mutating func remember(_ message: ByteBuffer) {
        var message = message
        if message.readableBytes >= limitBytes {
            message.moveReaderIndex(forwardBy: message.readableBytes - limitBytes)
            bytes.clear()
        } else {
            let surplus = bytes.readableBytes + message.readableBytes - limitBytes
            if surplus > 0 { bytes.moveReaderIndex(forwardBy: surplus) }
            // At most twice the window in memory, and seldom a move.
            if bytes.readerIndex >= limitBytes { bytes.discardReadBytes() }
        }
        bytes.writeImmutableBuffer(message)
    }
}
