/// The tokens of JSON, as pure functions from the offset where one begins to the offset where it ends. Offsets are never
/// negative and may lie behind the end: there every byte is 0, which no token begins with or contains.
extension RawSpan {
    /// The byte at `offset`, or 0 behind the end.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        offset < byteCount ? unsafeLoad(fromByteOffset: offset, as: UInt8.self) : 0
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
    func endOfString(from start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        var offset = start + 1
        var hasEscapes = false
        while true {
            offset = endOfPlainText(from: offset)
            switch byte(at: offset) {
            case UInt8(ascii: "\""):
                return (offset + 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                guard let length = escapeLength(at: offset) else { throw failure(.badEscape, at: offset) }
                offset += length
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
        text.withUTF8Buffer { expected in
            var isEqual = true
            for index in 0..<expected.count { isEqual = isEqual && expected[index] == byte(at: offset + index) }
            return isEqual
        }
    }

    /// Whatever is wrong at the end of the text is an early end.
    func failure(_ reason: JSONError.Reason, at offset: Int) -> JSONError {
        JSONError(offset < byteCount ? reason : .endsEarly, at: offset)
    }
}
