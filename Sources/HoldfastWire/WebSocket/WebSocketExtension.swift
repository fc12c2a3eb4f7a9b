package import HoldfastCore

/// One extension with its parameters, as it stands in a `Sec-WebSocket-Extensions` field (RFC 6455 §9.1): offered by a
/// client, or taken up by a server.
package struct WebSocketExtension: Hashable, Sendable {
    package struct Parameter: Hashable, Sendable {
        package var name: String
        /// Nil for a parameter without a value, which is not the same as an empty one.
        package var value: String?
    }

    package var name: String
    package var parameters: [Parameter]

    package init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// All extensions of all fields of that name, in their order. Whatever is not in the grammar must fail the connection
    /// (§9.1); only empty members of a list are passed over, as every reader of HTTP has to (RFC 9110 §5.6.1).
    package static func parse(_ values: [String]) throws(ProtocolViolation) -> [WebSocketExtension] {
        var extensions: [WebSocketExtension] = []
        for value in values {
            var scanner = Scanner(rest: value.utf8[...])
            repeat {
                scanner.skipBlanks()
                if let next = try scanner.nextExtension() { extensions.append(next) }
            } while scanner.take(",")
            guard scanner.rest.isEmpty else { throw .badExtension }
        }
        return extensions
    }

    private struct Scanner {
        var rest: Substring.UTF8View

        mutating func skipBlanks() {
            while let byte = rest.first, byte == 0x20 || byte == 0x09 { rest.removeFirst() }
        }

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        /// Nil for an empty member of the list.
        mutating func nextExtension() throws(ProtocolViolation) -> WebSocketExtension? {
            if rest.isEmpty || rest.first == UInt8(ascii: ",") { return nil }
            var found = WebSocketExtension(try token())
            while take(";") {
                skipBlanks()
                var parameter = Parameter(name: try token(), value: nil)
                if take("=") {
                    skipBlanks()
                    parameter.value = try rest.first == UInt8(ascii: "\"") ? quoted() : token()
                }
                found.parameters.append(parameter)
            }
            return found
        }

        private mutating func token() throws(ProtocolViolation) -> String {
            let token = rest.prefix(while: HTTPSyntax.isTokenByte)
            guard !token.isEmpty else { throw .badExtension }
            rest = rest[token.endIndex...]
            return String(Substring(token))
        }

        /// What is in the quotes must be a token, too, once its escapes are undone.
        private mutating func quoted() throws(ProtocolViolation) -> String {
            rest.removeFirst()
            var text: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""):
                    guard !text.isEmpty else { throw .badExtension }
                    return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = rest.popFirst(), HTTPSyntax.isTokenByte(escaped) else { throw .badExtension }
                    text.append(escaped)
                default:
                    guard HTTPSyntax.isTokenByte(byte) else { throw .badExtension }
                    text.append(byte)
                }
            }
            throw .badExtension
        }
    }
}
