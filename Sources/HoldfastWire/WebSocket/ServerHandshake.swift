package import NIOCore

/// The server's half of the opening handshake (RFC 6455 §4.2), for gateways in tests and demos.
package enum ServerHandshake {
    /// What a request asks for.
    package enum Request: Hashable, Sendable {
        /// A proper upgrade.
        case upgrade(Upgrade)
        /// Not an upgrade, or a wrong one: the status to refuse it with, and why.
        case refuse(status: Int, why: String)
    }

    /// What a client asks for and offers.
    package struct Upgrade: Hashable, Sendable {
        /// Path and query.
        package var target: String
        package var key: String
        /// The preferred one first.
        package var subprotocols: [String] = []
        /// The preferred one first.
        package var extensions: [WebSocketExtension] = []
    }

    /// Judges a request (§4.2.1).
    package static func read(_ head: HTTPHead) -> Request {
        guard case .request(let method, let target) = head.startLine else {
            return .refuse(status: 400, why: "not a request")
        }
        guard method == "GET", head.minorVersion == 1 else { return .refuse(status: 405, why: "only GET of HTTP/1.1") }
        guard head.values(of: "host").count == 1 else { return .refuse(status: 400, why: "Host is missing") }
        guard head.tokens(of: "upgrade").contains("websocket"), head.tokens(of: "connection").contains("upgrade")
        else { return .refuse(status: 426, why: "this is a WebSocket server") }
        guard head.values(of: "sec-websocket-version") == ["13"] else {
            return .refuse(status: 426, why: "only version 13")
        }
        let keys = head.values(of: "sec-websocket-key")
        guard keys.count == 1, let key = keys.first, Base64.isSixteenBytes(key) else {
            return .refuse(status: 400, why: "Sec-WebSocket-Key is not 16 bytes in Base64")
        }
        let subprotocols = head.values(of: "sec-websocket-protocol").flatMap { $0.split(separator: ",") }
            .map { HTTPSyntax.trimmed($0.utf8) }
        guard let extensions = try? WebSocketExtension.parse(head.values(of: "sec-websocket-extensions")) else {
            return .refuse(status: 400, why: "Sec-WebSocket-Extensions is malformed")
        }
        return .upgrade(Upgrade(target: target, key: key, subprotocols: subprotocols, extensions: extensions))
    }

    /// The answer that accepts an upgrade.
    ///
    /// - Parameter extensions: as they stand in the field.
    package static func accept(key: String, subprotocol: String? = nil, extensions: String? = nil) -> ByteBuffer {
        var lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(Handshake.accept(for: key))",
        ]
        if let subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
        if let extensions { lines.append("Sec-WebSocket-Extensions: \(extensions)") }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// An answer that refuses, after which the server closes the connection.
    package static func refuse(
        status: Int, reason: String = "Refused", fields: [(name: String, value: String)] = [], body: String = ""
    ) -> ByteBuffer {
        var lines = ["HTTP/1.1 \(status) \(reason)", "Connection: close", "Content-Length: \(body.utf8.count)"]
        if status == 426 { lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"] }
        lines += fields.map { "\($0.name): \($0.value)" }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}
