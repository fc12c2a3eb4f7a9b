import Crypto
package import HoldfastCore
package import NIOCore

/// The client's half of the opening handshake (RFC 6455 §4.1): the request, and the judgement of the answer.
package struct Handshake: Sendable {
    /// 16 random bytes in Base64.
    package let key: String
    /// The subprotocol asked for; nil for none.
    package let subprotocol: String?

    package init<Generator: RandomNumberGenerator>(subprotocol: String? = nil, using generator: inout Generator) {
        key = Base64.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        self.subprotocol = subprotocol
    }

    package init(key: String, subprotocol: String? = nil) {
        self.key = key
        self.subprotocol = subprotocol
    }

    /// The fields that a handshake writes itself, and nobody else may: in lower case.
    package static let ownFields: Set<String> = [
        "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol",
        "sec-websocket-extensions", "sec-websocket-accept", "content-length", "transfer-encoding",
    ]

    /// The request for the upgrade.
    ///
    /// - Parameters:
    ///   - host: as it stands in the `Host` field, with the port where it is not the scheme's own.
    ///   - target: path and query, in the form of a request line.
    ///   - fields: sent along as they are.
    package func request(host: String, target: String, fields: [(name: String, value: String)] = []) -> ByteBuffer {
        var lines = [
            "GET \(target) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
        ]
        if let subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
        lines += fields.map { "\($0.name): \($0.value)" }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Checks a 101 answer against what was asked (§4.1, the six points at its end).
    ///
    /// A server may leave out the subprotocol, which means that none is spoken.
    package func verify(_ head: HTTPHead) throws(ProtocolViolation) {
        guard case .response(status: 101, _) = head.startLine, head.minorVersion == 1 else { throw .badHTTP }
        guard head.tokens(of: "upgrade") == ["websocket"], head.tokens(of: "connection").contains("upgrade") else {
            throw .badUpgradeHeaders
        }
        guard head.values(of: "sec-websocket-accept") == [Self.accept(for: key)] else { throw .badAccept }
        guard head.tokens(of: "sec-websocket-extensions").isEmpty else { throw .unwantedExtension }
        let subprotocols = head.values(of: "sec-websocket-protocol")
        guard subprotocols.isEmpty || subprotocols == [subprotocol] else { throw .unwantedSubprotocol }
    }

    /// What a server answers to a key: SHA-1 of the key and a fixed GUID, in Base64 (§4.2.2).
    package static func accept(for key: String) -> String {
        Base64.encode(Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
