import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("What a fleet remembers over a restart")
struct StoreTests {
    @Test("the device is the one the account was first seen with, and a declared one goes before it")
    func device() async throws {
        try await StoredFleet.run { rig in
            let register = try Register(folder: rig.folder)
            try await register.add([StoredAccount(id: "a", device: "the-first"), StoredAccount(id: "b", device: "old")])
            await register.close()
            var own = try AccountConfiguration.test("b", rig.gateway)
            own.dialect = .lwp(LWP(accountID: "b", appKey: "444", deviceID: "declared"))
            try await rig.start([try .test("a", rig.gateway), own, try .test("c", rig.gateway)])
            let devices = Dictionary(
                uniqueKeysWithValues: rig.roster.directory.entries.map {
                    ($0.account.id, $0.account.configuration.dialect.device)
                })
            #expect(devices == ["a": "the-first", "b": "declared", "c": LWP.deviceID(of: "c")])
            await rig.stop()
            #expect(try await rig.stored("c").device == LWP.deviceID(of: "c"))
        }
    }

    @Test("what a person switched off stays off over restarts, until the declared value changes")
    func override() async throws {
        try await StoredFleet.run { rig in
            let account = try AccountConfiguration.test("a", rig.gateway)
            try await rig.start([account])
            try await rig.fleet.perform(.disable, on: "a")
            try await rig.restart([account])
            #expect(await rig.fleet.account("a")?.isEnabled == false)
            // Declared otherwise, and back again: what the person did is forgotten with the first change.
            var off = account
            off.isEnabled = false
            try await rig.restart([off])
            #expect(await rig.fleet.account("a")?.isEnabled == false)
            try await rig.fleet.perform(.enable, on: "a")
            try await rig.restart([off])
            #expect(await rig.fleet.account("a")?.isEnabled == true)
        }
    }

    @Test("a quarantine survives a restart, and ends when what it was for has been declared otherwise")
    func quarantine() async throws {
        try await StoredFleet.run { rig in
            try await rig.gateway.setFaults([Fault(.rejectRegister, for: "a")])
            let account = try AccountConfiguration.test("a", rig.gateway)
            try await rig.start([account])
            try await rig.wait { await rig.fleet.account("a")?.quarantine == .auth }
            try await rig.restart([account])
            #expect(await rig.fleet.account("a")?.quarantine == .auth)
            #expect(await rig.fleet.account("a")?.state == .disconnected)
            try await rig.gateway.setFaults([])
            try await rig.restart([try .test("a", rig.gateway, token: "another")])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
        }
    }

    @Test("the timeline and its failure records go on where they ended, and nothing is told twice")
    func timeline() async throws {
        try await StoredFleet.run { rig in
            let account = try AccountConfiguration.test("a", rig.gateway)
            try await rig.start([account])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            try await rig.gateway.setFaults([Fault(.upgradeStatus, for: "a", status: 503)])
            try await rig.fleet.perform(.reconnect, on: "a")
            try await rig.wait { await rig.fleet.account("a")?.lastFailure?.code == "server.upgrade_503" }
            try await rig.gateway.setFaults([])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            try await rig.restart([account])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            let entries = try #require(await rig.fleet.timeline("a", limit: 1_000))
            #expect(entries.count > Timeline.least)
            #expect(entries.map(\.at) == entries.map(\.at).sorted(by: >))
            for (later, earlier) in zip(entries, entries.dropFirst()) where later.from != .disconnected {
                #expect(earlier.to == later.from)
            }
            let failed = try #require(entries.first { $0.failureCode == "server.upgrade_503" })
            let record = try #require(failed.record)
            #expect(record.chain.isEmpty == false && record.retry > 0)
            #expect(record.settings.contains("\"interval\":\"0.2 seconds\""))
            #expect(await rig.fleet.timeline("a", limit: 2)?.count == 2)
        }
    }

    @Test("whatever is asked for by hand, an entry of the audit log stays small")
    func auditLimits() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            // One character, and many bytes.
            let long = "x" + String(repeating: "\u{301}", count: 10_000)
            await #expect(throws: CommandRefusal.notFound) { try await rig.fleet.perform(.disable, on: long) }
            await #expect(throws: CommandRefusal.noStore) { try await rig.fleet.add(#"{"id":"\#(long)"}"#) }
            let hand = Hand(name: "ops", address: "here")
            await #expect(throws: MessageRefusal.notFound) {
                try await rig.fleet.lift(account: long, chat: long, by: hand)
            }
            let entries = try await rig.fleet.audit(limit: 10)
            #expect(entries.map(\.action) == ["lift-pause", "add", "disable"])
            #expect(entries.allSatisfy { ($0.account?.utf8.count ?? 0) <= AccountConfiguration.idLimit })
            #expect(entries.allSatisfy { ($0.detail?.utf8.count ?? 0) <= Fleet.auditDetailLimitBytes })
        }
    }

    @Test("everything done by hand is in the audit log, refused or not, with who and from where")
    func audit() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .test("a", rig.gateway), try .test("b", rig.gateway)])
            let ops = Hand(name: "ops", address: "10.0.0.7")
            try await rig.fleet.perform(.disable, on: "a", by: ops)
            _ = try? await rig.fleet.perform(.release, on: "a", by: ops)
            try await rig.fleet.perform(.reset, matching: AccountFilter(text: "b"), by: ops)
            try await rig.restart([try .test("a", rig.gateway), try .test("b", rig.gateway)])
            let entries = try await rig.fleet.audit(limit: 10)
            #expect(entries.map(\.action) == ["reset", "release", "disable"])
            #expect(entries.map(\.detail) == ["q=b: 1 of 1 accounts", "refused: not_quarantined", nil])
            #expect(entries.allSatisfy { $0.who == "ops" && $0.origin == "10.0.0.7" })
            #expect(try await rig.fleet.audit(before: entries[1].id, limit: 10).map(\.action) == ["disable"])
        }
    }

    @Test(
        "a disk that takes nothing is told, sessions stay, and what happened is written when it takes something again")
    func fullDisk() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            let store = try #require(rig.fleet.state.withLock { $0.store })
            try store.fill(true)
            // Long, so that it does not fit into pages that are there already.
            let long = Hand(name: String(repeating: "x", count: 20_000), address: "")
            // In force, and the caller knows that it is not written yet.
            let refusal = await #expect(throws: CommandRefusal.self) {
                try await rig.fleet.perform(.disable, on: "a", by: long)
            }
            #expect(refusal?.code == "unwritten")
            let ofMany = await #expect(throws: CommandRefusal.self) {
                try await rig.fleet.perform(.disable, matching: AccountFilter(), by: long)
            }
            #expect(ofMany?.code == "unwritten")
            try await rig.wait { rig.fleet.readiness().contains { $0.code == .storeDown } }
            #expect(await rig.fleet.account("a")?.isEnabled == false)
            #expect(rig.log.lines.count { $0.level == .critical } == 1)
            try store.fill(false)
            try await rig.wait { !rig.fleet.readiness().contains { $0.code == .storeDown } }
            try await rig.restart([try .test("a", rig.gateway)])
            #expect(await rig.fleet.account("a")?.isEnabled == false)
            #expect(try await rig.fleet.audit(limit: 10).count == 2)
        }
    }

    @Test(
        "a disk that answers nothing for a while holds up only who waits for it; what happened meanwhile is written then"
    )
    func slowDisk() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            try await rig.connected("a")
            let store = try #require(rig.fleet.state.withLock { $0.store })
            let generation = await rig.fleet.account("a")?.generation ?? 0
            try await store.register.stalled {
                let beats = rig.gateway.statistics(lists: false).heartbeats
                try await rig.wait { rig.gateway.statistics(lists: false).heartbeats > beats }
                let refusal = await #expect(throws: CommandRefusal.self) {
                    try await rig.fleet.perform(.reconnect, on: "a")
                }
                #expect(refusal?.code == "unwritten")
                // In force all the same.
                try await rig.wait { await rig.fleet.account("a")?.generation ?? 0 > generation }
                try await rig.connected("a")
                #expect(
                    await rig.fleet.timeline("a", limit: 10)?.contains { $0.reason == "operator_reconnect" } == true)
            }
            try await rig.restart([try .test("a", rig.gateway)])
            #expect(await rig.fleet.timeline("a", limit: 100)?.contains { $0.reason == "operator_reconnect" } == true)
            #expect(try await rig.fleet.audit(limit: 10).map(\.action) == ["reconnect"])
        }
    }

    @Test("a restore that was interrupted is finished before anything is opened")
    func interruptedRestore() async throws {
        try await StoredFleet.run { rig in
            let ready = "\(rig.folder)/.restore-ready-1"
            try FileManager.default.createDirectory(atPath: ready, withIntermediateDirectories: true)
            let register = try Register(folder: ready)
            register.note(AuditEntry(at: ProcessClock.wall, who: "w", origin: "o", action: "restored"))
            await register.close()
            try await rig.start([try .test("a", rig.gateway)])
            #expect(try await rig.fleet.audit(limit: 10).map(\.action) == ["restored"])
            #expect(!FileManager.default.fileExists(atPath: ready))
        }
    }

    @Test("a command to many accounts is durable when it is answered")
    func manyAreDurable() async throws {
        try await StoredFleet.run { rig in
            let accounts = [try AccountConfiguration.test("a", rig.gateway), try .test("b", rig.gateway)]
            try await rig.start(accounts)
            try await rig.fleet.perform(.quarantine, matching: AccountFilter())
            // As a kill would leave it: read while the fleet runs.
            let store = try #require(rig.fleet.state.withLock { $0.store })
            #expect(try await store.register.accounts().map(\.memory.quarantine) == [.person, .person])
        }
    }

    @Test("a store whose file is gone is told of once, and sessions stay")
    func goneStore() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            try FileManager.default.removeItem(atPath: "\(rig.folder)/\(Register.fileName)")
            try await rig.wait { rig.fleet.readiness().contains { $0.code == .storeDown } }
            #expect(await rig.fleet.account("a")?.state == .connected)
            #expect(rig.log.lines.count { $0.level == .critical } == 1)
        }
    }

    @Test("after a change of the key what was in force stays in force, and the former key opens nothing")
    func rotation() async throws {
        try await StoredFleet.run { rig in
            let (old, new) = (SealingKey.generate(), SealingKey.generate())
            var account = try AccountConfiguration.test("a", rig.gateway)
            account.token = Secret("declared")
            rig.configuration.accounts = [account]
            rig.configuration.storeKey = old
            let store = try await FleetStore(folder: rig.folder, key: old, logger: rig.log.logger)
            try await store.keep([.token: Secret("renewed")], of: account, obtainedAt: ProcessClock.wall)
            await store.close()
            let other = SealingKey.generate()
            await #expect(throws: SealingError.self) {
                var wrong = rig.configuration
                wrong.storeKey = other
                _ = try await Fleet.rotateKey(of: wrong, to: new, logger: rig.log.logger)
            }
            #expect(try await Fleet.rotateKey(of: rig.configuration, to: new, logger: rig.log.logger) == 1)

            await #expect(throws: SealingError.self) {
                _ = try await FleetStore(folder: rig.folder, key: old, logger: rig.log.logger)
            }
            let rotated = try await FleetStore(folder: rig.folder, key: new, logger: rig.log.logger)
            #expect(try await rotated.plan(rig.configuration).known["a"]?.credentials.token == Secret("renewed"))
            // Declared otherwise: the declared one is in force again (K5).
            rig.configuration.accounts[0].token = Secret("another")
            #expect(try await rotated.plan(rig.configuration).known["a"]?.credentials.token == Secret("another"))
            await rotated.close()
        }
    }

    @Test("another key than the one that sealed is one clear error at the start")
    func otherKey() async throws {
        try await StoredFleet.run { rig in
            let right = KeyRing(current: try SealingKey(base64: SealingKey.generate()))
            let register = try Register(folder: rig.folder)
            try await register.set([
                StoredSecret(
                    account: "a", kind: .token, sealed: try right.seal(Secret("t"), account: "a", kind: .token),
                    declared: nil, obtainedAt: WallTime(milliseconds: 0), lifetime: nil)
            ])
            await register.close()
            let account = try AccountConfiguration.test("a", rig.gateway)
            for key in [SealingKey.generate(), nil] {
                let fleet = Fleet(
                    FleetConfiguration(accounts: [account], storePath: rig.folder, storeKey: key),
                    logger: rig.log.logger)
                let error = await #expect(throws: SealingError.self) { try await fleet.openStore() }
                #expect("\(try #require(error))".contains(right.current.id))
                await fleet.shutdown()
            }
        }
    }
}

extension FleetStore {
    /// A disk that is full, as SQLite sees it: the file may not grow any more.
    func fill(_ isFull: Bool) throws {
        try register.limitGrowth(isFull)
    }
}
