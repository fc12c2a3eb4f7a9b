import HTTPTypes
import HoldfastCore
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

/// A page signs in with a token and goes on with a cookie.
@Suite("Sessions of pages")
struct SessionTests {
    private static let reconnect = "/api/v1/accounts:reconnect"
    private static let own: HTTPFields = [.fetchSite: "same-origin", .contentType: "application/json"]

    /// Runs `body` with what a browser would send after it has signed in.
    private func signedIn(
        as name: String = "olga", _ body: @Sendable (any TestClientProtocol, _ cookie: String) async throws -> Void
    ) async throws {
        let tokens = try [
            #require(AccessToken("vera", .viewer)), #require(AccessToken("olga", .operator)),
            #require(AccessToken("ada", .admin)),
        ]
        try await withRunningFleet { console in
            var console = console
            console.tokens = tokens
            try await console.ask { client in
                let answer = try await client.executeRequest(
                    uri: "/api/v1/session", method: .post, headers: [.authorization: "Bearer \(name)"], body: nil)
                #expect(answer.status == .created)
                let cookie = try #require(answer.headers[.setCookie])
                #expect(
                    cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("; Path=/")
                )
                #expect(!cookie.contains("Domain") && !cookie.contains(name))
                try await body(client, String(cookie.prefix { $0 != ";" }))
            }
        }
    }

    @Test("the cookie stands for the token, with its name and its role")
    func standsForToken() async throws {
        try await signedIn { client, cookie in
            let who = try await client.executeRequest(
                uri: "/api/v1/whoami", method: .get, headers: [.cookie: "theme=dark; \(cookie)"], body: nil)
            #expect(who.status == .ok)
            #expect(String(buffer: who.body) == #"{"name":"olga","role":"operator"}"#)
            #expect(try await client.status(.get, "/api/v1/accounts", [.cookie: cookie]) == .ok)
            #expect(try await client.status(.post, Self.reconnect, Self.own, cookie) == .ok)
            let low = try await client.status(.delete, "/api/v1/accounts/a", Self.own, cookie)
            #expect(low == .forbidden)
        }
    }

    @Test(
        "what acts with a cookie must show that it is our page",
        arguments: [
            ([:], 403), ([.origin: "http://evil.example"], 403), ([.origin: "null"], 403),
            ([.fetchSite: "cross-site"], 403), ([.fetchSite: "same-site"], 403), ([.fetchSite: "none"], 403),
            ([.fetchSite: "same-origin", .origin: "http://evil.example"], 403),
            ([.fetchSite: "cross-site", .origin: "http://localhost"], 403),
            ([.fetchSite: "same-origin", .contentType: "text/plain"], 415),
            ([.fetchSite: "same-origin", .contentType: "application/x-www-form-urlencoded"], 415),
            ([.fetchSite: "same-origin"], 200), ([.origin: "http://localhost"], 200),
            ([.origin: "https://localhost"], 200),
        ] as [(HTTPFields, Int)])
    func foreign(headers: HTTPFields, status: Int) async throws {
        try await signedIn { client, cookie in
            let answer = try await client.status(.post, Self.reconnect, headers, cookie)
            #expect(answer.code == status)
        }
    }

    @Test("a session ends when it is signed out, and rubbish is none")
    func ends() async throws {
        try await signedIn { client, cookie in
            let answer = try await client.executeRequest(
                uri: "/api/v1/session", method: .delete, headers: Self.own.adding(cookie), body: nil)
            #expect(answer.status == .noContent)
            #expect(answer.headers[.setCookie]?.contains("Max-Age=0") == true)
            for text in [cookie, "holdfast_session=", "holdfast_session=olga", "holdfast_session", "holdfast_sessio=1"]
            {
                #expect(try await client.status(.get, "/api/v1/accounts", [.cookie: text]) == .unauthorized, "\(text)")
            }
        }
    }

    @Test("a token in the request counts, whatever the cookie says")
    func tokenFirst() async throws {
        try await signedIn { client, cookie in
            let wrong = try await client.status(
                .get, "/api/v1/accounts", [.cookie: cookie, .authorization: "Bearer nobody"])
            #expect(wrong == .unauthorized)
            let right = try await client.status(
                .post, Self.reconnect, [.cookie: "holdfast_session=x", .authorization: "Bearer olga"])
            #expect(right == .ok)
        }
    }

    @Test("the cookie is for TLS only where the browser came over TLS")
    func secure() async throws {
        let proto = try #require(HTTPField.Name("X-Forwarded-Proto"))
        let tokens = try [#require(AccessToken("vera", .viewer))]
        try await ConsoleUnderTest(tokens: tokens).ask { client in
            for (value, isSecure) in [("https", true), ("HTTPS", true), ("http", false), ("", false)] {
                let answer = try await client.executeRequest(
                    uri: "/api/v1/session", method: .post, headers: [.authorization: "Bearer vera", proto: value],
                    body: nil)
                #expect(answer.headers[.setCookie]?.hasSuffix("; Secure") == isSecure, "\(value)")
            }
        }
    }

    @Test("without tokens there is nothing to sign in to")
    func local() async throws {
        try await ConsoleUnderTest().ask { client in
            let answer = try await client.executeRequest(uri: "/api/v1/session", method: .post, headers: [:], body: nil)
            #expect(answer.status == .created && answer.headers[.setCookie] == nil)
            #expect(String(buffer: answer.body) == #"{"name":"local","role":"admin","expires_at":null}"#)
        }
    }

    @Test("sessions end after twelve hours, and there are only so many")
    func limits() {
        let start = WallTime(milliseconds: 0)
        let sessions = Sessions(limit: 2)
        let caller = Caller(name: "vera", role: .viewer)
        let first = sessions.begin(for: caller, at: start).text
        #expect(first.utf8.count == 64)
        #expect(sessions.caller(first, at: start + Sessions.lifetime - .seconds(1))?.name == "vera")
        let second = sessions.begin(for: caller, at: start + .seconds(1)).text
        let third = sessions.begin(for: caller, at: start + .seconds(2)).text
        #expect(sessions.count == 2)
        #expect(sessions.caller(first, at: start + .seconds(3)) == nil, "the oldest went")
        #expect(sessions.caller(second, at: start + .seconds(3)) != nil)
        #expect(sessions.caller(third, at: start + .seconds(2) + Sessions.lifetime) == nil)
        #expect(sessions.count == 1)
    }
}

extension HTTPFields {
    fileprivate func adding(_ cookie: String) -> HTTPFields {
        var fields = self
        fields[.cookie] = cookie
        return fields
    }
}

extension TestClientProtocol {
    fileprivate func status(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ cookie: String? = nil
    ) async throws -> HTTPResponse.Status {
        let body = method == .post ? ByteBuffer(string: "{\"all\":true}") : nil
        let fields = cookie.map { headers.adding($0) } ?? headers
        return try await executeRequest(uri: path, method: method, headers: fields, body: body).status
    }
}
