import NIOCore
import NIOPosix

/// Lets a channel read into memory that all links of its thread share. By itself a channel keeps a buffer as large as the largest
/// read that it ever had, for good: with thousands of sessions that once had a long message that is gigabytes.
///
/// The channel must not read more than once at a time (`maxMessagesPerRead`): then it keeps nothing of what it is given here.
struct SharedReads: RecvByteBufferAllocator {
    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { ReadBuffer.current.take() }

    /// The next read gets a buffer of its own again, whatever this one brought.
    mutating func record(actualReadBytes: Int) -> Bool { true }
}

/// The memory that the links of one thread read into, one after the other. Whoever keeps a part of what was read keeps all of it,
/// and others get new memory meanwhile: what is kept for long is to be copied.
final class ReadBuffer {
    private var free: ByteBuffer?
    // Safe: the variable gives each thread its own object and no other thread's.
    private nonisolated(unsafe) static let ofThread = ThreadSpecificVariable<ReadBuffer>()

    /// The one of the thread that asks.
    static var current: ReadBuffer { ofThread.value(orMake: ReadBuffer.init) }

    func take() -> ByteBuffer {
        guard var buffer = free.take() else { return ByteBufferAllocator().buffer(capacity: LinkOptions.readBytes) }
        // Where somebody keeps a part of it, this makes it another one.
        buffer.clear()
        return buffer
    }

    /// What was read is done with.
    func giveBack(_ buffer: ByteBuffer) {
        if Self.isShared(buffer) { free = buffer }
    }

    /// The same bytes in memory of their own, if they are in memory that is shared.
    static func owned(_ buffer: ByteBuffer) -> ByteBuffer {
        isShared(buffer) ? ByteBuffer(bytes: buffer.readableBytesView) : buffer
    }

    private static func isShared(_ buffer: ByteBuffer) -> Bool { buffer.storageCapacity == LinkOptions.readBytes }
}
