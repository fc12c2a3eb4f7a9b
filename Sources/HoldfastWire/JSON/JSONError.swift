/// Why a text is not JSON, and where. It never holds any part of the text: frames may carry secrets.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case endsEarly = "the text ends early"
        case unexpectedByte = "this byte cannot stand here"
        case badLiteral = "neither true, false nor null"
        case badNumber = "not a number of RFC 8259"
        case badEscape = "not an escape of RFC 8259"
        case controlCharacter = "a control character inside a string"
        case tooDeep = "nested too deep"
        case trailingBytes = "something follows the value"
    }

    public var reason: Reason
    /// Distance in bytes from the start of the text.
    public var offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "at byte \(offset): \(reason.rawValue)" }
}
