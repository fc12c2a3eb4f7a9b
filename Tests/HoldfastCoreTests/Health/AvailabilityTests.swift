import HoldfastCore
import Testing

@Suite("Availability")
struct AvailabilityTests {
    private let start = WallTime(milliseconds: 1_700_000_000_000)

    private func change(
        _ seconds: Int, _ to: SessionState, isFailure: Bool = false, isOff: Bool = false
    ) -> Availability.Change {
        Availability.Change(at: start + .seconds(seconds), to: to, isFailure: isFailure, isOff: isOff)
    }

    /// 100 s of connection, 20 s of outage, and connected since.
    private var history: [Availability.Change] {
        [
            change(0, .connecting), change(10, .connected), change(110, .reconnecting, isFailure: true),
            change(120, .connecting), change(130, .connected),
        ]
    }

    @Test("is connected time by the time in which it was meant to be connected")
    func share() throws {
        let one = Availability(history, from: start, until: start + .seconds(230))
        #expect(one.wanted == .seconds(230))
        #expect(one.connected == .seconds(200))
        #expect(one.losses == 1)
        #expect(one.meanTimeBetweenFailures == .seconds(200))
        #expect(one.meanTimeToRepair == .seconds(20))
        #expect(abs(try #require(one.share) - 200.0 / 230) < 0.000_1)
    }

    @Test("counts nothing from before the time asked for")
    func window() {
        let one = Availability(history, from: start + .seconds(120), until: start + .seconds(230))
        #expect(one.wanted == .seconds(110))
        #expect(one.connected == .seconds(100))
        #expect(one.losses == 0)
        #expect(one.repairs == 0)
    }

    @Test("an outage that lasts is counted in the share, and not yet as repaired")
    func lasting() {
        let one = Availability(history.prefix(4), from: start, until: start + .seconds(230))
        #expect(one.connected == .seconds(100))
        #expect(one.wanted == .seconds(230))
        #expect(one.repairs == 0)
        #expect(one.meanTimeToRepair == nil)
    }

    @Test("time in which it was switched off is nobody's fault")
    func off() {
        let changes = history + [change(150, .closed, isOff: true), change(151, .disconnected)]
        let one = Availability(changes, from: start, until: start + .seconds(1_000))
        #expect(one.wanted == .seconds(150))
        #expect(one.connected == .seconds(120))
    }

    @Test("nothing known is nothing claimed")
    func unknown() {
        #expect(Availability([], from: start, until: start + .seconds(60)).share == nil)
        let off = [change(0, .disconnected, isOff: true)]
        #expect(Availability(off, from: start, until: start + .seconds(60)).share == nil)
    }
}
