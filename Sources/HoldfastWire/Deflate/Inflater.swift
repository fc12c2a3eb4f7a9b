import CZlib
import HoldfastCore
import NIOCore
import NIOPosix

/// Undoes DEFLATE (RFC 1951), one message at a time, for all connections of a thread: about 40 KB, once.
///
/// Between two messages it holds nothing of either. It takes any window, so it can read what was made with a smaller one.
final class Inflater {
    // Safe: the variable gives each thread its own object and no other thread's.
    private nonisolated(unsafe) static let ofThread = ThreadSpecificVariable<Inflater>()

    /// The one of the thread that asks.
    static var current: Inflater { ofThread.value(orMake: Inflater.init) }

    /// What a message may grow to: the message limit, and beyond `harmlessBytes` also a multiple of its compressed size, so
    /// that many small messages cannot make us work much harder than their sender (RFC 7692 §8 leaves it to us).
    static let harmlessBytes = 1 << 20
    static let largestRatio = 256

    /// The end of every message, which its sender leaves out (RFC 7692 §7.2.1).
    static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// Not a stored property: zlib keeps the address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    private init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative: without a header of zlib's.
        isReady = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// The whole message (RFC 7692 §7.2.2).
    ///
    /// - Parameters:
    ///   - compressed: without its tail. Some peers send an empty message as nothing at all; it can mean nothing else.
    ///   - history: what the message may refer back to.
    ///   - limitBytes: the largest message that is accepted.
    func inflate(
        _ compressed: ByteBuffer, after history: ByteBuffer?, limitBytes: Int
    ) throws(ProtocolViolation) -> ByteBuffer {
        let count = compressed.readableBytes
        guard count > 0 else { return ByteBuffer() }
        guard count <= UInt32.max else { throw .messageTooLarge }
        // Without memory nothing can be read. It is not the peer's fault, but it is the end of the connection.
        guard isReady, inflateReset(stream) == Z_OK else { throw .badCompression }
        if let history, history.readableBytes > 0 {
            let status = history.withUnsafeReadableBytes { bytes in
                inflateSetDictionary(
                    stream, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(clamping: bytes.count))
            }
            guard status == Z_OK else { throw .badCompression }
        }
        let bound = Bound(compressedBytes: count, limitBytes: limitBytes)
        var output = ByteBufferAllocator().buffer(capacity: min(bound.bytes, max(256, count * 4)))
        var failure = compressed.withUnsafeReadableBytes { feed($0, into: &output, bound) }
        if failure == nil { failure = Self.tail.withUnsafeBytes { feed($0, into: &output, bound) } }
        if let failure { throw failure }
        // Exactly at the end of a block, with no bit left over: else the message was not whole.
        guard stream.pointee.data_type == Self.endOfBlock else { throw .badCompression }
        return output
    }

    /// What `data_type` is right behind a block that was not the last one (see `inflate` in zlib.h).
    private static let endOfBlock: Int32 = 128

    private struct Bound {
        let bytes: Int
        let violation: ProtocolViolation

        init(compressedBytes: Int, limitBytes: Int) {
            // Compressed messages are no larger than 4 GiB, so this cannot overflow.
            let byRatio = max(Inflater.harmlessBytes, compressedBytes * Inflater.largestRatio)
            bytes = min(byRatio, limitBytes)
            violation = byRatio < limitBytes ? .compressionBomb : .messageTooLarge
        }
    }

    /// Uses all of the input. Returns what is wrong with it.
    private func feed(
        _ input: UnsafeRawBufferPointer, into output: inout ByteBuffer, _ bound: Bound
    ) -> ProtocolViolation? {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(clamping: input.count)
        while true {
            // One byte more than allowed: its arrival is the violation.
            let room = bound.bytes - output.readableBytes + 1
            let status = write(into: &output, room: min(room, max(output.writableBytes, output.readableBytes, 256)))
            guard output.readableBytes <= bound.bytes else { return bound.violation }
            switch status {
            case Z_STREAM_END:
                // A block that calls itself the last one. More may follow (RFC 7692 §7.2.1), and may refer back over it:
                // this reset keeps the window.
                guard inflateResetKeep(stream) == Z_OK else { return .badCompression }
                if stream.pointee.avail_in == 0 { return nil }
            case Z_OK, Z_BUF_ERROR:
                // No room left means that there may be more to come out.
                guard stream.pointee.avail_out > 0 else { continue }
                return stream.pointee.avail_in == 0 ? nil : .badCompression
            default:
                return .badCompression
            }
        }
    }

    private func write(into output: inout ByteBuffer, room: Int) -> Int32 {
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            let space = UInt32(clamping: min(room, target.count))
            stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = space
            status = CZlib.inflate(stream, Z_SYNC_FLUSH)
            return Int(space - stream.pointee.avail_out)
        }
        return status
    }
}
