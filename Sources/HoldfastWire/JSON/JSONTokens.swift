import Glibc

/// The tokens of JSON, as pure functions from the offset where one begins to the offset where it ends. Offsets are never
/// negative and may lie behind the end: there every byte is 0, which no token begins with or contains.
extension RawSpan {
    /// The byte at `offset`, or 0 outside of the span.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        // As an unsigned number a negative offset is larger than every count: this one comparison is the whole check.
        guard UInt(bitPattern: offset) < UInt(bitPattern: byteCount) else { return 0 }
        return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Whether `count` bytes, which is not negative, are there from `offset` on.
    @inline(__always)
    func has(_ count: Int, at offset: Int) -> Bool {
        offset >= 0 && count <= byteCount && offset <= byteCount &- count
    }

    /// The kind of the value that begins at `offset`; nil if none begins with this byte.
    @inline(__always)
    func kind(at offset: Int) -> JSONValue.Kind? {
        switch byte(at: offset) {
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    @inline(__always)
    func endOfWhitespace(from start: Int) -> Int {
        var offset = start
        while true {
            let byte = byte(at: offset)
            // Most bytes are no whitespace, and this one comparison says so.
            guard byte <= UInt8(ascii: " "), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
                return offset
            }
            offset += 1
        }
    }

    /// The end of the one byte that has to stand at `offset`.
    @inline(__always)
    func end(of expected: UInt8, from offset: Int) throws(JSONError) -> Int {
        guard byte(at: offset) == expected else { throw failure(.unexpectedByte, at: offset) }
        return offset + 1
    }

    /// The end of a string that has to begin at `start`, as a key does.
    @inline(__always)
    func endOfKeyString(from start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        guard byte(at: start) == UInt8(ascii: "\"") else { throw failure(.unexpectedByte, at: start) }
        return try endOfString(from: start)
    }

    /// The end of the colon behind a key.
    @inline(__always)
    func endOfColon(from start: Int) throws(JSONError) -> Int {
        try end(of: UInt8(ascii: ":"), from: endOfWhitespace(from: start))
    }

    /// The end of the string whose first quote is at `start`.
    @inline(__always)
    func endOfString(from start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        // Most strings are short and plain: that is seen in one step.
        let end = endOfPlainText(from: start + 1)
        if byte(at: end) == UInt8(ascii: "\"") { return (end + 1, false) }
        return try endOfUnusualString(from: end)
    }

    /// The end of a string whose text is plain up to `start`, and what stands there is no quote.
    @inline(never)
    private func endOfUnusualString(from start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        var offset = start
        var hasEscapes = false
        while true {
            switch byte(at: offset) {
            case UInt8(ascii: "\""):
                return (offset + 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                guard let length = escapeLength(at: offset) else { throw failure(.badEscape, at: offset) }
                offset = endOfPlainText(from: offset + length)
            default:
                throw failure(.controlCharacter, at: offset)
            }
        }
    }

    func endOfNumber(from start: Int) throws(JSONError) -> Int {
        var offset = start
        if byte(at: offset) == UInt8(ascii: "-") { offset += 1 }
        // No digit may follow a leading zero; if one does, whoever reads on finds a byte that cannot stand there.
        offset = byte(at: offset) == UInt8(ascii: "0") ? offset + 1 : try endOfDigits(from: offset)
        if byte(at: offset) == UInt8(ascii: ".") { offset = try endOfDigits(from: offset + 1) }
        if byte(at: offset) | 0x20 == UInt8(ascii: "e") {
            let sign = byte(at: offset + 1)
            let hasSign = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
            offset = try endOfDigits(from: offset + (hasSign ? 2 : 1))
        }
        return offset
    }

    /// The end of one digit or more.
    @inline(__always)
    private func endOfDigits(from start: Int) throws(JSONError) -> Int {
        var offset = start
        while byte(at: offset) &- UInt8(ascii: "0") <= 9 { offset += 1 }
        guard offset > start else { throw failure(.badNumber, at: offset) }
        return offset
    }

    func endOfLiteral(from start: Int) throws(JSONError) -> Int {
        let literal: StaticString =
            switch byte(at: start) {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            default: "null"
            }
        guard contains(literal, at: start) else { throw failure(.badLiteral, at: start) }
        return start + literal.utf8CodeUnitCount
    }

    /// Whether `text` stands at `offset`.
    @inline(__always)
    func contains(_ text: StaticString, at offset: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard has(count, at: offset) else { return false }
        // Both have `count` bytes from there on. Where the text is known to the compiler, this is a comparison of words.
        return withUnsafeBytes { bytes in
            text.withUTF8Buffer { expected in
                guard let here = bytes.baseAddress, let there = expected.baseAddress else { return count == 0 }
                return memcmp(here + offset, there, count) == 0
            }
        }
    }

    /// Whatever is wrong at the end of the text is an early end.
    func failure(_ reason: JSONError.Reason, at offset: Int) -> JSONError {
        JSONError(offset < byteCount ? reason : .endsEarly, at: offset)
    }
}
