import FoundationEssentials
import HTTPTypes
import HoldfastFleet
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

/// What somebody sends who means harm. It is refused, or comes back as text and nothing else.
@Suite("Hostile input")
struct HostileInputTests {
    private static let scripts = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "{{7*7}}",
        "\u{202E}evil",
        "'; DROP TABLE letter; --", "\u{0}", "\r\nSet-Cookie: a=b",
    ]

    @Test("what stands in a path or a query comes back as text", arguments: scripts)
    func reflected(text: String) async throws {
        let encoded = text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try await withRunningFleet { console in
            try await console.ask { client in
                for path in [
                    "/\(encoded)", "/page/\(encoded)", "/api/v1/accounts/\(encoded)",
                    "/api/v1/accounts/\(encoded)/timeline",
                    "/api/v1/accounts?q=\(encoded)", "/api/v1/accounts?state=\(encoded)",
                    "/api/v1/accounts?\(encoded)=1",
                    "/api/v1/letters/\(encoded)", "/api/v1/accounts/a/messages/\(encoded)",
                ] {
                    let answer = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                    try expectPlain(answer, path)
                }
                for path in ["/api/v1/accounts/\(encoded)/restart", "/api/v1/accounts/\(encoded)/messages"] {
                    let answer = try await client.executeRequest(
                        uri: path, method: .post, headers: [:], body: ByteBuffer(string: #"{"chat":"1","text":"x"}"#))
                    #expect(answer.status == .notFound)
                    try expectPlain(answer, path)
                }
            }
        }
    }

    @Test("what stands in a body comes back as text", arguments: scripts)
    func stored(text: String) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let quoted = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
                let answer = try await client.executeRequest(
                    uri: "/api/v1/accounts/shop-1/messages", method: .post, headers: [:],
                    body: ByteBuffer(string: "{\"chat\":\(quoted),\"to\":\(quoted),\"text\":\(quoted)}"))
                #expect(answer.status == .accepted)
                try expectPlain(answer, "messages")
                struct Message: Decodable { var chat, to, text: String }
                let message = try answer.decoded(Message.self)
                #expect(message.chat == text && message.to == text && message.text == text)
                let problem = try await client.executeRequest(
                    uri: "/api/v1/pauses", method: .post, headers: [:], body: ByteBuffer(string: "{\(quoted):1}"))
                #expect(problem.status == .badRequest)
                try expectPlain(problem, "pauses")
            }
        }
    }

    @Test(
        "no path leads out of the page's folder",
        arguments: [
            "..", "../api.js", "%2e%2e/api.js", "..%2fapi.js", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "....//api.js", "%00",
            "api.js%00.html", "/etc/passwd", "%5c..%5capi.js", "~root", "api.js/..", ".%2e/index.html",
        ])
    func traversal(path: String) async throws {
        try await ConsoleUnderTest().ask { client in
            let answer = try await client.executeRequest(uri: "/page/\(path)", method: .get, headers: [:], body: nil)
            #expect(answer.status == .notFound)
            #expect(answer.headers[.contentType] == "application/problem+json")
        }
    }

    @Test(
        "whatever takes a body refuses one that is too large",
        arguments: AccessTests.routes.filter { $0.method != .get })
    func large(route: Route) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let path = route.path.replacing("{id}", with: "shop-1").replacing("{letter}", with: "1")
                let answer = try await client.executeRequest(
                    uri: path, method: route.method, headers: [.contentType: "application/json"],
                    body: ByteBuffer(repeating: UInt8(ascii: " "), count: ConsoleLimits().bodyBytes + 1))
                let takesNone =
                    [
                        "session", "replay", "test", "{letter}", "{chat}", "{id}",
                    ].contains { route.path.hasSuffix($0) } && route.path != "/api/v1/accounts"
                let isAction = SessionCommand.allCases.contains { route.path.hasSuffix("/\($0.rawValue)") }
                #expect(answer.status == .contentTooLarge || takesNone || isAction, "\(route.method) \(route.path)")
                #expect(answer.status.code < 500)
            }
        }
    }

    @Test(
        "a header cannot be made to end early",
        arguments: [
            "Idempotency-Key: a\rSet-Cookie: x=y", "Last-Event-ID: a\u{0}b", "X: y\r\n folded", "Cookie: \u{1}",
            "Content-Length: 1\r\nContent-Length: 2", "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "Transfer-Encoding: gzip", "Content-Length: -1", "Content-Length: 1e9", "Host: localhost",
        ])
    func headerInjection(header: String) async throws {
        try await ConsoleUnderTest().askLive { client in
            let port = try #require(client.port)
            let answer = try await RawConnection.with(port: port) { connection in
                try await connection.send(
                    "POST /api/v1/accounts:reset HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(header)\r\n\r\n")
                return try await connection.read()
            }
            #expect(
                answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"),
                "\(answer.prefix(80))")
            #expect(!answer.lowercased().contains("set-cookie"))
        }
    }

    private func expectPlain(_ answer: TestResponse, _ path: String) throws {
        #expect(answer.status.code < 500, "\(path)")
        let type = try #require(answer.headers[.contentType])
        #expect(["application/json", "application/problem+json"].contains(type), "\(path)")
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        #expect(answer.headers[.setCookie] == nil)
        // A control character never stands in JSON as it is.
        #expect(answer.body.readableBytesView.allSatisfy { $0 >= 0x20 })
    }
}
