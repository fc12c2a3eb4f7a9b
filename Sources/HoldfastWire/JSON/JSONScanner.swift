/// Walks through a JSON text (RFC 8259) without copying, decoding or allocating anything: the envelope of a frame is
/// looked at thousands of times a second, and only a few short members of it are ever needed.
///
/// The text is passed to every call, as the readable bytes of a buffer (`buffer.readableBytesSpan`), so the scanner itself
/// is only a position. It is total: any bytes give values or a `JSONError`, never a trap, in time linear in their number
/// and in constant space. The grammar is checked in full, except that bytes beyond ASCII are taken for UTF-8, which the
/// WebSocket layer has already checked.
///
/// ```
/// var scanner = JSONScanner()
/// try scanner.beginObject(in: json)
/// while let key = try scanner.nextKey(in: json) {
///     let value = try scanner.skipValue(in: json)     // or beginObject, to look inside
/// }
/// try scanner.finish(in: json)
/// ```
///
/// Where a key is repeated it is given each time. Callers of this project let the last one win, as most readers of JSON do.
public struct JSONScanner: Sendable {
    /// The most objects and arrays that may lie inside each other within one skipped value. One bit is kept for each.
    public static let depthLimit = 64

    /// Distance in bytes from the start of the text to what is read next.
    public private(set) var position: Int
    private var isBeforeFirstMember = false

    /// Begins at an offset, for instance that of a value found before.
    public init(at position: Int = 0) {
        self.position = max(position, 0)
    }

    /// The kind of the value that is read next; nil if no value begins with this byte.
    public mutating func nextKind(in json: RawSpan) -> JSONValue.Kind? {
        skipWhitespace(in: json)
        return switch json.byte(at: position) {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    /// Steps into the object that begins here. Its members follow by `nextKey`.
    public mutating func beginObject(in json: RawSpan) throws(JSONError) {
        skipWhitespace(in: json)
        try expect(UInt8(ascii: "{"), in: json)
        isBeforeFirstMember = true
    }

    /// The key of the next member, with its value next to be read; nil when the object has ended, which is then left.
    public mutating func nextKey(in json: RawSpan) throws(JSONError) -> JSONValue? {
        skipWhitespace(in: json)
        let isFirst = isBeforeFirstMember
        isBeforeFirstMember = false
        if take(UInt8(ascii: "}"), in: json) { return nil }
        if !isFirst {
            try expect(UInt8(ascii: ","), in: json)
        }
        return try skipKey(in: json)
    }

    /// Passes over the value that begins here, whatever it is, checking all of it.
    @discardableResult
    public mutating func skipValue(in json: RawSpan) throws(JSONError) -> JSONValue {
        guard let kind = nextKind(in: json) else { throw failure(.unexpectedByte, in: json) }
        let start = position
        var hasEscapes = false
        switch kind {
        case .object, .array: try skipContainer(in: json)
        case .string: hasEscapes = try skipString(in: json)
        case .number: try skipNumber(in: json)
        case .boolean, .null: try skipLiteral(in: json)
        }
        return JSONValue(kind, start..<position, hasEscapes: hasEscapes)
    }

    /// Checks that nothing but whitespace is left.
    public mutating func finish(in json: RawSpan) throws(JSONError) {
        skipWhitespace(in: json)
        guard position >= json.byteCount else { throw failure(.trailingBytes, in: json) }
    }
}

// MARK: - Containers

extension JSONScanner {
    /// Passes over an object or array. A loop with one bit per open container (1: object) instead of recursion, so that no
    /// text can exhaust the stack.
    private mutating func skipContainer(in json: RawSpan) throws(JSONError) {
        var objects: UInt64 = 0
        var depth = 0
        repeat {
            // A value begins here.
            guard let kind = nextKind(in: json) else { throw failure(.unexpectedByte, in: json) }
            switch kind {
            case .object, .array:
                guard depth < Self.depthLimit else { throw failure(.tooDeep, in: json) }
                position += 1
                skipWhitespace(in: json)
                if take(kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]"), in: json) { break }
                objects = objects << 1 | (kind == .object ? 1 : 0)
                depth += 1
                if kind == .object { try skipKey(in: json) }
                continue
            case .string: _ = try skipString(in: json)
            case .number: try skipNumber(in: json)
            case .boolean, .null: try skipLiteral(in: json)
            }
            try endContainers(in: json, objects: &objects, depth: &depth)
        } while depth > 0
    }

    /// After a value: leaves every container that ends here, and stops before the next value if there is one.
    @inline(__always)
    private mutating func endContainers(
        in json: RawSpan, objects: inout UInt64, depth: inout Int
    ) throws(JSONError) {
        while depth > 0 {
            skipWhitespace(in: json)
            let isObject = objects & 1 == 1
            if take(UInt8(ascii: ","), in: json) {
                if isObject { try skipKey(in: json) }
                return
            }
            try expect(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), in: json)
            objects >>= 1
            depth -= 1
        }
    }

    /// Passes over `"key":`.
    @discardableResult
    @inline(__always)
    private mutating func skipKey(in json: RawSpan) throws(JSONError) -> JSONValue {
        skipWhitespace(in: json)
        let start = position
        guard json.byte(at: start) == UInt8(ascii: "\"") else { throw failure(.unexpectedByte, in: json) }
        let hasEscapes = try skipString(in: json)
        let key = JSONValue(.string, start..<position, hasEscapes: hasEscapes)
        skipWhitespace(in: json)
        try expect(UInt8(ascii: ":"), in: json)
        return key
    }
}

// MARK: - Scalars

extension JSONScanner {
    /// Passes over a string, quotes included; tells whether it has escapes.
    private mutating func skipString(in json: RawSpan) throws(JSONError) -> Bool {
        var hasEscapes = false
        position += 1
        while true {
            position = json.endOfPlainText(from: position)
            switch json.byte(at: position) {
            case UInt8(ascii: "\""):
                position += 1
                return hasEscapes
            case UInt8(ascii: "\\"):
                hasEscapes = true
                guard let length = json.escapeLength(at: position) else { throw failure(.badEscape, in: json) }
                position += length
            default:
                throw failure(.controlCharacter, in: json)
            }
        }
    }

    private mutating func skipNumber(in json: RawSpan) throws(JSONError) {
        _ = take(UInt8(ascii: "-"), in: json)
        // No digit may follow a leading zero; if one does, whoever reads on finds a byte that cannot stand there.
        if !take(UInt8(ascii: "0"), in: json) { try skipDigits(in: json) }
        if take(UInt8(ascii: "."), in: json) { try skipDigits(in: json) }
        if take(UInt8(ascii: "e"), in: json) || take(UInt8(ascii: "E"), in: json) {
            if !take(UInt8(ascii: "+"), in: json) { _ = take(UInt8(ascii: "-"), in: json) }
            try skipDigits(in: json)
        }
    }

    /// Passes over one digit or more.
    private mutating func skipDigits(in json: RawSpan) throws(JSONError) {
        let start = position
        while json.byte(at: position) &- UInt8(ascii: "0") <= 9 { position += 1 }
        guard position > start else { throw failure(.badNumber, in: json) }
    }

    private mutating func skipLiteral(in json: RawSpan) throws(JSONError) {
        let literal: StaticString =
            switch json.byte(at: position) {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            default: "null"
            }
        let matches = literal.withUTF8Buffer { expected in
            for index in 0..<expected.count where expected[index] != json.byte(at: position + index) {
                return false
            }
            return true
        }
        guard matches else { throw failure(.badLiteral, in: json) }
        position += literal.utf8CodeUnitCount
    }
}

// MARK: - Bytes

extension JSONScanner {
    @inline(__always)
    private mutating func skipWhitespace(in json: RawSpan) {
        while true {
            switch json.byte(at: position) {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8, in json: RawSpan) -> Bool {
        guard json.byte(at: position) == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8, in json: RawSpan) throws(JSONError) {
        guard take(byte, in: json) else { throw failure(.unexpectedByte, in: json) }
    }

    /// Whatever goes wrong at the end of the text is an early end.
    private func failure(_ reason: JSONError.Reason, in json: RawSpan) -> JSONError {
        JSONError(position >= json.byteCount ? .endsEarly : reason, at: position)
    }
}

extension RawSpan {
    /// The byte at `offset`, or 0 outside the span. No token of JSON has a 0 in it, so one comparison finds both a wrong
    /// byte and the end.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        guard offset >= 0, offset < byteCount else { return 0 }
        return unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
