import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("The seconds of a fleet")
struct PulseTests {
    @Test("each has what was counted in it, and not before")
    func differences() {
        var log = PulseLog()
        var sums = PulseLog.Sums()
        sums.opened = 7
        sums.replies = 2
        sums.replySeconds = 0.5
        log.note(FleetTotals(), sums, at: WallTime(milliseconds: 1_000))
        sums.opened = 10
        log.note(FleetTotals(), sums, at: WallTime(milliseconds: 2_000))
        let pulses = log.samples(after: 0)
        #expect(pulses.map(\.opened) == [7, 3])
        #expect(pulses.map(\.replyMilliseconds) == [250, nil])
        #expect(pulses.map(\.at.milliseconds) == [1_000, 2_000])
    }

    @Test("as many are kept as the limit says, the newest, in their order")
    func ring() {
        var log = PulseLog()
        let count = Pulse.kept + 37
        for number in 1...count {
            log.note(FleetTotals(), PulseLog.Sums(), at: WallTime(milliseconds: Int64(number) * 1_000))
        }
        let numbers = log.samples(after: 0).map(\.number)
        #expect(numbers == Array(UInt32(38)...UInt32(count)))
        #expect(log.samples(after: UInt32(count - 2)).map(\.number) == [UInt32(count - 1), UInt32(count)])
        #expect(log.samples(after: UInt32(count)) == [])
    }

    @Test("a sample takes what the documents say")
    func size() {
        #expect(MemoryLayout<Pulse>.stride <= 64)
    }
}

@Suite("The worst accounts")
struct WorstAccountsTests {
    @Test(
        "come in this order",
        arguments: [
            (AccountStatus.quarantined, AccountStatus.failed), (.failed, .unhealthy), (.unhealthy, .degraded),
            (.degraded, .healthy), (.healthy, .disabled),
        ])
    func statuses(worse: AccountStatus, better: AccountStatus) {
        var first = AccountRow()
        var second = AccountRow()
        (first.status, second.status) = (worse, better)
        // Whatever their health.
        first.health = 100
        #expect(WorstAccounts.rank(first) < WorstAccounts.rank(second))
    }

    @Test("of the same status the lower health comes first, then the longer run of failures")
    func health() {
        var rows = Array(repeating: AccountRow(), count: 3)
        for index in rows.indices { rows[index].status = .degraded }
        rows[0].health = 50
        rows[1].health = 60
        rows[1].failures = 4
        rows[2].health = 60
        #expect(rows.map(WorstAccounts.rank) == rows.map(WorstAccounts.rank).sorted())
    }
}
