/// Where a link goes, and what it says when it gets there. Whatever is wrong with it is found when it is made, not when
/// it is used.
///
/// It may hold credentials, in its fields and in the query of its URL: its descriptions show the endpoint and no more.
public struct LinkTarget: Hashable, Sendable {
    /// Whether the connection is plain (`ws`) or over TLS (`wss`).
    public enum Scheme: String, Hashable, Sendable {
        case ws, wss
    }

    /// Of the URL.
    public let scheme: Scheme
    /// A name in ASCII or an address, in lower case; an IPv6 address without its brackets.
    public let host: String
    /// Of the URL, or the scheme's own: 80 or 443.
    public let port: Int
    /// Path and query, as they stand in the request line.
    public let requestTarget: String
    /// Sent along with the request for the upgrade.
    public private(set) var headers: [Header]
    /// The subprotocols to choose from, the preferred one first.
    public let subprotocols: [String]
    /// Kept apart: most targets of a fleet share the defaults.
    private let way: Way

    /// How the peer proves who it is; of no use for `ws`.
    public var tls: TLSSettings { way.tls }
    /// What the connection goes through; nil for none.
    public var proxy: Proxy? { way.proxy }
    /// How the socket behaves.
    public var tcp: TCPSettings { way.tcp }

    private final class Way: Hashable, Sendable {
        let tls: TLSSettings
        let proxy: Proxy?
        let tcp: TCPSettings

        static let plain = Way(TLSSettings(), nil, TCPSettings())

        init(_ tls: TLSSettings, _ proxy: Proxy?, _ tcp: TCPSettings) {
            (self.tls, self.proxy, self.tcp) = (tls, proxy, tcp)
        }

        static func == (left: Way, right: Way) -> Bool {
            left === right || left.tls == right.tls && left.proxy == right.proxy && left.tcp == right.tcp
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(tls)
            hasher.combine(proxy)
            hasher.combine(tcp)
        }
    }

    /// A field of the request. The value may be a secret.
    public struct Header: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        public var name: String
        public var value: String

        /// Checked by the target that it becomes a part of.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        public var description: String { "\(name): …" }
        public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
    }

    /// - Parameters:
    ///   - url: `ws://` or `wss://`, a host, and what else is wanted of port, path and query.
    ///   - headers: besides those that the handshake writes itself.
    ///   - subprotocols: the preferred one first.
    ///   - tls: how the peer proves who it is.
    /// - Throws: `InvalidLinkTarget`, which says what is wrong and what would be right.
    public init(
        url: String,
        headers: [Header] = [],
        subprotocols: [String] = [],
        tls: TLSSettings = TLSSettings(),
        proxy: Proxy? = nil,
        tcp: TCPSettings = TCPSettings()
    ) throws(InvalidLinkTarget) {
        let parts = try WebSocketURL(url)
        scheme = parts.scheme
        host = parts.host
        port = parts.port
        requestTarget = parts.requestTarget
        for header in headers { try Self.check(header) }
        self.headers = headers
        guard subprotocols.allSatisfy(HTTPSyntax.isToken) else {
            throw InvalidLinkTarget("the subprotocol is not a token: letters, digits and marks such as - and _")
        }
        guard Set(subprotocols).count == subprotocols.count else {
            throw InvalidLinkTarget("a subprotocol is named twice")
        }
        self.subprotocols = subprotocols
        if let name = tls.serverName, !WebSocketURL.isName(name) || WebSocketURL.isAddress(name) {
            throw InvalidLinkTarget("the TLS server name is not a host name such as gateway.example.org")
        }
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            throw InvalidLinkTarget("a certificate for TLS needs its key, and a key its certificate")
        }
        if let local = tcp.localAddress, !WebSocketURL.isAddress(local) {
            throw InvalidLinkTarget("the local address is neither an IPv4 nor an IPv6 address")
        }
        let way = Way(tls, proxy, tcp)
        self.way = way == .plain ? .plain : way
    }

    private static func check(_ header: Header) throws(InvalidLinkTarget) {
        guard HTTPSyntax.isToken(header.name) else {
            throw InvalidLinkTarget("a header's name has a character that is not allowed there")
        }
        guard !Handshake.ownFields.contains(header.name.lowercased()) else {
            throw InvalidLinkTarget("the header \(header.name) belongs to the handshake; leave it out")
        }
        guard header.value.utf8.allSatisfy(HTTPSyntax.isValueByte) else {
            throw InvalidLinkTarget("the value of the header \(header.name) has a control character or a line break")
        }
    }

    /// The same target with one header in the place of those of its name.
    ///
    /// - Throws: `InvalidLinkTarget` if the value cannot stand in a header.
    public func setting(_ header: Header) throws(InvalidLinkTarget) -> LinkTarget {
        try Self.check(header)
        var target = self
        target.headers.removeAll { $0.name.lowercased() == header.name.lowercased() }
        target.headers.append(header)
        return target
    }

    /// The host that a link looks up: the proxy's, if there is one.
    public var firstHost: String { proxy?.host ?? host }

    /// `scheme://host:port`: what the failures, gates and metrics of an endpoint are told apart by.
    public var endpoint: String {
        "\(scheme.rawValue)://\(bracketedHost):\(port)"
    }

    /// The host as it stands in a URL.
    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// The value of the `Host` field: the port only where it is not the scheme's own (RFC 6455 §4.1).
    var hostField: String {
        port == scheme.defaultPort ? bracketedHost : "\(bracketedHost):\(port)"
    }

    /// What the peer's certificate must be for: a name or an address.
    var certifiedHost: String { tls.serverName ?? host }

    /// The name that goes into SNI; nil for an address, which has no place there.
    var certificateName: String? {
        WebSocketURL.isAddress(certifiedHost) ? nil : certifiedHost
    }
}

extension LinkTarget.Scheme {
    var defaultPort: Int { self == .ws ? 80 : 443 }
}

extension LinkTarget: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { endpoint }
    public var debugDescription: String { endpoint }
    public var customMirror: Mirror { Mirror(self, children: ["endpoint": endpoint]) }
}

/// What is wrong with the target of a link, in words that name no secret.
public struct InvalidLinkTarget: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what would be right.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
