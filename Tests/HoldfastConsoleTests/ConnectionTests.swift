import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

/// What the server does with connections and heads that a library would not send.
@Suite("Connections")
struct ConnectionTests {
    @Test(
        "without tokens only the names of this machine are answered",
        arguments: [
            ("localhost", 200), ("127.0.0.1:8080", 200), ("[::1]:9", 200), ("LocalHost:1", 200), ("evil.example", 403),
            ("evil.example:8080", 403), ("127.0.0.1.evil.example", 403), ("0.0.0.0", 403), ("", 403),
        ])
    func hosts(host: String, status: Int) async throws {
        try await withPort { port in
            let answer = try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /page/main.js HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
                return try await connection.read()
            }
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(60))")
        }
    }

    @Test("a request without a host is refused")
    func noHost() async throws {
        try await withPort { port in
            let answer = try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /healthz HTTP/1.0\r\nConnection: close\r\n\r\n")
                return try await connection.read()
            }
            #expect(answer.contains(" 403 ") || answer.contains(" 400 "))
        }
    }

    @Test(
        "a head that is too large or no HTTP is refused and the connection closed",
        arguments: [
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "A: b\r\n", count: 200))\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", "\u{16}\u{3}\u{1}rubbish\r\n\r\n",
            "GET /\(String(repeating: "a", count: 70_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ])
    func badHeads(head: String) async throws {
        try await withPort { port in
            let answer = try await RawConnection.with(port: port) { connection in
                try? await connection.send(head)
                return try await connection.read()
            }
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(60))")
        }
    }

    @Test("a request that does not end in time is cut, and counted")
    func slowRequest() async throws {
        var limits = ConsoleLimits()
        limits.requestTimeout = .milliseconds(50)
        try await withPort(limits) { port in
            let answer = try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    "POST /api/v1/accounts:reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
                return try await connection.read()
            }
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
            let metrics = try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return try await connection.read()
            }
            #expect(metrics.contains("holdfast_http_timeouts_total{side=\"request\"} 1"))
        }
    }

    @Test("a connection that asks for nothing is closed")
    func idle() async throws {
        var limits = ConsoleLimits()
        limits.idleTimeout = .milliseconds(50)
        try await withPort(limits) { port in
            let answer = try await RawConnection.with(port: port) { try await $0.read() }
            #expect(answer.isEmpty)
        }
    }

    private func withPort(
        _ limits: ConsoleLimits = ConsoleLimits(), _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        try await ConsoleUnderTest(limits: limits).askLive { client in
            try await body(try #require(client.port))
        }
    }
}
