import HTTPTypes
import HoldfastCore
import Hummingbird
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

@Suite("How many requests a caller may send")
struct RateLimitTests {
    private var tokens: [AccessToken] {
        get throws { try [#require(AccessToken("vera", .viewer)), #require(AccessToken("ada", .admin))] }
    }

    private func limits(burst: Int = 1_000, strangers: Int = 100) -> ConsoleLimits {
        var limits = ConsoleLimits()
        // Nothing comes back while a test runs.
        (limits.requestsPerSecond, limits.requestBurst) = (0.001, burst)
        (limits.strangersPerSecond, limits.strangerBurst) = (0.001, strangers)
        return limits
    }

    @Test("too many requests of one token are refused, and say when to go on; others are not held up")
    func callers() async throws {
        try await ConsoleUnderTest(tokens: tokens, limits: limits(burst: 3)).ask { client in
            for _ in 0..<3 {
                let answer = try await client.ask("vera")
                #expect(answer.status == .ok)
            }
            let refused = try await client.ask("vera")
            #expect(refused.status == .tooManyRequests)
            #expect(try refused.problem().code == "too_many_requests")
            #expect(refused.headers[.retryAfter].flatMap { Int($0) } ?? 0 > 0)
            #expect(try await client.ask("ada").status == .ok)
            let metrics = try await client.executeRequest(
                uri: "/metrics", method: .get, headers: [.authorization: "Bearer ada"], body: nil)
            #expect(String(buffer: metrics.body).contains("holdfast_http_limited_total 1"))
        }
    }

    @Test("who guesses tokens is slowed down, and does not lock out who has one")
    func strangers() async throws {
        try await ConsoleUnderTest(tokens: tokens, limits: limits(strangers: 2)).ask { client in
            for token in ["wrong", nil] {
                let answer = try await client.ask(token)
                #expect(answer.status == .unauthorized)
            }
            #expect(try await client.ask("wrong").status == .tooManyRequests)
            #expect(try await client.ask(nil).status == .tooManyRequests)
            #expect(try await client.ask("vera").status == .ok)
        }
    }

    @Test("health and the page are answered always")
    func open() async throws {
        try await ConsoleUnderTest(limits: limits(burst: 1)).ask { client in
            for _ in 0..<2 { _ = try await client.ask(nil) }
            #expect(try await client.ask(nil).status == .tooManyRequests)
            for path in ["/", "/healthz", "/api/v1/openapi.json"] {
                let answer = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                #expect(answer.status == .ok)
            }
        }
    }

    @Test("a bucket fills again, and too many callers begin anew")
    func buckets() {
        let limiter = RateLimiter(perSecond: 10, burst: 1, callers: 2)
        let start = Instant(nanoseconds: 0)
        #expect(limiter.wait(of: "a", at: start) == nil)
        #expect(limiter.wait(of: "a", at: start) == .milliseconds(100))
        #expect(limiter.wait(of: "a", at: start + .milliseconds(100)) == nil)
        #expect(limiter.wait(of: "b", at: start) == nil)
        #expect(limiter.wait(of: "c", at: start) == nil)
        #expect(limiter.wait(of: "a", at: start + .milliseconds(100)) == nil)
    }
}

extension TestClientProtocol {
    fileprivate func ask(_ token: String?) async throws -> TestResponse {
        try await executeRequest(
            uri: "/api/v1/accounts", method: .get, headers: token.map { [.authorization: "Bearer \($0)"] } ?? [:],
            body: nil)
    }
}
