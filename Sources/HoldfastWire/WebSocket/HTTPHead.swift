/// One header field of an HTTP message. Names are kept in lower case: they are compared without case (RFC 9110 §5.1).
package struct HTTPField: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name.lowercased()
        self.value = value
    }
}

/// The head of an HTTP/1 message: its first line and its fields, in their order.
package struct HTTPHead: Hashable, Sendable {
    package enum StartLine: Hashable, Sendable {
        case request(method: String, target: String)
        case response(status: Int, reason: String)
    }

    package var startLine: StartLine
    /// 0 or 1: the minor number of the version HTTP/1.x.
    package var minorVersion: Int
    package var fields: [HTTPField]

    package init(startLine: StartLine, minorVersion: Int = 1, fields: [HTTPField] = []) {
        self.startLine = startLine
        self.minorVersion = minorVersion
        self.fields = fields
    }

    /// The values of all fields of this name, in their order. `name` is in lower case.
    package func values(of name: String) -> [String] {
        fields.lazy.filter { $0.name == name }.map(\.value)
    }

    /// The members of a field that is a comma-separated list, in lower case (RFC 9110 §5.6.1). `name` is in lower case.
    package func tokens(of name: String) -> [String] {
        values(of: name).flatMap { $0.split(separator: ",") }
            .map { HTTPSyntax.trimmed($0.utf8).lowercased() }
            .filter { !$0.isEmpty }
    }
}

/// The alphabet of HTTP/1 (RFC 9110 §5.6.2, §5.5).
enum HTTPSyntax {
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Self.tokenMarks.contains(byte)
        }
    }

    private static let tokenMarks = Array("!#$%&'*+-.^_`|~".utf8)

    /// Whether a string is a token: a method, a field's name, a subprotocol.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    /// Whether a byte may stand in a field's value: visible, blank, tab, or above ASCII.
    static func isValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == 0x09
    }

    /// The text without blanks and tabs around it. What is not UTF-8 is replaced: such values are only shown to people.
    static func trimmed<Bytes: BidirectionalCollection>(_ bytes: Bytes) -> String where Bytes.Element == UInt8 {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var rest = bytes[...]
        while let first = rest.first, isBlank(first) { rest.removeFirst() }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}
