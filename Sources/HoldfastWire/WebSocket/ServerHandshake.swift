package import NIOCore

/// The server's half of the opening handshake (RFC 6455 §4.2), for gateways in tests and demos.
package enum ServerHandshake {
    /// What a request asks for.
    package enum Request: Hashable, Sendable {
        /// A proper upgrade: the path and query, the key, and the subprotocols offered, the preferred one first.
        case upgrade(target: String, key: String, subprotocols: [String])
        /// Not an upgrade, or a wrong one: the status to refuse it with, and why.
        case refuse(status: Int, why: String)
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
        return .upgrade(target: target, key: key, subprotocols: subprotocols)
    }

    /// The answer that accepts an upgrade.
    package static func accept(key: String, subprotocol: String? = nil) -> ByteBuffer {
        var lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(Handshake.accept(for: key))",
        ]
        if let subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
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
