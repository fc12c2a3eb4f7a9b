extension RawSpan {
    /// The offset of the first byte that ends plain text inside a JSON string: a quote, a backslash or a control
    /// character; the end of the span if there is none.
    ///
    /// Eight bytes are tested at a time, by arithmetic on a word. In each of the two terms a byte's top bit is set if the
    /// byte is one of those looked for. A borrow may also set it in the byte *after* such a one, never before the first; as
    /// only the lowest is used, the answer is exact.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        // Most texts end within the first word.
        guard has(8, at: start) else { return endOfLastPlainText(from: start) }
        let marks = endsOfPlainText(at: start)
        return marks != 0 ? start &+ marks.trailingZeroBitCount / 8 : endOfLongPlainText(from: start &+ 8)
    }

    /// The same for what goes on behind the first word: two words at a time.
    @inline(never)
    private func endOfLongPlainText(from start: Int) -> Int {
        var offset = start
        while has(16, at: offset) {
            let (first, second) = (endsOfPlainText(at: offset), endsOfPlainText(at: offset &+ 8))
            if first | second != 0 {
                return offset &+ (first != 0 ? first.trailingZeroBitCount : 64 &+ second.trailingZeroBitCount) / 8
            }
            offset &+= 16
        }
        return endOfLastPlainText(from: offset)
    }

    /// The same for the last few bytes of the span.
    @inline(never)
    private func endOfLastPlainText(from start: Int) -> Int {
        var offset = start
        while offset < byteCount {
            let byte = byte(at: offset)
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return offset }
            offset += 1
        }
        return offset
    }

    /// Of the eight bytes at `offset`, which have to be there, marks of those that end plain text; of several the lowest is right.
    @inline(__always)
    private func endsOfPlainText(at offset: Int) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
        // With its second bit turned a quote, 0x22, is 0x20, and a control character is still less than that; nothing else is.
        let quotesAndControls = (word ^ (ones &* 0x02)) &- ones &* 0x21
        let backslashes = (word ^ (ones &* 0x5C)) &- ones
        // A byte beyond ASCII is none of them: one mask leaves out whatever has its top bit set.
        let found = quotesAndControls | backslashes
        return found & ~word & (ones &* 0x80)
    }

    /// How many bytes the escape at `offset` has (2, or 6 for `\uXXXX`); nil if it is none of RFC 8259.
    func escapeLength(at offset: Int) -> Int? {
        switch byte(at: offset + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            2
        case UInt8(ascii: "u"): codeUnit(at: offset) == nil ? nil : 6
        default: nil
        }
    }

    /// The text in `range`, the inside of a string that has been scanned, with its escapes replaced.
    func unescapedText(in range: Range<Int>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = byte(at: offset)
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                offset += 1
                continue
            }
            let (scalar, length) = escapedScalar(at: offset)
            bytes.append(contentsOf: Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
            offset += length
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The character that the escape at `offset` stands for, and the escape's length in bytes. Two halves of a surrogate
    /// pair are one character; a half alone is U+FFFD.
    private func escapedScalar(at offset: Int) -> (Unicode.Scalar, length: Int) {
        switch byte(at: offset + 1) {
        case UInt8(ascii: "b"): return ("\u{8}", 2)
        case UInt8(ascii: "f"): return ("\u{C}", 2)
        case UInt8(ascii: "n"): return ("\n", 2)
        case UInt8(ascii: "r"): return ("\r", 2)
        case UInt8(ascii: "t"): return ("\t", 2)
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(at: offset) else { return ("\u{FFFD}", 2) }
            if UTF16.isLeadSurrogate(unit), let partner = codeUnit(at: offset + 6), UTF16.isTrailSurrogate(partner) {
                return (UTF16.decode(UTF16.EncodedScalar([unit, partner])), 12)
            }
            return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6)
        case let byte: return (Unicode.Scalar(byte), 2)
        }
    }

    /// The UTF-16 code unit written as `\uXXXX` at `offset`; nil if there is no such thing.
    private func codeUnit(at offset: Int) -> UInt16? {
        guard byte(at: offset) == UInt8(ascii: "\\"), byte(at: offset + 1) == UInt8(ascii: "u") else { return nil }
        var unit: UInt16 = 0
        for index in offset + 2..<offset + 6 {
            let byte = byte(at: index)
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
