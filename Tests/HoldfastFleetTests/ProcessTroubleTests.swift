import HoldfastLab
import Testing

@testable import HoldfastCore
@testable import HoldfastFleet

@Suite("A fleet whose process is in trouble")
struct ProcessTroubleTests {
    @Test("short of memory it frees first, then gives up sockets, lets nobody in, and comes back when there is room")
    func memory() async throws {
        try await FleetRig.run(accounts: 6) { rig in
            try await rig.everybodyConnected()
            func setBudget(_ bytes: Int) async throws {
                let accounts = try (0..<6).map { try AccountConfiguration.test("account-\($0)", rig.gateway) }
                _ = try await rig.fleet.apply(
                    FleetConfiguration(accounts: accounts, gate: .open, memoryBudgetBytes: bytes))
            }
            try await setBudget(1)
            try await rig.wait { rig.fleet.metrics().sessionsShed >= 2 }
            let metrics = rig.fleet.metrics()
            #expect(metrics.memoryLevel == .shed && metrics.memoryReleases >= 1 && metrics.memoryBudgetBytes == 1)
            let out = await rig.fleet.accounts(AccountQuery()).accounts.filter { $0.state != .connected }
            #expect(out.count >= 2)
            #expect(out.allSatisfy { $0.lastFailure?.code == "system.memory" })
            #expect(rig.log.lines("memory is short: sockets are given up").count == 1)
            try await setBudget(1 << 50)
            try await rig.everybodyConnected()
            #expect(rig.fleet.metrics().memoryLevel == .calm)
            #expect(rig.log.lines("memory is within its budget again").count == 1)
        }
    }

    @Test("sockets that prove least go first: attempts, then by health")
    func leastFirst() async throws {
        try await FleetRig.run(accounts: 3, lanes: 1) { rig in
            try await rig.everybodyConnected()
            let lane = try #require(rig.lanes.first)
            let left = await lane.onLoop { lane in
                for (slot, health) in [UInt8(90), 20, 100].enumerated() { lane.slots[slot].row.health = health }
                lane.giveUp(2)
                return lane.slots.indices.filter { lane.slots[$0].session.state == .connected }
            }
            #expect(left == [2])
        }
    }

    @Test("history beyond the least goes when memory is short")
    func history() async throws {
        try await FleetRig.run(lanes: 1) { rig in
            for _ in 0..<8 {
                let before = rig.gateway.statistics(lists: false).registrations
                _ = try? await rig.fleet.perform(.reconnect, on: "account-0")
                #expect(await rig.gateway.wait { $0.registrations > before })
            }
            let lane = try #require(rig.lanes.first)
            let (kept, counted) =
                await lane.onLoop { lane in
                    lane.releaseMemory()
                    return (lane.slots[0].timeline.entries.count, lane.counters.timelineEntries)
                } ?? (0, 0)
            #expect(kept == Timeline.least && counted == Timeline.least)
        }
    }

    @Test("a lane that does not report is told as the end, counted in the control loop's own seconds")
    func deadLane() async throws {
        try await FleetRig.run { rig in
            let control = try #require(rig.lanes.first).control
            async let reason = rig.fleet.breakdownReason()
            await control.door.ask {
                // One turn of the loop: no lane gets a word in.
                for _ in 0...Control.deadAfterSeconds { control.lookForDeadLanes() }
            }
            #expect(await reason?.hasSuffix(" has shown no progress for 60 s") == true)
            #expect(await rig.fleet.breakdownReason() != nil, "who asks later hears it as well")
        }
    }

    @Test("who waits for a breakdown is let go when the fleet has been shut down, or the task is cancelled")
    func noBreakdown() async throws {
        try await FleetRig.run { rig in
            async let reason = rig.fleet.breakdownReason()
            let cancelled = Task { await rig.fleet.breakdownReason() }
            cancelled.cancel()
            #expect(await cancelled.value == nil)
            await rig.fleet.shutdown()
            #expect(await reason == nil)
        }
    }

    @Test("a session that waits for nothing though it should be connected is found, reset and counted")
    func stuck() async throws {
        try await FleetRig.run(accounts: 2, lanes: 1) { rig in
            try await rig.everybodyConnected()
            let lane = try #require(rig.lanes.first)
            let generation = await lane.onLoop { lane in
                lane.slots[0].session.forgetDeadline()
                return lane.slots[0].session.generation
            }
            let other = await rig.fleet.account("account-1")?.generation
            try await rig.account { $0.state == .connected && $0.generation > generation ?? 0 }
            try await rig.wait { rig.fleet.metrics().stuckResets == 1 }
            #expect(await rig.fleet.account("account-1")?.generation == other)
            try await rig.wait { rig.log.lines("stuck session was reset").count == 1 }
        }
    }
}

extension Session {
    /// As no event leaves it: connected, and with nothing that would ever wake it.
    fileprivate mutating func forgetDeadline() { machine = .parked }
}
