import NIOCore

/// A `ws` or `wss` URL taken apart (RFC 6455 §3). Stricter than browsers: no user name, no fragment, ASCII only. What is
/// wrong is said without quoting the URL, which may hold a token.
struct WebSocketURL {
    var scheme: LinkTarget.Scheme
    var host: String
    var port: Int
    var requestTarget: String

    init(_ url: String) throws(InvalidLinkTarget) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw InvalidLinkTarget(
                "the URL has a blank, a control character or a letter outside ASCII; write names in Punycode and escape "
                    + "the rest with %")
        }
        guard let separator = url.firstRange(of: "://"),
            let scheme = LinkTarget.Scheme(rawValue: url[..<separator.lowerBound].lowercased())
        else { throw InvalidLinkTarget("the URL does not begin with ws:// or wss://") }
        guard !url.contains("#") else { throw InvalidLinkTarget("the URL has a fragment (#), which WebSocket forbids") }
        let rest = url[separator.upperBound...]
        let pathStart = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<pathStart]
        guard !authority.contains("@") else {
            throw InvalidLinkTarget("the URL has a user name; send credentials in a header")
        }
        self.scheme = scheme
        (host, port) = try Self.hostAndPort(authority, default: scheme.defaultPort)
        let path = rest[pathStart...]
        requestTarget = path.hasPrefix("/") ? String(path) : "/" + path
    }

    static func hostAndPort(
        _ authority: Substring, default: Int
    ) throws(InvalidLinkTarget) -> (String, Int) {
        let host: Substring
        let tail: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw InvalidLinkTarget("the IPv6 address has no closing bracket")
            }
            host = authority[authority.index(after: authority.startIndex)..<end]
            tail = authority[authority.index(after: end)...]
            guard host.contains(":"), isAddress(String(host)) else {
                throw InvalidLinkTarget("what is in brackets is not an IPv6 address")
            }
        } else {
            let end = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<end]
            tail = authority[end...]
            guard isName(String(host)) else {
                throw InvalidLinkTarget("the host is neither a host name nor an address")
            }
        }
        guard !tail.isEmpty else { return (host.lowercased(), `default`) }
        guard tail.first == ":", let port = HTTPHeadParser.number(tail.dropFirst().utf8), (1...65_535).contains(port)
        else { throw InvalidLinkTarget("the port is not a number from 1 to 65535") }
        return (host.lowercased(), port)
    }

    /// Whether a text can be a host name: labels of letters, digits, - and _, with dots between them. IPv4 addresses
    /// pass too.
    static func isName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { byte in
                    HTTPSyntax.isTokenByte(byte)
                        && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_"))
                }
        }
    }

    /// Whether a text is an IPv4 or IPv6 address.
    static func isAddress(_ text: String) -> Bool {
        (try? SocketAddress(ipAddress: text, port: 0)) != nil
    }
}
