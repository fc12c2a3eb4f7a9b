package import HoldfastCore
package import NIOCore

/// What is said to a proxy before it leads to the gateway, and what it answers: bytes in, bytes out, without any input or
/// output of its own. Bounded: an HTTP answer by `HTTPHeadParser.defaultLimitBytes`, a SOCKS answer by its own form.
package struct ProxyExchange {
    package enum Step: Equatable {
        case needsMore
        case send(ByteBuffer)
        /// What follows goes to and comes from the gateway.
        case done
    }

    private enum Dialog {
        case http(HTTPConnect)
        case socks(SOCKS5)
    }

    private var dialog: Dialog

    /// - Parameters:
    ///   - host: of the gateway, as in `LinkTarget`.
    package init(_ proxy: Proxy, to host: String, port: Int) {
        switch proxy.kind {
        case .http: dialog = .http(HTTPConnect(host: host, port: port, credentials: proxy.credentials))
        case .socks5: dialog = .socks(SOCKS5(host: host, port: port, credentials: proxy.credentials))
        }
    }

    /// What we say first.
    package var opening: ByteBuffer {
        switch dialog {
        case .http(let http): http.request
        case .socks(let socks): socks.greeting
        }
    }

    /// What an HTTP proxy said when it refused, for people.
    package var refusal: String {
        if case .http(let http) = dialog { http.reason } else { "" }
    }

    /// Takes from `input` what it has used. The gateway does not speak first, neither over TLS nor without; so a proxy that
    /// sends anything behind its answer is none.
    package mutating func next(from input: inout ByteBuffer) throws(ProxyProblem) -> Step {
        let step: Step
        switch dialog {
        case .http(var http):
            defer { dialog = .http(http) }
            step = try http.next(from: &input)
        case .socks(var socks):
            defer { dialog = .socks(socks) }
            step = try socks.next(from: &input)
        }
        if step == .done, input.readableBytes > 0 { throw .notAProxy }
        return step
    }
}

/// CONNECT (RFC 9110 §9.3.6) with Basic authentication (RFC 7617).
private struct HTTPConnect {
    let request: ByteBuffer
    private var parser = HTTPHeadParser(.response)
    private(set) var reason = ""

    init(host: String, port: Int, credentials: Proxy.Credentials?) {
        let authority = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        var lines = ["CONNECT \(authority) HTTP/1.1", "Host: \(authority)"]
        if let credentials {
            let pair = credentials.user.withRevealed { user in
                credentials.password.withRevealed { "\(user):\($0)" }
            }
            lines.append("Proxy-Authorization: Basic \(Base64.encode(pair.utf8))")
        }
        request = ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    mutating func next(from input: inout ByteBuffer) throws(ProxyProblem) -> ProxyExchange.Step {
        while true {
            let head: HTTPHead?
            do { head = try parser.next(from: &input) } catch { throw .notAProxy }
            guard let head else { return .needsMore }
            guard case .response(let status, let reason) = head.startLine else { throw .notAProxy }
            switch status {
            case 100..<200: continue  // an interim answer says nothing yet
            case 200..<300: return .done
            default:
                self.reason = reason
                throw .refused(status: status)
            }
        }
    }
}

/// SOCKS5 (RFC 1928), with user and password (RFC 1929) if we have some.
private struct SOCKS5 {
    private enum State {
        case method, login, reply
    }

    private let host: String
    private let port: Int
    private let credentials: Proxy.Credentials?
    private var state = State.method
    private var pending = ByteBuffer()

    private static let version: UInt8 = 5
    private static let noLogin: UInt8 = 0
    private static let withLogin: UInt8 = 2

    init(host: String, port: Int, credentials: Proxy.Credentials?) {
        self.host = host
        self.port = port
        self.credentials = credentials
    }

    var greeting: ByteBuffer {
        ByteBuffer(
            bytes: credentials == nil
                ? [Self.version, 1, Self.noLogin] : [Self.version, 2, Self.noLogin, Self.withLogin])
    }

    mutating func next(from input: inout ByteBuffer) throws(ProxyProblem) -> ProxyExchange.Step {
        // An answer has 262 bytes at most; nothing is taken that does not belong to it.
        while let count = try missing(), count > 0 {
            guard var part = input.readSlice(length: min(count, input.readableBytes)), part.readableBytes > 0 else {
                return .needsMore
            }
            pending.writeBuffer(&part)
        }
        let answer = Array(pending.readableBytesView)
        pending.clear()
        switch state {
        case .method: return try choose(answer)
        case .login:
            guard answer.last == 0 else { throw .authentication }
            return request()
        case .reply: return .done
        }
    }

    /// How many bytes this answer still needs, as far as its beginning tells; what is wrong is found at its first byte.
    private func missing() throws(ProxyProblem) -> Int? {
        let bytes = pending.readableBytesView
        guard let first = bytes.first else { return 1 }
        guard first == (state == .login ? 1 : Self.version) else { throw .notAProxy }
        guard state == .reply else { return 2 - bytes.count }
        guard let code = bytes.dropFirst().first else { return 1 }
        guard code == 0 else { throw .replied(code: code) }
        let fixed = bytes.prefix(5)
        guard let kind = fixed.dropFirst(3).first else { return 4 - bytes.count }
        switch kind {
        case 1: return 10 - bytes.count
        case 4: return 22 - bytes.count
        case 3:
            guard let length = fixed.dropFirst(4).first else { return 1 }
            return 7 + Int(length) - bytes.count
        default: throw .notAProxy
        }
    }

    private mutating func choose(_ answer: [UInt8]) throws(ProxyProblem) -> ProxyExchange.Step {
        switch (answer.last, credentials) {
        case (Self.noLogin, _):
            return request()
        case (Self.withLogin, let credentials?):
            state = .login
            var login = ByteBuffer(bytes: [1])
            for secret in [credentials.user, credentials.password] {
                secret.withRevealed { text in
                    let bytes = text.utf8.prefix(255)
                    login.writeInteger(UInt8(clamping: bytes.count))
                    login.writeBytes(bytes)
                }
            }
            return .send(login)
        case (0xFF, _):
            throw .authentication
        default:
            throw .notAProxy
        }
    }

    private mutating func request() -> ProxyExchange.Step {
        state = .reply
        var request = ByteBuffer(bytes: [Self.version, 1, 0])
        switch try? SocketAddress(ipAddress: host, port: port) {
        case .v4(let address):
            request.writeInteger(1, as: UInt8.self)
            withUnsafeBytes(of: address.address.sin_addr) { _ = request.writeBytes($0) }
        case .v6(let address):
            request.writeInteger(4, as: UInt8.self)
            withUnsafeBytes(of: address.address.sin6_addr) { _ = request.writeBytes($0) }
        default:
            // A name of our own targets has 253 bytes at most.
            let name = host.utf8.prefix(255)
            request.writeInteger(3, as: UInt8.self)
            request.writeInteger(UInt8(clamping: name.count))
            request.writeBytes(name)
        }
        request.writeInteger(UInt16(clamping: port))
        return .send(request)
    }
}
