import NIOCore

extension Base64 {
    /// Nil if the text is no base64. Takes the alphabet for URLs as well, and does without padding; gateways are not strict.
    static func decode(_ text: RawSpan) -> ByteBuffer? {
        var end = text.byteCount
        while end > 0, text.byte(at: end - 1) == UInt8(ascii: "="), text.byteCount - end < 2 { end -= 1 }
        guard end % 4 != 1 else { return nil }
        let count = end / 4 * 3 + max(0, end % 4 - 1)
        var result = ByteBuffer()
        var seen: UInt8 = 0
        result.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            // `target` has room for `count` bytes, and no more is written: three for each whole group of four characters, and
            // one less than there are characters in the last group if it is not whole. No character behind `end` is read.
            let values = values.span
            var (offset, place) = (0, 0)
            while offset + 4 <= end {
                let four = UInt32(littleEndian: text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
                // There is a value for each of the 256 that a byte can be.
                let first = values[unchecked: Int(four & 0xFF)]
                let second = values[unchecked: Int(four >> 8 & 0xFF)]
                let third = values[unchecked: Int(four >> 16 & 0xFF)]
                let fourth = values[unchecked: Int(four >> 24)]
                seen |= first | second | third | fourth
                target[place] = first << 2 | second >> 4
                target[place + 1] = second << 4 | third >> 2
                target[place + 2] = third << 6 | fourth
                offset += 4
                place += 3
            }
            var pending: UInt32 = 0
            for (index, offset) in (offset..<end).enumerated() {
                let value = values[Int(text.byte(at: offset))]
                seen |= value
                pending = pending << 6 | UInt32(value & 0x3F)
                guard index > 0 else { continue }
                target[place] = UInt8(truncatingIfNeeded: pending >> (6 - 2 * UInt32(index)))
                place += 1
            }
            return count
        }
        return seen & foreign == 0 ? result : nil
    }

    /// Stands for every character that is not of the alphabet.
    private static let foreign: UInt8 = 0x80

    /// What each character stands for, by its number.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: foreign, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        (values[Int(UInt8(ascii: "-"))], values[Int(UInt8(ascii: "_"))]) = (62, 63)
        return values
    }()
}
