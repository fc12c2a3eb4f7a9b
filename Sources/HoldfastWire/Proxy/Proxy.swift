public import HoldfastCore

/// A proxy that a link goes through: HTTP (CONNECT, RFC 9110 §9.3.6) or SOCKS5 (RFC 1928), with or without user and password.
///
/// The proxy looks up the name of the gateway, not we: where a proxy is needed, the names behind it are often known to it
/// alone. Neither user nor password is ever shown.
public struct Proxy: Hashable, Sendable {
    /// What the proxy speaks.
    public enum Kind: String, Hashable, Sendable {
        case http, socks5
    }

    /// Who we are to the proxy.
    public struct Credentials: Hashable, Sendable {
        public var user: Secret
        public var password: Secret

        public init(user: Secret, password: Secret) {
            self.user = user
            self.password = password
        }
    }

    public let kind: Kind
    /// A name in ASCII or an address, in lower case; an IPv6 address without its brackets.
    public let host: String
    public let port: Int
    public let credentials: Credentials?

    /// - Parameter url: `http://HOST:PORT` or `socks5://HOST:PORT`, with `USER:PASSWORD@` before the host if it wants them;
    ///   characters that mean something in a URL are escaped with `%`. `socks5h` is another word for `socks5`.
    /// - Throws: `InvalidLinkTarget`, which says what is wrong without quoting the URL.
    public init(url: String) throws(InvalidLinkTarget) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let separator = url.firstRange(of: "://") else {
            throw InvalidLinkTarget("the proxy is not a URL such as http://HOST:PORT or socks5://HOST:PORT")
        }
        switch url[..<separator.lowerBound].lowercased() {
        case "http": kind = .http
        case "socks5", "socks5h": kind = .socks5
        case "https":
            throw InvalidLinkTarget("a proxy that is reached over TLS (https://) is not supported; use http://")
        default: throw InvalidLinkTarget("the proxy's URL begins with neither http:// nor socks5://")
        }
        var rest = url[separator.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.contains(where: { "/?#".contains($0) }) else {
            throw InvalidLinkTarget("the proxy's URL has a path; it ends with the port")
        }
        if let at = rest.lastIndex(of: "@") {
            credentials = try Self.credentials(rest[..<at], for: kind)
            rest = rest[rest.index(after: at)...]
        } else {
            credentials = nil
        }
        do {
            (host, port) = try WebSocketURL.hostAndPort(rest, default: 0)
        } catch {
            throw InvalidLinkTarget("of the proxy: \(error.description)")
        }
        guard port > 0 else { throw InvalidLinkTarget("the proxy's URL has no port") }
    }

    /// `USER:PASSWORD`, each with its escapes undone.
    private static func credentials(_ text: Substring, for kind: Kind) throws(InvalidLinkTarget) -> Credentials {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        guard let user = unescaped(text[..<colon]), let password = unescaped(text[colon...].dropFirst()) else {
            throw InvalidLinkTarget("the proxy's user or password has a % that escapes nothing; write %25 for it")
        }
        // RFC 7617 §2 takes the colon as the end of the user, RFC 1929 §2 has one byte for each length.
        let isShown = kind == .http && user.contains(":")
        let isLong = kind == .socks5 && (user.utf8.count > 255 || password.utf8.count > 255)
        guard !user.isEmpty, !isShown, !isLong, kind == .http || !password.isEmpty else {
            throw InvalidLinkTarget("the proxy's user or password is empty, too long, or has a colon in the user")
        }
        return Credentials(user: Secret(user), password: Secret(password))
    }

    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// `http://host:port`: all that is shown of it.
    public var shown: String {
        "\(kind.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension Proxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { shown }
    public var debugDescription: String { shown }
    public var customMirror: Mirror { Mirror(self, children: ["url": shown]) }
}
