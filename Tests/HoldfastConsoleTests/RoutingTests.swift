import HTTPTypes
import HoldfastFleet
import Hummingbird
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

@Suite("Paths, methods and bad input")
struct RoutingTests {
    @Test(
        "an unknown path is 404 in the form of a problem",
        arguments: [
            "/nothing", "/api", "/api/v1", "/api/v1/", "/api/v2/accounts", "/api/v1/accounts/",
            "/api/v1/accounts/a/nothing",
            "/api/v1/accounts/a/messages/", "/api/v1/pauses/a", "/api/v1/letters/1/explode", "/page/",
            "/page/../index.html", "/page/nothing.js",
            "/page/%2e%2e%2fConsole.swift", "//healthz", "/healthz/", "/%", "/%ff", "/api/v1/accounts:explode",
        ])
    func unknown(path: String) async throws {
        try await ConsoleUnderTest().ask { client in
            let response = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
            #expect(response.status == .notFound)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(
                try response.problem()
                    == ProblemBody(status: 404, code: response.problem().code, detail: response.problem().detail))
        }
    }

    @Test("another method than a path has is 405 with Allow", arguments: AccessTests.routes)
    func methods(route: Route) async throws {
        try await ConsoleUnderTest().ask { client in
            let path = route.path.replacing("{id}", with: "a").replacing("{file}", with: "main.js")
            let known = Set(AccessTests.routes.filter { $0.path == route.path }.map(\.method))
            let methods = [HTTPRequest.Method.put, .patch, .options, .delete, .post, .get].filter {
                !known.contains($0)
            }
            for method in methods {
                let response = try await client.executeRequest(uri: path, method: method, headers: [:], body: nil)
                #expect(response.status == .methodNotAllowed, "\(method) \(path)")
                let allowed = response.headers[.allow]?.split(separator: ", ").map(String.init) ?? []
                #expect(Set(allowed) == Set(known.map(\.rawValue) + (known.contains(.get) ? ["HEAD"] : [])))
            }
        }
    }

    @Test("HEAD is GET without the body")
    func head() async throws {
        try await ConsoleUnderTest().ask { client in
            for path in ["/", "/healthz", "/metrics", "/api/v1/accounts", "/api/v1/events"] {
                let response = try await client.executeRequest(uri: path, method: .head, headers: [:], body: nil)
                #expect(response.status == .ok || response.status == .serviceUnavailable, "\(path)")
                #expect(response.body.readableBytes == 0)
            }
        }
    }

    @Test(
        "a bad parameter is 400 and named",
        arguments: [
            ("/api/v1/accounts?limit=0", "limit"), ("/api/v1/accounts?limit=1001", "limit"),
            ("/api/v1/accounts?limit=ten", "limit"), ("/api/v1/accounts?state=happy", "state"),
            ("/api/v1/accounts?status=happy", "status"), ("/api/v1/accounts?cursor=a%20b", "cursor"),
            ("/api/v1/accounts?cursor=%3Cscript%3E", "cursor"), ("/api/v1/accounts?filter=x", "filter"),
            ("/api/v1/accounts?limit=1&limit=2", "limit"), ("/api/v1/accounts/a/timeline?limit=1001", "limit"),
            ("/api/v1/accounts/a?x=1", "x"),
            ("/api/v1/letters?cursor=x", "cursor"), ("/api/v1/letters?cursor=-1", "cursor"),
            ("/api/v1/letters?limit=1001", "limit"), ("/api/v1/pauses?cursor=x", "cursor"),
            ("/api/v1/pauses?chat=x", "chat"), ("/api/v1/audit?cursor=x", "cursor"), ("/healthz?x=1", "x"),
        ])
    func badParameters(path: String, parameter: String) async throws {
        try await ConsoleUnderTest().ask { client in
            let response = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
            #expect(response.status == .badRequest)
            let problem = try response.problem()
            #expect(problem.code == "bad_parameter")
            #expect(problem.parameter == parameter)
        }
    }

    @Test(
        "a selection that is not understood selects nobody",
        arguments: [
            "", "null", "[]", "{}", "{", "{\"all\":false}", "{\"all\":\"true\"}", "{\"all\":1}",
            "{\"fliter\":{\"q\":\"a\"}}",
            "{\"filter\":{}}", "{\"filter\":{\"state\":\"happy\"}}", "{\"filter\":{\"stat\":\"failed\"}}",
            "{\"filter\":{\"q\":\"\"}}", "{\"filter\":{\"q\":1}}", "{\"filter\":null}", "{\"filter\":{\"q\":null}}",
            "{\"all\":true,\"filter\":{\"q\":\"a\"}}", "\u{FEFF}", String(repeating: "[", count: 50_000),
        ])
    func badBodies(body: String) async throws {
        try await ConsoleUnderTest().ask { client in
            let response = try await client.executeRequest(
                uri: "/api/v1/accounts:disable", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(string: body))
            #expect(response.status == .badRequest)
            #expect(try response.problem().code == "bad_body")
        }
    }

    @Test("a body over the limit is 413")
    func largeBody() async throws {
        try await ConsoleUnderTest().askLive { client in
            let response = try await client.executeRequest(
                uri: "/api/v1/accounts:disable", method: .post, headers: [.contentType: "application/json"],
                body: ByteBuffer(repeating: UInt8(ascii: " "), count: 64 * 1_024 + 1))
            #expect(response.status == .contentTooLarge)
            #expect(try response.problem().code == "body_too_large")
        }
    }

    @Test("every answer forbids what a page does not need")
    func securityHeaders() async throws {
        try await ConsoleUnderTest().ask { client in
            for path in ["/", "/api/v1/accounts", "/nothing"] {
                let headers = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil).headers
                let policy = try #require(headers[.contentSecurityPolicy])
                #expect(policy.contains("default-src 'none'"))
                #expect(!policy.contains("unsafe"))
                #expect(headers[.xContentTypeOptions] == "nosniff")
                #expect(headers[.accessControlAllowOrigin] == nil)
            }
        }
    }

    @Test("the files of the page are not loaded again while they are the same")
    func tags() async throws {
        try await ConsoleUnderTest().ask { client in
            let first = try await client.executeRequest(uri: "/page/main.js", method: .get, headers: [:], body: nil)
            let tag = try #require(first.headers[.eTag])
            let second = try await client.executeRequest(
                uri: "/page/main.js", method: .get, headers: [.ifNoneMatch: tag], body: nil)
            #expect(second.status == .notModified)
        }
    }
}
