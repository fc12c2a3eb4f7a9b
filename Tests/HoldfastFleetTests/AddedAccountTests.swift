import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("Accounts are added, removed and given credentials while the fleet runs")
struct AddedAccountTests {
    private func run(_ body: (StoredFleet) async throws -> Void) async throws {
        try await StoredFleet.run { rig in
            rig.configuration.storeKey = SealingKey.generate()
            rig.configuration.declarationReader = { [url = rig.gateway.url] text throws(InvalidDeclaration) in
                let fields = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
                guard let id = fields?["id"], let target = try? LinkTarget(url: "\(url)/\(id)") else {
                    throw InvalidDeclaration(["id: is missing"])
                }
                return AccountConfiguration(
                    id: id, target: target, dialect: .lwp(LWP(accountID: id, appKey: "4")),
                    token: fields?["token"].map { Secret($0) }, settings: .short)
            }
            try await body(rig)
        }
    }

    @Test("an added account connects, survives restarts and reloads, and is gone when it is removed")
    func added() async throws {
        try await run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            let view = try await rig.fleet.add(#"{"id":"added","token":"very-secret-4711"}"#)
            #expect(view.origin == .store)
            try await rig.connected("added")
            _ = try await rig.fleet.apply(rig.configuration)
            #expect(await rig.fleet.account("added")?.state == .connected)
            try await rig.restart([try .test("a", rig.gateway)])
            try await rig.connected("added")
            #expect(try await rig.fleet.declarations(limit: 10).map(\.text) == [#"{"id":"added"}"#])
            try await rig.fleet.remove("added")
            #expect(await rig.fleet.account("added") == nil)
            try await rig.restart([try .test("a", rig.gateway)])
            #expect(await rig.fleet.account("added") == nil)
            #expect(try await rig.fleet.audit(limit: 10).map(\.action) == ["remove", "add"])
            for file in try FileManager.default.contentsOfDirectory(atPath: rig.folder) {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(rig.folder)/\(file)"))
                #expect(bytes.range(of: Data("very-secret-4711".utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("removed and added again at once it is there, and waits for the end of its own socket")
    func addedAgain() async throws {
        try await run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            for _ in 0..<5 {
                let view = try await rig.fleet.add(#"{"id":"added","token":"t"}"#)
                #expect(view.id == "added" && view.isEnabled)
                try await rig.connected("added")
                try await rig.fleet.remove("added")
            }
            #expect(rig.gateway.statistics(lists: false).maxLivePerAccount == 1)
        }
    }

    @Test("the same id in the configuration and in the store is an error, and changes nothing")
    func twice() async throws {
        try await run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            try await rig.fleet.add(#"{"id":"b"}"#)
            var both = rig.configuration
            both.accounts.append(try .test("b", rig.gateway))
            await #expect(throws: FleetError.declaredTwice(["b"])) { try await rig.fleet.apply(both) }
            #expect(await rig.fleet.account("b")?.origin == .store)
            await #expect(throws: FleetError.declaredTwice(["b"])) { try await rig.restart(both.accounts) }
        }
    }

    @Test("what cannot be added is refused, with the reason")
    func refused() async throws {
        try await run { rig in
            rig.configuration.storeKey = nil
            try await rig.start([try .test("a", rig.gateway)])
            await #expect(throws: CommandRefusal.exists) { try await rig.fleet.add(#"{"id":"a"}"#) }
            await #expect(throws: CommandRefusal.invalid(["id: is missing"])) { try await rig.fleet.add("{}") }
            await #expect(throws: CommandRefusal.noKey) { try await rig.fleet.add(#"{"id":"b","token":"t"}"#) }
            #expect(await rig.fleet.account("b") == nil)
            #expect(try await rig.fleet.audit(limit: 10).map(\.account) == ["b", nil, "a"])
            await #expect(throws: CommandRefusal.declared) { try await rig.fleet.remove("a") }
            await #expect(throws: CommandRefusal.notFound) { try await rig.fleet.remove("x") }
            await #expect(throws: CommandRefusal.noKey) {
                try await rig.fleet.setCredential([.token: Secret("t")], of: "a")
            }
        }
    }

    @Test("a credential set by hand holds over a restart, until the declared one is changed")
    func ownership() async throws {
        try await run { rig in
            let account = try AccountConfiguration.test("a", rig.gateway)
            try await rig.start([account])
            try await rig.connected("a")
            let generation = await rig.fleet.account("a")?.generation
            try await rig.fleet.setCredential([.token: Secret("by-hand")], of: "a")
            // The running session uses it, without a restart.
            try await rig.wait { await rig.fleet.account("a")?.generation != generation }
            try await rig.restart([account])
            #expect(await rig.token("a") == Secret("by-hand"))
            try await rig.restart([try .test("a", rig.gateway, token: "declared-anew")])
            #expect(await rig.token("a") == Secret("declared-anew-a"))
        }
    }
}

extension StoredFleet {
    /// The token in force.
    func token(_ id: String) async -> Secret? {
        guard let entry = fleet.roster.find(id), let lanes = fleet.runningLanes else { return nil }
        return await lanes[Int(entry.key.lane)].onLoop { lane in
            lane.find(entry.key.slot, id: id).flatMap { lane.slots[$0].credentials?.token }
        } ?? nil
    }
}
