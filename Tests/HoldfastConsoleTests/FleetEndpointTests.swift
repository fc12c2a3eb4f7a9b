import HoldfastFleet
import HummingbirdTesting
import Testing

@testable import HoldfastConsole

@Suite("The fleet in brief, over HTTP")
struct FleetEndpointTests {
    private struct Picture: Decodable {
        struct Columns: Decodable {
            var ids: [String]
            var states: String
            var statuses: String
            var classes: String
            var health: [Int]
            var failures: [Int]
            var endpoints: [Int]
        }
        var version: String
        var whole: Bool
        var accounts: Columns
        var endpointNames: [String]?
        var seconds: [[Double?]]

        private enum CodingKeys: String, CodingKey {
            case version, whole, accounts, seconds
            case endpointNames = "endpoint_names"
        }
    }

    private static func picture(_ client: any TestClientProtocol, since: String? = nil) async throws -> Picture {
        let query = since.map { "?since=\($0)" } ?? ""
        return try await client.executeRequest(uri: "/api/v1/fleet\(query)", method: .get, headers: [:], body: nil)
            .decoded(Picture.self)
    }

    @Test("the first answer has every account, in columns of one length")
    func whole() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let picture = try await Self.picture(client)
                #expect(picture.whole)
                #expect(picture.accounts.ids == (1...5).map { "shop-\($0)" })
                #expect(picture.accounts.states.count == 5 && picture.accounts.statuses.count == 5)
                #expect(picture.accounts.classes == ".....")
                #expect(picture.accounts.health.count == 5 && picture.accounts.failures == [0, 0, 0, 0, 0])
                #expect(picture.accounts.endpoints == [0, 0, 0, 0, 0])
                #expect(picture.endpointNames == ["ws://127.0.0.1:9"])
                #expect(picture.seconds.allSatisfy { $0.count == 11 })
            }
        }
    }

    @Test("whoever has a picture gets only what has changed since")
    func changes() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let events = console.fleet.events()
                let first = try await Self.picture(client)
                _ = try await client.executeRequest(
                    uri: "/api/v1/accounts/shop-2/enable", method: .post, headers: [:], body: nil)
                for await event in events {
                    if case .transition("shop-2", _) = event.kind { break }
                }
                let second = try await Self.picture(client, since: first.version)
                #expect(!second.whole)
                #expect(second.accounts.ids == ["shop-2"])
                #expect(second.version != first.version)
                #expect(second.endpointNames == nil)
            }
        }
    }

    @Test("a version that means nothing here brings the whole fleet", arguments: ["x", "a-1-1-1", "1-2", "-1--1-1-1"])
    func foreignVersion(version: String) async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let picture = try await Self.picture(client, since: version)
                #expect(picture.whole)
                #expect(picture.accounts.ids.count == 5)
            }
        }
    }

    @Test("after an account is added the answer is whole again")
    func added() async throws {
        try await withRunningFleet { console in
            try await console.ask { client in
                let first = try await Self.picture(client)
                _ = try await console.fleet.apply(FleetConfiguration())
                let second = try await Self.picture(client, since: first.version)
                #expect(second.whole)
                #expect(second.accounts.ids == [])
            }
        }
    }

    @Test("the caller learns its name and role", arguments: Role.allCases)
    func caller(role: Role) async throws {
        let token = try #require(AccessToken("ops", role))
        try await ConsoleUnderTest(tokens: [token]).ask { client in
            let answer = try await client.executeRequest(
                uri: "/api/v1/whoami", method: .get, headers: [.authorization: "Bearer ops"], body: nil)
            #expect(String(buffer: answer.body) == "{\"name\":\"ops\",\"role\":\"\(role.rawValue)\"}")
        }
    }
}
