import HoldfastCore
import HoldfastLab
import HoldfastStore
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("A fleet starts, changes and goes down")
struct LifecycleTests {
    @Test("a reload touches what changed, and nothing else")
    func reload() async throws {
        try await FleetRig.run(accounts: 4) { rig in
            try await rig.everybodyConnected()
            let before = await rig.fleet.accounts(AccountQuery()).accounts
            let other = SessionSettings.make { heartbeat, _, _ in heartbeat.interval = .milliseconds(150) }
            var off = try AccountConfiguration.test("account-3", rig.gateway)
            off.isEnabled = false
            let summary = try await rig.fleet.apply(
                FleetConfiguration(
                    accounts: [
                        try .test("account-0", rig.gateway), try .test("account-1", rig.gateway, settings: other),
                        try .test("account-2", rig.gateway, token: "fresh"), off, try .test("added", rig.gateway),
                    ], gate: .open))
            #expect(summary.unchanged == 1 && summary.changed == 3 && summary.added == 1 && summary.removed == 0)
            #expect(summary.reconnected == 1)
            try await rig.account("added") { $0.state == .connected }
            try await rig.account("account-2") { $0.state == .connected && $0.generation == before[2].generation + 1 }
            try await rig.account("account-3") { $0.state == .disconnected && !$0.isEnabled }
            #expect(await rig.fleet.account("account-0")?.generation == before[0].generation)
            #expect(await rig.fleet.account("account-1")?.generation == before[1].generation)
            #expect(rig.gateway.statistics(lists: false).maxLivePerAccount == 1)
        }
    }

    @Test("compression that is switched on takes another connection, since it is agreed on when one begins")
    func compression() async throws {
        try await FleetRig.run { rig in
            try await rig.everybodyConnected()
            let before = try #require(await rig.fleet.account("account-0")?.generation)
            let changed = try AccountConfiguration.test("account-0", rig.gateway, deflate: DeflateOptions())
            let summary = try await rig.fleet.apply(FleetConfiguration(accounts: [changed], gate: .open))
            #expect(summary.reconnected == 1)
            try await rig.account { $0.state == .connected && $0.generation == before + 1 }
        }
    }

    @Test("a removed account is released, and its place is used again")
    func removal() async throws {
        try await FleetRig.run(accounts: 3, lanes: 1) { rig in
            try await rig.everybodyConnected()
            let kept = FleetConfiguration(accounts: [try .test("account-0", rig.gateway)], gate: .open)
            #expect(try await rig.fleet.apply(kept).removed == 2)
            #expect(await rig.fleet.account("account-1") == nil)
            #expect(await rig.gateway.wait { $0.live == 1 })
            try await rig.totals { $0.accounts == 1 }
            let grown = FleetConfiguration(
                accounts: [try .test("account-0", rig.gateway), try .test("new", rig.gateway)], gate: .open)
            #expect(try await rig.fleet.apply(grown).added == 1)
            try await rig.account("new") { $0.state == .connected }
            #expect(await rig.gateway.wait { $0.live == 2 })
        }
    }

    @Test("a removed account closes politely, and the same one declared again waits for the end of its socket")
    func comesBack() async throws {
        try await FleetRig.run { rig in
            let with = FleetConfiguration(accounts: [try .test("account-0", rig.gateway)], gate: .open)
            for round in 1...10 {
                try await rig.account { $0.state == .connected }
                #expect(try await rig.fleet.apply(FleetConfiguration(gate: .open)).removed == 1)
                #expect(try await rig.fleet.apply(with).added == 1)
                #expect(await rig.gateway.wait { $0.registrations == round + 1 })
            }
            let statistics = rig.gateway.statistics(lists: false)
            #expect(statistics.closes == ["1001": 10])
            #expect(statistics.maxLivePerAccount == 1)
        }
    }

    @Test("however often accounts go and come back while they leave, none is lost and no slot is")
    func comeAndGo() async throws {
        try await FleetRig.run(accounts: 4, lanes: 1) { rig in
            try await rig.everybodyConnected()
            // Sockets that do not close at once.
            try await rig.gateway.setFaults([Fault(.blackhole)])
            for round in 0..<40 {
                let accounts = try (0..<4).filter { ($0 + round) % 3 != 0 }.map {
                    try AccountConfiguration.test("account-\($0)", rig.gateway, token: "token-\(round / 2)")
                }
                _ = try await rig.fleet.apply(FleetConfiguration(accounts: accounts, gate: .open))
            }
            try await rig.gateway.clearFaults()
            let all = try (0..<4).map { try AccountConfiguration.test("account-\($0)", rig.gateway) }
            _ = try await rig.fleet.apply(FleetConfiguration(accounts: all, gate: .open))
            try await rig.totals { $0[.connected] == 4 }
            let lane = try #require(rig.lanes.first)
            let (slots, waiting) = await lane.onLoop { ($0.slots.count, $0.successors.count) } ?? (0, 0)
            #expect(slots == 4 && waiting == 0)
            #expect(rig.gateway.statistics(lists: false).maxLivePerAccount == 1)
            _ = try await rig.fleet.apply(FleetConfiguration(gate: .open))
            try await rig.wait { await lane.onLoop { $0.occupied == 0 && $0.openLinks == 0 } ?? false }
        }
    }

    @Test("what a person switched off stays off until its declaration changes")
    func handsHold() async throws {
        try await FleetRig.run { rig in
            try await rig.fleet.perform(.disable, on: "account-0")
            let other = SessionSettings.make { heartbeat, _, _ in heartbeat.interval = .milliseconds(150) }
            let changed = FleetConfiguration(
                accounts: [try .test("account-0", rig.gateway, settings: other)], gate: .open)
            #expect(try await rig.fleet.apply(changed).changed == 1)
            #expect(await rig.fleet.account("account-0")?.isEnabled == false)
        }
    }

    @Test("shutdown closes every socket and refuses what comes after")
    func shutdown() async throws {
        try await FleetRig.run(accounts: 5) { rig in
            try await rig.everybodyConnected()
            await rig.fleet.shutdown()
            // The gateway counts, not the process's descriptors: other tests open and close theirs meanwhile.
            #expect(await rig.gateway.wait { $0.live == 0 })
            let refusal = await #expect(throws: CommandRefusal.self) {
                try await rig.fleet.perform(.reconnect, on: "account-0")
            }
            #expect(refusal == .notRunning)
            #expect(rig.fleet.readiness().map(\.code) == [.draining])
        }
    }

    @Test("shutdown does not wait for a gateway that is frozen longer than it has to")
    func shutdownFrozen() async throws {
        try await FleetRig.run { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.blackhole)])
            let began = ContinuousClock.now
            await rig.fleet.shutdown()
            #expect(ContinuousClock.now - began < Fleet.patience)
        }
    }

    @Test("whoever asks or commands while the fleet goes down is answered, and nobody waits for ever")
    func askedWhileStopping() async throws {
        for _ in 0..<10 {
            try await FleetRig.run(accounts: 8) { rig in
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            while rig.fleet.readiness().map(\.code) != [.draining] {
                                _ = await rig.fleet.account("account-\(number)")
                                _ = try? await rig.fleet.perform(.reconnect, matching: AccountFilter())
                            }
                            for _ in 0..<50 { _ = await rig.fleet.accounts(AccountQuery()) }
                        }
                    }
                    group.addTask { await rig.fleet.shutdown() }
                }
                #expect(await rig.gateway.wait { $0.live == 0 })
            }
        }
    }

    @Test("a second fleet does not get the same store")
    func store() async throws {
        let folder = "/tmp/holdfast-fleet-test-\(UInt32.random(in: 0 ... .max))"
        let configuration = FleetConfiguration(storePath: folder)
        let first = Fleet(configuration, logger: LogRecorder().logger)
        try await first.start()
        let second = Fleet(configuration, logger: LogRecorder().logger)
        await #expect(throws: StoreLockError.self) { try await second.start() }
        await first.shutdown()
        let third = Fleet(configuration, logger: LogRecorder().logger)
        try await third.start()
        await third.shutdown()
    }

    /// Memory and descriptors belong to the whole process, and so to all tests at once: `scripts/soak.d/leak` measures them.
    @Test("hundreds of reconnects leave one socket for each account")
    func leaks() async throws {
        try await FleetRig.run(accounts: 20) { rig in
            try await rig.everybodyConnected()
            for _ in 0..<20 {
                let before = rig.gateway.statistics(lists: false).registrations
                _ = try? await rig.fleet.perform(.reconnect, matching: AccountFilter())
                #expect(await rig.gateway.wait { $0.registrations >= before + 20 })
            }
            try await rig.everybodyConnected()
            #expect(await rig.gateway.wait { $0.live == 20 })
            var links = 0
            for lane in rig.lanes { links += await lane.onLoop { $0.openLinks } ?? 0 }
            #expect(links == 20)
        }
    }
}
