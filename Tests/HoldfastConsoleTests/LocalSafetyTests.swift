import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

/// Without tokens the danger are pages in the operator's own browser.
@Suite("Safe on loopback without tokens")
struct LocalSafetyTests {
    @Test(
        "a request by a page of another origin is refused",
        arguments: [
            ([.origin: "http://evil.example"], 403, "cross_origin"),
            ([.origin: "null"], 403, "cross_origin"),
            ([.origin: "https://localhost"], 403, "cross_origin"),
            ([.fetchSite: "cross-site"], 403, "cross_origin"),
            ([.fetchSite: "same-site"], 403, "cross_origin"),
            ([.origin: "http://localhost", .contentType: "application/x-www-form-urlencoded"], 415, "not_json"),
            ([.fetchSite: "none", .contentType: "multipart/form-data; boundary=x"], 415, "not_json"),
            ([.referer: "http://evil.example/", .contentType: "text/plain"], 415, "not_json"),
        ] as [(HTTPFields, Int, String)])
    func foreign(headers: HTTPFields, status: Int, code: String) async throws {
        try await ConsoleUnderTest().ask { client in
            for path in ["/api/v1/accounts/a/restart", "/api/v1/accounts:restart"] {
                let response = try await client.executeRequest(
                    uri: path, method: .post, headers: headers, body: ByteBuffer(string: "{\"all\":true}"))
                #expect(response.status.code == status)
                #expect(try response.problem().code == code)
            }
        }
    }

    @Test(
        "a program and our own page get through",
        arguments: [
            [:], [.contentType: "application/json"], [.contentType: "Application/JSON; charset=utf-8"],
            [.origin: "http://localhost", .fetchSite: "same-origin"], [.fetchSite: "none"],
            // What `curl -d` says unless it is told otherwise.
            [.contentType: "application/x-www-form-urlencoded"],
        ] as [HTTPFields])
    func own(headers: HTTPFields) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let response = try await client.executeRequest(
                    uri: "/api/v1/accounts:restart", method: .post, headers: headers,
                    body: ByteBuffer(string: "{\"all\":true}"))
                #expect(response.status == .ok)
            }
        }
    }
}
