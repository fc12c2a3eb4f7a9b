package import NIOCore

/// Checks that a stream of bytes is UTF-8 (RFC 3629), fed in parts cut anywhere, and says so at the first byte that
/// cannot be: overlong forms, surrogates and everything past U+10FFFF included. Runs of ASCII go eight bytes at a time.
package struct UTF8Validator: Hashable, Sendable {
    /// Continuation bytes still to come for the character begun, and the range the next one must be in.
    private var outstanding: UInt8 = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    package init() {}

    /// Whether the stream may end here: not within a character.
    package var isComplete: Bool { outstanding == 0 }

    /// Whether the stream can still be UTF-8 after these bytes. Once it cannot, the validator must not be used again.
    package mutating func accept(_ buffer: ByteBuffer) -> Bool {
        buffer.withUnsafeReadableBytes { accept($0) }
    }

    package mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            if outstanding == 0 {
                index = Self.endOfASCII(in: bytes, from: index)
                guard index < count else { return true }
                guard begin(bytes[index]) else { return false }
            } else {
                let byte = bytes[index]
                guard byte >= lowest, byte <= highest else { return false }
                outstanding &-= 1
                (lowest, highest) = (0x80, 0xBF)
            }
            index &+= 1
        }
        return true
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: outstanding = 1
        case 0xE0: (outstanding, lowest) = (2, 0xA0)  // below would be overlong
        case 0xED: (outstanding, highest) = (2, 0x9F)  // above are the surrogates
        case 0xE1...0xEF: outstanding = 2
        case 0xF0: (outstanding, lowest) = (3, 0x90)  // below would be overlong
        case 0xF1...0xF3: outstanding = 3
        case 0xF4: (outstanding, highest) = (3, 0x8F)  // above is past U+10FFFF
        default: return false
        }
        return true
    }

    /// The index of the first byte at or after `start` that is not ASCII, or the end.
    private static func endOfASCII(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 16 <= bytes.count,
            (bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                | bytes.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self)) & 0x8080_8080_8080_8080 == 0
        {
            index &+= 16
        }
        while index &+ 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            index &+= 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}
