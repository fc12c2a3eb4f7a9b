import CZlib
import NIOCore
import NIOPosix

/// Makes DEFLATE (RFC 1951), one message at a time, for all connections of a thread that agreed on the same window: about
/// 270 KB for the largest, once.
///
/// Between two messages it holds nothing of either.
final class Deflater {
    private final class OfThread {
        var byWindowBits: [UInt8: Deflater] = [:]
    }

    // Safe: the variable gives each thread its own object and no other thread's.
    private nonisolated(unsafe) static let ofThread = ThreadSpecificVariable<OfThread>()

    /// The one of the thread that asks.
    ///
    /// - Parameter windowBits: 9 to 15.
    static func current(windowBits: UInt8) -> Deflater {
        let all = ofThread.value(orMake: OfThread.init)
        if let deflater = all.byWindowBits[windowBits] { return deflater }
        let deflater = Deflater(windowBits: windowBits)
        all.byWindowBits[windowBits] = deflater
        return deflater
    }

    /// Not a stored property: zlib keeps the address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    private init(windowBits: UInt8) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative: without a header of zlib's. 8 is zlib's own choice for the memory.
        isReady =
            deflateInit2_(
                stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -Int32(windowBits), 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        deflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// The message as it goes out, without its tail (RFC 7692 §7.2.1), or nil if it would not be smaller.
    ///
    /// - Parameter history: what the message may refer back to.
    func deflate(_ message: ByteBuffer, after history: ByteBuffer?) -> ByteBuffer? {
        guard isReady, message.readableBytes <= UInt32.max >> 1, deflateReset(stream) == Z_OK else { return nil }
        if let history, history.readableBytes > 0 {
            let status = history.withUnsafeReadableBytes { bytes in
                deflateSetDictionary(
                    stream, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(clamping: bytes.count))
            }
            guard status == Z_OK else { return nil }
        }
        // What does not fit into this is not smaller, tail or no tail.
        let room = message.readableBytes + Inflater.tail.count
        var output = ByteBufferAllocator().buffer(capacity: room)
        let isComplete = message.withUnsafeReadableBytes { compress($0, into: &output, room: room) }
        let count = output.readableBytes - Inflater.tail.count
        guard isComplete, count > 0, count < message.readableBytes else { return nil }
        // A flush ends with the empty block that makes the tail.
        guard let end = output.getSlice(at: output.readerIndex + count, length: Inflater.tail.count),
            end.readableBytesView.elementsEqual(Inflater.tail)
        else { return nil }
        return output.readSlice(length: count)
    }

    /// Whether all of the input is in the output now.
    private func compress(_ input: UnsafeRawBufferPointer, into output: inout ByteBuffer, room: Int) -> Bool {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(clamping: input.count)
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            let space = UInt32(clamping: min(room, target.count))
            stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = space
            status = CZlib.deflate(stream, Z_SYNC_FLUSH)
            return Int(space - stream.pointee.avail_out)
        }
        return status == Z_OK && stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
    }
}
