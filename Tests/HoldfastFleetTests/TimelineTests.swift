import Testing

@testable import HoldfastCore
@testable import HoldfastFleet

@Suite("An account's timeline in memory")
struct TimelineTests {
    @Test("an entry takes 40 bytes and gives back what went in")
    func compact() {
        #expect(MemoryLayout<CompactEntry>.stride <= 40)
        let failure = Failure(
            .server, .upgradeStatus, number: 503, phase: .upgrade, retryAfter: .seconds(20))
        let transition = Transition(
            at: WallTime(milliseconds: 1_700_000_000_123), from: .connecting, to: .reconnecting, reason: .failure,
            failures: 3, generation: 9, incarnation: 2, failure: failure)
        let entry = CompactEntry(transition, record: 0).entry(record: nil)
        #expect(entry.at == transition.at)
        #expect(entry.from == .connecting && entry.to == .reconnecting && entry.reason == "failure")
        #expect(entry.failures == 3 && entry.generation == 9 && entry.incarnation == 2)
        #expect(entry.failureClass == .server && entry.failureCode == "server.upgrade_503")
    }

    @Test("the oldest entries go when there are too many")
    func bounded() {
        var timeline = Timeline()
        var dropped = 0
        for generation in 1...UInt32(120) {
            dropped += timeline.append(entry(generation), limit: Timeline.most)
        }
        #expect(timeline.entries.count == Timeline.most)
        #expect(dropped == 120 - Timeline.most)
        #expect(timeline.entries.last?.entry(record: nil).generation == 120)
        dropped = timeline.append(entry(121), limit: Timeline.least)
        #expect(timeline.entries.count == Timeline.least)
        #expect(dropped == Timeline.most - Timeline.least + 1)
    }

    @Test(
        "the fleet's limit is divided between its accounts",
        arguments: [(1, 50), (8_000, 50), (20_000, 20), (100_000, 8), (1_000_000, 8)])
    func divided(accounts: Int, limit: Int) {
        #expect(Timeline.limit(accounts: accounts, isStored: false) == limit)
        #expect(Timeline.limit(accounts: accounts, isStored: true) == Timeline.least)
    }

    @Test("failure records beyond the limit are forgotten, oldest first")
    func records() {
        var records = FailureRecords(lanes: FailureRecords.fleetLimit / 4)
        let serials = (0..<6).map { records.append(record($0)) }
        #expect(serials.map { records[$0]?.retry } == [nil, nil, 2, 3, 4, 5])
        #expect(records[0] == nil)
        #expect(records[99] == nil)
    }

    private func entry(_ generation: UInt32) -> CompactEntry {
        CompactEntry(
            Transition(
                at: WallTime(milliseconds: 0), from: .reconnecting, to: .connecting, reason: .slotGranted, failures: 0,
                generation: generation, incarnation: 1, failure: nil),
            record: 0)
    }

    private func record(_ retry: Int) -> FailureNote {
        FailureNote(
            chain: [], settings: SessionSettings(), process: ProcessFigures(), retry: retry, delay: nil, rung: .none)
    }
}
