import Glibc
import NIOPosix

/// Makes the mask keys of one thread. They have to be unpredictable (RFC 6455 §10.3), so they come from the kernel, but
/// 64 at a time: one system call for each would cost more than the frame.
final class MaskKeys {
    // Touched in `next` alone, which calls nothing that leads back here (decision 0025).
    @exclusivity(unchecked) private var keys: [UInt32] = []
    // Safe: the variable gives each thread its own object and no other thread's.
    private nonisolated(unsafe) static let ofThread = ThreadSpecificVariable<MaskKeys>()
    /// What fits into the 256 bytes that one call gives at most.
    private static let count = 64

    /// The source of the thread that asks: an event loop's links all share one.
    static var current: MaskKeys { ofThread.value(orMake: MaskKeys.init) }

    func next() -> MaskKey {
        if let key = keys.popLast() { return MaskKey(key) }
        keys = Self.random()
        return MaskKey(keys.popLast() ?? .random(in: 0 ... .max))
    }

    private static func random() -> [UInt32] {
        var generator = SystemRandomNumberGenerator()
        return [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            if bytes.baseAddress.map({ getentropy($0, bytes.count) }) != 0 {
                // A kernel without the call: the standard library knows other ways.
                for index in buffer.indices { buffer[index] = .random(in: 0 ... .max, using: &generator) }
            }
            initialized = count
        }
    }
}
