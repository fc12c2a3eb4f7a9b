import NIOCore

extension Base64 {
    /// Nil if the text is no base64. Takes the alphabet for URLs as well, and does without padding; gateways are not strict.
    static func decode(_ text: RawSpan) -> ByteBuffer? {
        var end = text.byteCount
        while end > 0, text.byte(at: end - 1) == UInt8(ascii: "="), text.byteCount - end < 2 { end -= 1 }
        guard end % 4 != 1 else { return nil }
        var result = ByteBuffer()
        result.reserveCapacity(end / 4 * 3 + 2)
        var (word, count): (UInt32, Int) = (0, 0)
        for offset in 0..<end {
            guard let digit = value(of: text.byte(at: offset)) else { return nil }
            word = word << 6 | UInt32(digit)
            count += 1
            guard count == 4 else { continue }
            result.writeInteger(UInt16(truncatingIfNeeded: word >> 8))
            result.writeInteger(UInt8(truncatingIfNeeded: word))
            (word, count) = (0, 0)
        }
        switch count {
        case 2: result.writeInteger(UInt8(truncatingIfNeeded: word >> 4))
        case 3: result.writeInteger(UInt16(truncatingIfNeeded: word >> 2))
        default: break
        }
        return result
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
