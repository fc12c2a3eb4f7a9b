package import NIOCore

/// The four bytes by which a client hides its payload from intermediaries (RFC 6455 §5.3, §10.3). Masking is an XOR, so
/// the same operation masks and unmasks. It is done eight bytes at a time.
package struct MaskKey: Hashable, Sendable {
    /// The key as the number whose big-endian bytes stand in the frame.
    package var word: UInt32

    package init(_ word: UInt32) {
        self.word = word
    }

    /// The key as it applies `count` bytes further on.
    package func advanced(by count: Int) -> MaskKey {
        let bits = UInt32(truncatingIfNeeded: count & 3) &* 8
        return bits == 0 ? self : MaskKey((word << bits) | (word >> (32 - bits)))
    }

    /// Copies `source` to `target`, which may be the same memory, masked; as many bytes as the shorter of the two has.
    func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
        let count = min(source.count, target.count)
        let half = UInt64(word.bigEndian)  // in memory order
        let pattern = half | half << 32
        var index = 0
        while index &+ 8 <= count {
            let masked = source.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ pattern
            target.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        var rest = pattern
        while index < count {
            // `littleEndian` makes the lowest byte the first in memory, whatever the machine.
            target[index] = source[index] ^ UInt8(truncatingIfNeeded: rest.littleEndian)
            rest = UInt64(littleEndian: rest.littleEndian >> 8)
            index &+= 1
        }
    }
}

extension ByteBuffer {
    /// Appends the readable bytes of `payload`, masked.
    package mutating func writeMasked(_ payload: ByteBuffer, key: MaskKey) {
        payload.withUnsafeReadableBytes { source in
            _ = writeWithUnsafeMutableBytes(minimumWritableBytes: source.count) { target in
                key.copy(source, to: target)
                return source.count
            }
        }
    }
}
