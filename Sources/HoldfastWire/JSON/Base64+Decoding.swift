import NIOCore

/// Takes the alphabet for URLs as well, and does without padding; gateways are not strict.
extension Base64 {
    /// Nil if the text is no base64.
    static func decode(_ text: RawSpan) -> ByteBuffer? {
        guard let size = Size(of: text) else { return nil }
        var result = ByteBuffer()
        var isRight = false
        result.writeWithUnsafeMutableBytes(minimumWritableBytes: size.bytes) { target in
            isRight = decode(text, size, to: target)
            return size.bytes
        }
        return isRight ? result : nil
    }

    /// The same for bytes that are only looked at: short ones are decoded on the stack. `body` gets nil for what is no base64.
    static func withDecoded<Result>(_ text: RawSpan, _ body: (RawSpan?) -> Result) -> Result {
        guard let size = Size(of: text) else { return body(nil) }
        return withUnsafeTemporaryAllocation(byteCount: size.bytes, alignment: 1) { target in
            // All of `target` has been written to if `decode` says so.
            guard decode(text, size, to: target) else { return body(nil) }
            return body(UnsafeRawBufferPointer(target).bytes)
        }
    }

    /// How many characters a text has without its padding, and how many bytes they stand for.
    private struct Size {
        let characters: Int
        let bytes: Int

        /// Nil for a length that no base64 has.
        init?(of text: RawSpan) {
            var end = text.byteCount
            while end > 0, text.byte(at: end - 1) == UInt8(ascii: "="), text.byteCount - end < 2 { end -= 1 }
            guard end % 4 != 1 else { return nil }
            characters = end
            bytes = end / 4 * 3 + max(0, end % 4 - 1)
        }
    }

    /// False if there is a character that is not of the alphabet.
    ///
    /// - Parameter target: has room for `size.bytes` at least; they are all written.
    private static func decode(_ text: RawSpan, _ size: Size, to target: UnsafeMutableRawBufferPointer) -> Bool {
        guard target.count >= size.bytes else { return false }
        let pairs = pairs.span
        var (seen, offset, place) = (UInt16(0), 0, 0)
        // Eight characters are six bytes, written as eight: so the last ones, behind which there may be no room, are left. Since
        // `bytes` is three quarters of `characters` at most, the characters of a group that has room are there, too.
        while place &+ 8 <= size.bytes {
            let eight = UInt64(littleEndian: text.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
            // There is a value for each of the 65 536 that two bytes can be.
            let (first, second) = (pairs[unchecked: Int(eight & 0xFFFF)], pairs[unchecked: Int(eight >> 16 & 0xFFFF)])
            let (third, fourth) = (pairs[unchecked: Int(eight >> 32 & 0xFFFF)], pairs[unchecked: Int(eight >> 48)])
            seen |= first | second | third | fourth
            let word = UInt64(first) << 52 | UInt64(second) << 40 | UInt64(third) << 28 | UInt64(fourth) << 16
            target.storeBytes(of: word.bigEndian, toByteOffset: place, as: UInt64.self)
            offset &+= 8
            place &+= 6
        }
        while offset < size.characters {
            // What is not there stands for nothing.
            let missing = UInt8(ascii: "A")
            var characters = InlineArray<4, UInt8>(repeating: missing)
            for index in 0..<min(4, size.characters - offset) { characters[index] = text.byte(at: offset + index) }
            let first = pairs[Int(characters[0]) | Int(characters[1]) << 8]
            let second = pairs[Int(characters[2]) | Int(characters[3]) << 8]
            seen |= first | second
            let word = UInt32(first) << 12 | UInt32(second)
            for index in 0..<min(3, size.bytes - place) {
                target[place + index] = UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * index))
            }
            offset += 4
            place += 3
        }
        return seen & foreign == 0
    }

    /// Stands for every pair with a character that is not of the alphabet.
    private static let foreign: UInt16 = 1 << 15

    /// The twelve bits that two characters stand for, by the number that they are in memory, the first one in the lower byte.
    private static let pairs: [UInt16] = {
        var values = [UInt16](repeating: foreign, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt16(value) }
        (values[Int(UInt8(ascii: "-"))], values[Int(UInt8(ascii: "_"))]) = (62, 63)
        return (0..<65_536).map { pair in
            let (first, second) = (values[pair & 0xFF], values[pair >> 8])
            return (first | second) & foreign != 0 ? foreign : first << 6 | second
        }
    }()
}
