/// Where a value lies in a text, and what kind it is. It is a pair of offsets, not a copy: it means something only together
/// with the text it was found in. With another text the results are meaningless, but nothing traps.
public struct JSONValue: Hashable, Sendable {
    public enum Kind: UInt8, Hashable, Sendable {
        case object, array, string, number, boolean, null
    }

    public let kind: Kind
    /// The raw value, with the quotes of a string and the brackets of an object or array.
    public let range: Range<Int>
    /// Whether a string has to be unescaped before it can be compared or read.
    public let hasEscapes: Bool

    init(_ kind: Kind, _ range: Range<Int>, hasEscapes: Bool = false) {
        self.kind = kind
        self.range = range
        self.hasEscapes = hasEscapes
    }

    /// The string between the quotes, unescaped; nil if this is no string. A surrogate without its partner and bytes that
    /// are not UTF-8 become U+FFFD.
    public func string(in json: RawSpan) -> String? {
        guard let content = contentRange(in: json) else { return nil }
        return hasEscapes ? json.unescapedText(in: content) : json.extracting(content).text
    }

    /// Whether this is a string that reads `text` once it is unescaped.
    @inline(__always)
    public func isString(_ text: StaticString, in json: RawSpan) -> Bool {
        guard kind == .string else { return false }
        if hasEscapes { return unescapes(to: text, in: json) }
        return range.count == text.utf8CodeUnitCount + 2 && json.contains(text, at: range.lowerBound + 1)
    }

    /// Whether this is a string, a number, `true` or `false` that reads like this.
    func reads(_ bytes: [UInt8], in json: RawSpan) -> Bool {
        guard let content = scalarRange(in: json) else { return false }
        if hasEscapes { return json.unescapedText(in: content).utf8.elementsEqual(bytes) }
        guard content.count == bytes.count else { return false }
        for index in bytes.indices where json.byte(at: content.lowerBound + index) != bytes[index] { return false }
        return true
    }

    /// What a string says, or how a number, `true` or `false` is written; nil for everything else.
    func text(in json: RawSpan) -> String? {
        if kind == .string { return string(in: json) }
        return scalarRange(in: json).map { json.extracting($0).text }
    }

    /// The bytes of what `text` returns, without making one where nothing has to be unescaped.
    @inline(__always)
    func withText<Result>(in json: RawSpan, _ body: (RawSpan) -> Result) -> Result? {
        guard let range = scalarRange(in: json) else { return nil }
        // Unusual, but some writers of JSON escape more than they have to: `\/` is how they spell a slash.
        if hasEscapes { return body(Array(json.unescapedText(in: range).utf8).span.bytes) }
        return body(json.extracting(range))
    }

    /// A string without its quotes; a number, `true` or `false` as it is written.
    func scalarRange(in json: RawSpan) -> Range<Int>? {
        switch kind {
        case .string: contentRange(in: json)
        case .number, .boolean: range.upperBound <= json.byteCount ? range : nil
        case .object, .array, .null: nil
        }
    }

    /// The number, if it is written as an integer (no fraction, no exponent) and fits; else nil.
    public func integer(in json: RawSpan) -> Int64? {
        kind == .number ? json.integer(in: range) : nil
    }

    /// Byte for byte: to `String`'s own `==` a Kelvin sign is a K.
    private func unescapes(to text: StaticString, in json: RawSpan) -> Bool {
        guard let string = string(in: json) else { return false }
        return string.utf8.elementsEqual(text.description.utf8)
    }

    /// What stands between the quotes of a string.
    func contentRange(in json: RawSpan) -> Range<Int>? {
        guard kind == .string, range.count >= 2, range.upperBound <= json.byteCount else { return nil }
        return range.lowerBound + 1..<range.upperBound - 1
    }
}

extension RawSpan {
    /// The bytes as a text; what is no UTF-8 becomes U+FFFD.
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
