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
        let values = values.span
        var (seen, offset, place) = (UInt32(0), 0, 0)
        // Four characters are three bytes, written as four: so the last ones, behind which there may be no room, are left.
        // Since `bytes` is three quarters of `characters` at most, the characters of a group that has room are there, too.
        while place &+ 4 <= size.bytes {
            let four = UInt32(littleEndian: text.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
            // There is a value for each of the 256 that a byte can be, at each of the four places.
            let word =
                values[unchecked: Int(four & 0xFF)] | values[unchecked: 256 &+ Int(four >> 8 & 0xFF)]
                | values[unchecked: 512 &+ Int(four >> 16 & 0xFF)] | values[unchecked: 768 &+ Int(four >> 24)]
            seen |= word
            target.storeBytes(of: (word << 8).bigEndian, toByteOffset: place, as: UInt32.self)
            offset &+= 4
            place &+= 3
        }
        while offset < size.characters {
            var word: UInt32 = 0
            for index in 0..<min(4, size.characters - offset) {
                word |= values[256 * index + Int(text.byte(at: offset + index))]
            }
            seen |= word
            for index in 0..<min(3, size.bytes - place) {
                target[place + index] = UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * index))
            }
            offset += 4
            place += 3
        }
        return seen & foreign == 0
    }

    /// Stands for every character that is not of the alphabet.
    private static let foreign: UInt32 = 1 << 31

    /// What each character stands for, by its number, in the first, second, third and fourth place of a group.
    private static let values: [UInt32] = {
        var values = [UInt32](repeating: foreign, count: 4 * 256)
        var characters = alphabet.enumerated().map { (value: UInt32($0.offset), character: Int($0.element)) }
        characters += [(62, Int(UInt8(ascii: "-"))), (63, Int(UInt8(ascii: "_")))]
        for (value, character) in characters {
            for place in 0..<4 { values[256 * place + character] = value << UInt32(18 - 6 * place) }
        }
        return values
    }()
}
