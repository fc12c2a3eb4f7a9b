import Glibc
import HoldfastCore
import HoldfastLab
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("A lane doubts itself before it doubts a peer")
struct SelfDoubtTests {
    @Test("a loop that stood still for longer than every deadline keeps its sessions")
    func standstill() async throws {
        try await FleetRig.run(accounts: 10, lanes: 1) { rig in
            try await rig.everybodyConnected()
            let before = await rig.fleet.accounts(AccountQuery()).accounts.map(\.generation)
            let lane = try #require(rig.lanes.first)
            // tidy: the standstill is what is tested
            await lane.onLoop { _ in usleep(2_000_000) }
            let heartbeats = rig.gateway.statistics(lists: false).heartbeats
            #expect(await rig.gateway.wait { $0.heartbeats >= heartbeats + 20 })
            #expect(await rig.fleet.accounts(AccountQuery()).accounts.map(\.generation) == before)
            #expect(rig.fleet.metrics().heartbeatMisses == 0)
            #expect(await lane.onLoop { $0.counters.unobservedPauses } ?? 0 >= 1)
        }
    }

    @Test("what is heard of a link that was given up changes nothing")
    func staleGeneration() async throws {
        try await FleetRig.run(lanes: 1) { rig in
            let before = try await rig.account { $0.state == .connected }
            let lane = try #require(rig.lanes.first)
            await lane.onLoop { lane in
                let old = LinkTag(slot: 0, generation: before.generation &- 1)
                lane.linkClosed(old, LinkError(.reset))
                lane.linkOpened(old)
                lane.link(old, entered: .upgrade)
                lane.linkReadCompleted(old)
                lane.linkDrained(old)
            }
            let after = try #require(await rig.fleet.account("account-0"))
            #expect(after.state == .connected && after.generation == before.generation && after.failures == 0)
            #expect(await lane.onLoop { $0.counters.staleEvents } == 4)
        }
    }

    @Test("a grant that nobody waits for goes back to the gate")
    func staleGrant() async throws {
        try await FleetRig.run(lanes: 1) { rig in
            let before = try await rig.account { $0.state == .connected }
            let lane = try #require(rig.lanes.first)
            let items = await lane.onLoop { lane in
                lane.take([
                    Ticket(AccountKey(lane: 0, slot: 0), generation: 99),
                    Ticket(AccountKey(lane: 0, slot: 77), generation: 1),
                ])
                return lane.gateBatch.items.count
            }
            #expect(items == 2)
            #expect(await rig.fleet.account("account-0")?.generation == before.generation)
        }
    }

    @Test("after the shutdown nothing is left of lanes, control and board")
    func freed() async throws {
        weak var lane: Lane?
        weak var control: Control?
        weak var board: Board?
        do {
            try await FleetRig.run(accounts: 5) { rig in
                try await rig.everybodyConnected()
                lane = rig.lanes.first
                control = rig.lanes.first?.control
                board = rig.fleet.board
                await rig.fleet.shutdown()
            }
        }
        #expect(lane == nil)
        #expect(control == nil)
        #expect(board == nil)
    }
}
