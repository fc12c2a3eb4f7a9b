import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

@Suite("Accounts over HTTP")
struct AccountEndpointTests {
    private struct List: Decodable {
        struct Account: Decodable {
            var id: String
            var url: String
            var status: String
        }
        var accounts: [Account]
        var next: String?
    }

    private struct Counts: Decodable, Equatable {
        var matched: Int
        var applied: Int
    }

    @Test("all accounts are found page by page, in the order of their ids, without secrets")
    func pages() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                var ids: [String] = []
                var path = "/api/v1/accounts?limit=2"
                for _ in 1...3 {
                    let response = try await client.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                    #expect(!String(buffer: response.body).contains("hidden"))
                    let list = try response.decoded(List.self)
                    ids += list.accounts.map(\.id)
                    path = "/api/v1/accounts?limit=2&cursor=\(list.next ?? "")"
                }
                #expect(ids == (1...5).map { "shop-\($0)" })
            }
        }
    }

    @Test(
        "a filter shows only what matches",
        arguments: [
            ("q=SHOP-3", 1), ("status=disabled", 5), ("status=healthy", 0), ("state=connected", 0), ("q=nobody", 0),
        ])
    func filters(query: String, count: Int) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let response = try await client.executeRequest(
                    uri: "/api/v1/accounts?\(query)", method: .get, headers: [:], body: nil)
                #expect(try response.decoded(List.self).accounts.count == count)
            }
        }
    }

    @Test(
        "an action answers 202, 404 for an unknown account, and 409 with a code where it does not apply",
        arguments: [
            ("shop-1/disable", 202, nil), ("shop-1/reset", 202, nil), ("shop-1/reconnect", 409, "disabled"),
            ("shop-1/restart", 409, "disabled"), ("shop-1/release", 409, "not_quarantined"),
            ("nobody/enable", 404, "unknown_account"), ("nobody/renew", 404, "unknown_account"),
        ] as [(String, Int, String?)])
    func actions(path: String, status: Int, code: String?) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let response = try await client.executeRequest(
                    uri: "/api/v1/accounts/\(path)", method: .post, headers: [:], body: nil)
                #expect(response.status.code == status)
                if let code { #expect(try response.problem().code == code) }
            }
        }
    }

    @Test("an action on many tells how many it was for, and to how many it applied")
    func many() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                for (body, expected) in [
                    ("{\"filter\":{\"q\":\"shop-2\"}}", Counts(matched: 1, applied: 1)),
                    ("{\"filter\":{\"status\":\"healthy\"}}", Counts(matched: 0, applied: 0)),
                    ("{\"all\":true}", Counts(matched: 5, applied: 5)),
                ] {
                    let response = try await client.executeRequest(
                        uri: "/api/v1/accounts:reset", method: .post, headers: [.contentType: "application/json"],
                        body: ByteBuffer(string: body))
                    #expect(response.status == .ok)
                    #expect(try response.decoded(Counts.self) == expected)
                }
            }
        }
    }

    @Test("an unknown account is 404, for itself and for its timeline")
    func unknown() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                for path in ["nobody", "nobody/timeline", "%3Cscript%3E"] {
                    let response = try await client.executeRequest(
                        uri: "/api/v1/accounts/\(path)", method: .get, headers: [:], body: nil)
                    #expect(response.status == .notFound)
                    #expect(try response.problem().code == "unknown_account")
                }
            }
        }
    }
}
