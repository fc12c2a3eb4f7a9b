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
    /// The most objects and arrays that may lie inside each other, those included that were stepped into. Of each that is passed
    /// over one bit is kept.
    public static let depthLimit = 64

    /// Distance in bytes from the start of the text to what is read next.
    public private(set) var position: Int
    private var isBeforeFirstMember = false
    /// So many objects and arrays have been stepped into and not left.
    private var depth = 0

    /// Begins at an offset, for instance that of a value found before.
    public init(at position: Int = 0) {
        self.position = max(position, 0)
    }

    /// The kind of the value that is read next; nil if no value begins with this byte.
    public mutating func nextKind(in json: RawSpan) -> JSONValue.Kind? {
        position = json.endOfWhitespace(from: position)
        return json.kind(at: position)
    }

    /// Steps into the object that begins here. Its members follow by `nextKey`.
    public mutating func beginObject(in json: RawSpan) throws(JSONError) {
        try begin(UInt8(ascii: "{"), in: json)
    }

    /// The key of the next member, with its value next to be read; nil when the object has ended, which is then left.
    public mutating func nextKey(in json: RawSpan) throws(JSONError) -> JSONValue? {
        // Programs write no blanks: what is between two members is seen in one step, and so is what follows the key.
        guard let key = json.denseKey(from: position, isFirst: isBeforeFirstMember) else {
            return try nextLooseKey(in: json)
        }
        isBeforeFirstMember = false
        position = key.upperBound &+ 1
        return JSONValue(.string, key)
    }

    /// The same, however it is written.
    @inline(never)
    private mutating func nextLooseKey(in json: RawSpan) throws(JSONError) -> JSONValue? {
        guard try goOn(until: UInt8(ascii: "}"), in: json) else { return nil }
        let start = json.endOfWhitespace(from: position)
        let string = try json.endOfKeyString(from: start)
        position = try json.endOfColon(from: string.end)
        return JSONValue(.string, start..<string.end, hasEscapes: string.hasEscapes)
    }

    /// Steps into the array that begins here. Its elements follow by `nextElement`.
    public mutating func beginArray(in json: RawSpan) throws(JSONError) {
        try begin(UInt8(ascii: "["), in: json)
    }

    @inline(__always)
    private mutating func begin(_ bracket: UInt8, in json: RawSpan) throws(JSONError) {
        let start = json.endOfWhitespace(from: position)
        let end = try json.end(of: bracket, from: start)
        guard depth < Self.depthLimit else { throw JSONError(.tooDeep, at: start) }
        position = end
        depth += 1
        isBeforeFirstMember = true
    }

    /// Whether an element is next to be read; if not, the array has ended and is left.
    public mutating func nextElement(in json: RawSpan) throws(JSONError) -> Bool {
        try goOn(until: UInt8(ascii: "]"), in: json)
    }

    /// Passes the comma before what is next in an object or array; false where it has ended, which is then left.
    @inline(__always)
    private mutating func goOn(until bracket: UInt8, in json: RawSpan) throws(JSONError) -> Bool {
        position = json.endOfWhitespace(from: position)
        let isFirst = isBeforeFirstMember
        isBeforeFirstMember = false
        if json.byte(at: position) == bracket {
            position += 1
            depth = max(0, depth - 1)
            return false
        }
        if !isFirst { position = try json.end(of: UInt8(ascii: ","), from: position) }
        return true
    }

    /// Passes over the value that begins here, whatever it is, checking all of it.
    @discardableResult
    public mutating func skipValue(in json: RawSpan) throws(JSONError) -> JSONValue {
        let start = json.endOfWhitespace(from: position)
        guard let kind = json.kind(at: start) else { throw json.failure(.unexpectedByte, at: start) }
        var hasEscapes = false
        switch kind {
        case .object, .array: position = try json.endOfContainer(from: start, depthLimit: Self.depthLimit - depth)
        case .string: (position, hasEscapes) = try json.endOfString(from: start)
        case .number: position = try json.endOfNumber(from: start)
        case .boolean, .null: position = try json.endOfLiteral(from: start)
        }
        return JSONValue(kind, start..<position, hasEscapes: hasEscapes)
    }

    /// Checks that nothing but whitespace is left.
    public mutating func finish(in json: RawSpan) throws(JSONError) {
        position = json.endOfWhitespace(from: position)
        guard position >= json.byteCount else { throw JSONError(.trailingBytes, at: position) }
    }
}

extension RawSpan {
    /// The end of the object or array that begins at `start`. A loop with one bit per open container (1: object) instead of
    /// recursion, so that no text can exhaust the stack.
    ///
    /// - Parameter depthLimit: 64 at most, since there are so many bits.
    func endOfContainer(from start: Int, depthLimit: Int) throws(JSONError) -> Int {
        var offset = start
        var objects: UInt64 = 0
        var depth = 0
        while true {
            // A value begins here. If it is a container that is not empty, so does its first value, and so on.
            offset = endOfWhitespace(from: offset)
            switch kind(at: offset) {
            case .string: offset = try endOfString(from: offset).end
            case .number: offset = try endOfNumber(from: offset)
            case .boolean, .null: offset = try endOfLiteral(from: offset)
            case .object:
                guard depth < depthLimit else { throw JSONError(.tooDeep, at: offset) }
                offset = endOfWhitespace(from: offset + 1)
                guard byte(at: offset) == UInt8(ascii: "}") else {
                    offset = try endOfKey(from: offset)
                    objects = objects << 1 | 1
                    depth += 1
                    continue
                }
                offset += 1
            case .array:
                guard depth < depthLimit else { throw JSONError(.tooDeep, at: offset) }
                offset = endOfWhitespace(from: offset + 1)
                guard byte(at: offset) == UInt8(ascii: "]") else {
                    objects = objects << 1
                    depth += 1
                    continue
                }
                offset += 1
            case nil:
                throw failure(.unexpectedByte, at: offset)
            }
            // A value has ended, and with it perhaps the containers around it.
            while true {
                guard depth > 0 else { return offset }
                offset = endOfWhitespace(from: offset)
                let isObject = objects & 1 == 1
                if byte(at: offset) == UInt8(ascii: ",") {
                    offset = endOfWhitespace(from: offset + 1)
                    if isObject { offset = try endOfKey(from: offset) }
                    break
                }
                offset = try end(of: isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), from: offset)
                objects >>= 1
                depth -= 1
            }
        }
    }

    /// The key of a member, with its quotes, where its comma, the key and its colon follow each other without anything between, and
    /// the key has no escapes; nil if anything is otherwise.
    @inline(__always)
    fileprivate func denseKey(from start: Int, isFirst: Bool) -> Range<Int>? {
        // A comma, a quote, and the eight bytes behind them that are looked at first.
        guard has(10, at: start) else { return nil }
        let quote = isFirst ? start : start &+ 1
        guard isFirst || unsafeLoad(fromUncheckedByteOffset: start, as: UInt8.self) == UInt8(ascii: ","),
            unsafeLoad(fromUncheckedByteOffset: quote, as: UInt8.self) == UInt8(ascii: "\"")
        else { return nil }
        let end = endOfPlainText(from: quote &+ 1)
        // `":`, read as one number.
        guard has(2, at: end),
            UInt16(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: end, as: UInt16.self)) == 0x3A22
        else { return nil }
        return quote..<end &+ 1
    }

    /// The end of a key and its colon.
    @inline(__always)
    private func endOfKey(from start: Int) throws(JSONError) -> Int {
        try endOfColon(from: endOfKeyString(from: start).end)
    }
}
