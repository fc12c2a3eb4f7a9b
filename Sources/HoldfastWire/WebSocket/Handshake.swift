import Crypto
package import HoldfastCore
package import NIOCore

/// The client's half of the opening handshake (RFC 6455 §4.1): the request, and the judgement of the answer.
package struct Handshake: Sendable {
    /// 16 random bytes in Base64.
    package let key: String
    /// The subprotocols to choose from, the preferred one first.
    package let subprotocols: [String]
    /// The compression to offer; nil for none.
    package let deflate: DeflateOptions?

    package init<Generator: RandomNumberGenerator>(
        subprotocols: [String] = [], deflate: DeflateOptions? = nil, using generator: inout Generator
    ) {
        // Eight bytes with each draw: those of the system's generator are system calls.
        let random = (generator.next(), generator.next())
        let key = withUnsafeBytes(of: random) { Base64.encode($0) }
        self.init(key: key, subprotocols: subprotocols, deflate: deflate)
    }

    package init(key: String, subprotocols: [String] = [], deflate: DeflateOptions? = nil) {
        self.key = key
        self.subprotocols = subprotocols
        self.deflate = deflate
    }

    /// What the server chose.
    package struct Choice: Hashable, Sendable {
        package var subprotocol: String?
        package var deflate: DeflateAgreement?
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
        if !subprotocols.isEmpty { lines.append("Sec-WebSocket-Protocol: \(subprotocols.joined(separator: ", "))") }
        if let deflate { lines.append("Sec-WebSocket-Extensions: \(deflate.offer)") }
        lines += fields.map { "\($0.name): \($0.value)" }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Checks a 101 answer against what was asked (§4.1, the six points at its end).
    ///
    /// A server may leave out the compression. One that leaves out the subprotocol speaks none (§4.2.2), which is not what was
    /// asked for: that is refused, as browsers do (WHATWG WebSockets §2, beyond RFC 6455).
    package func verify(_ head: HTTPHead) throws(ProtocolViolation) -> Choice {
        guard case .response(status: 101, _) = head.startLine, head.minorVersion == 1 else { throw .badHTTP }
        guard head.tokens(of: "upgrade") == ["websocket"], head.tokens(of: "connection").contains("upgrade") else {
            throw .badUpgradeHeaders
        }
        guard head.values(of: "sec-websocket-accept") == [Self.accept(for: key)] else { throw .badAccept }
        var choice = Choice()
        // One value, and one of ours, to the letter.
        let chosen = head.values(of: "sec-websocket-protocol")
        guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else { throw .unwantedSubprotocol }
        guard !chosen.isEmpty || subprotocols.isEmpty else { throw .missingSubprotocol }
        choice.subprotocol = chosen.first
        for answer in try WebSocketExtension.parse(head.values(of: "sec-websocket-extensions")) {
            guard let deflate, answer.name == DeflateParameters.extensionName else { throw .unwantedExtension }
            guard choice.deflate == nil else { throw .badExtension }
            choice.deflate = try deflate.agreement(by: answer.parameters)
        }
        return choice
    }

    /// What a server answers to a key: SHA-1 of the key and a fixed GUID, in Base64 (§4.2.2).
    package static func accept(for key: String) -> String {
        Base64.encode(Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
