import HTTPTypes
import HoldfastFleet
import Hummingbird
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

@Suite("Who may come in")
struct AccessTests {
    @Test(
        "only a whole SHA-256 is taken for a token's hash",
        arguments: [
            "", "sha256:", "sha256:00", "md5:" + String(repeating: "0", count: 64),
            "sha256:" + String(repeating: "g", count: 64),
        ])
    func badHashes(hash: String) {
        #expect(AccessToken(name: "a", role: .viewer, hash: hash) == nil)
    }

    @Test("a token is known by its hash alone")
    func matching() throws {
        let tokens = try [#require(AccessToken("alpha", .viewer)), #require(AccessToken("beta", .admin))]
        #expect(AccessToken.matching("beta", among: tokens)?.role == .admin)
        #expect(AccessToken.matching("gamma", among: tokens) == nil)
        #expect(AccessToken.matching("", among: tokens) == nil)
    }

    @Test(
        "hosts that can only be this machine",
        arguments: [
            ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.9.8.7", true), ("::1", true),
            ("localhost.evil.example", false), ("127.0.0.1.evil.example", false), ("127.0.0", false),
            ("127.0.0.256", false),
            ("0.0.0.0", false), ("example.com", false), ("", false), ("127.0.0.1e", false),
        ])
    func loopback(host: String, expected: Bool) {
        #expect(isLoopback(host) == expected)
    }

    @Test("another address than loopback cannot be configured without tokens")
    func tokensRequired() throws {
        #expect(throws: ConsoleConfigurationError.tokensRequired(host: "0.0.0.0")) {
            try ConsoleConfiguration(host: "0.0.0.0")
        }
        let token = try #require(AccessToken("t", .viewer))
        #expect(try ConsoleConfiguration(host: "0.0.0.0", tokens: [token]).tokens.count == 1)
    }

    /// Every route against everybody who may ask.
    @Test("each role may do what it is for, and no more", arguments: Self.routes)
    func roles(route: Route) async throws {
        let tokens = try [
            #require(AccessToken("vera", .viewer)), #require(AccessToken("olga", .operator)),
            #require(AccessToken("ada", .admin)),
        ]
        try await ConsoleUnderTest(tokens: tokens).ask { client in
            for (token, role) in [("vera", Role.viewer), ("olga", .operator), ("ada", .admin)] {
                let status = try await client.status(of: route, [.authorization: "Bearer \(token)"])
                if case .role(let needed) = route.access, role < needed {
                    #expect(status == .forbidden, "\(token) \(route.path)")
                } else {
                    #expect(status != .forbidden && status != .unauthorized, "\(token) \(route.path)")
                }
            }
            for header in [nil, "Bearer", "Bearer nobody", "Basic vera", "vera", "Bearer vera x"] {
                let status = try await client.status(of: route, header.map { [.authorization: $0] } ?? [:])
                if case .role = route.access {
                    #expect(status == .unauthorized, "\(header ?? "no header") \(route.path)")
                } else {
                    #expect(status != .unauthorized)
                }
            }
        }
    }

    @Test("a refusal says how to do better")
    func challenges() async throws {
        let tokens = try [#require(AccessToken("vera", .viewer))]
        try await ConsoleUnderTest(tokens: tokens).ask { client in
            let missing = try await client.executeRequest(
                uri: "/api/v1/accounts", method: .get, headers: [:], body: nil)
            #expect(missing.headers[.wwwAuthenticate] == "Bearer realm=\"holdfast\"")
            #expect(missing.headers[.contentType] == "application/problem+json")
            let low = try await client.executeRequest(
                uri: "/api/v1/accounts/a/restart", method: .post, headers: [.authorization: "Bearer vera"], body: nil)
            #expect(try low.problem().code == "role_too_low")
            #expect(low.headers[.wwwAuthenticate]?.contains("scope=\"operator\"") == true)
        }
    }

    /// Those that end with an answer: the events never do.
    static var routes: [Route] { allRoutes.filter { $0.path != "/api/v1/events" } }

    static var allRoutes: [Route] {
        let counters = ConsoleCounters()
        return Routes(
            fleet: Fleet(FleetConfiguration(), logger: .silent), epoch: "e", limits: ConsoleLimits(),
            counters: counters,
            logger: .silent
        ).all
    }
}

extension TestClientProtocol {
    /// Asks for a route with something in place of its variables.
    func status(of route: Route, _ headers: HTTPFields) async throws -> HTTPResponse.Status {
        let path = route.path.replacing("{id}", with: "shop-1").replacing("{file}", with: "main.js")
            .replacing("{letter}", with: "1")
        let body = route.method == .post ? ByteBuffer(string: "{\"all\":true}") : nil
        return try await executeRequest(uri: path, method: route.method, headers: headers, body: body).status
    }
}
