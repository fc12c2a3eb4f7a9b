import HoldfastCore
import Testing

@Suite("Endpoint breaker (F9)")
struct BreakerTests {
    /// An endpoint of twenty accounts that waits with its breaker open.
    static func opened() -> (GateRig, EndpointID) {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<20, endpoint)
        let slots = rig.take()
        for slot in slots.prefix(10) { rig.giveBack(slot, .endpointFailed) }
        for slot in slots.dropFirst(10) { rig.giveBack(slot, .abandoned) }
        rig.ask(0..<20, endpoint, generation: 2)
        return (rig, endpoint)
    }

    @Test(
        "ten attempts in 30 s, half of them failed, open it; fewer or better ones do not",
        arguments: [
            (10, 5, true), (10, 10, true), (100, 50, true), (9, 9, false), (10, 4, false), (100, 49, false),
        ])
    func opens(attempts: Int, failures: Int, isOpen: Bool) {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<200, endpoint)
        let slots = rig.take()
        // The good ones first: otherwise the first ten are all failures and open it at once.
        for slot in slots.prefix(attempts - failures) { rig.giveBack(slot, .succeeded) }
        for slot in slots.prefix(attempts).suffix(failures) { rig.giveBack(slot, .endpointFailed) }
        #expect((rig.breaker(endpoint) != .closed) == isOpen)
    }

    @Test(
        "failures that say nothing about the endpoint never open it",
        arguments: [AttemptOutcome.accountFailed, .abandoned])
    func otherFailures(outcome: AttemptOutcome) {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<50, endpoint)
        for slot in rig.take() { rig.giveBack(slot, outcome) }
        #expect(rig.breaker(endpoint) == .closed)
    }

    @Test("attempts older than the window do not count")
    func window() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<50, endpoint)
        let slots = rig.take()
        for slot in slots.prefix(9) { rig.giveBack(slot, .endpointFailed) }
        rig.pass(.seconds(31))
        rig.giveBack(slots[9], .endpointFailed)
        #expect(rig.breaker(endpoint) == .closed)
        rig.pass(.seconds(25))
        for slot in slots[10..<19] { rig.giveBack(slot, .endpointFailed) }
        #expect(rig.breaker(endpoint) == .open)
    }

    @Test("while it is open one probe goes every 5 s, and nobody else")
    func probes() {
        var (rig, endpoint) = Self.opened()
        #expect(rig.breaker(endpoint) == .open)
        var probed: [UInt32] = []
        for _ in 0..<6 {
            #expect(rig.take() == [])
            #expect(rig.keeper.nextDeadline == rig.now + .seconds(5))
            rig.pass(.seconds(5))
            let slots = rig.take()
            #expect(slots.count == 1)
            probed += slots
            for slot in slots { rig.giveBack(slot, .endpointFailed, generation: 2) }
        }
        #expect(probed == Array(0..<6), "each time another account")
        #expect(rig.keeper.waiting == 14)
    }

    @Test("a probe that takes longer than 5 s is waited for")
    func slowProbe() {
        var (rig, _) = Self.opened()
        rig.pass(.seconds(5))
        #expect(rig.take() == [0])
        rig.pass(.seconds(9))
        #expect(rig.take() == [])
        rig.giveBack(0, .endpointFailed, generation: 2)
        #expect(rig.take() == [1])
    }

    @Test(
        "three answered probes close it, one after the other without a pause",
        arguments: [AttemptOutcome.succeeded, .accountFailed])
    func closes(outcome: AttemptOutcome) {
        var (rig, endpoint) = Self.opened()
        rig.pass(.seconds(5))
        for slot in 0..<3 as Range<UInt32> {
            #expect(rig.take() == [slot])
            rig.giveBack(slot, outcome, generation: 2)
        }
        #expect(rig.breaker(endpoint) == .closed)
        #expect(rig.take().count == 17)
        #expect(rig.keeper.counters.breakersOpened == 1)
        #expect(rig.keeper.counters.breakersClosed == 1)
    }

    @Test("a probe that fails after answered ones begins the count anew")
    func failsAgain() {
        var (rig, endpoint) = Self.opened()
        rig.pass(.seconds(5))
        for outcome in [AttemptOutcome.succeeded, .succeeded, .endpointFailed] {
            #expect(rig.breaker(endpoint) != .closed)
            let slots = rig.take()
            #expect(slots.count == 1)
            for slot in slots { rig.giveBack(slot, outcome, generation: 2) }
        }
        #expect(rig.breaker(endpoint) == .open)
        #expect(rig.take() == [])
        rig.pass(.seconds(5))
        #expect(rig.take().count == 1)
    }

    @Test("an answered probe closes it after the window if nobody has another attempt to make")
    func settles() {
        var (rig, endpoint) = Self.opened()
        for slot in 1..<20 as Range<UInt32> { rig.giveBack(slot, .abandoned, generation: 2) }
        rig.pass(.seconds(5))
        #expect(rig.take() == [0])
        rig.giveBack(0, .succeeded, generation: 2)
        #expect(rig.breaker(endpoint) == .halfOpen)
        #expect(rig.keeper.nextDeadline == rig.now + .seconds(30))
        rig.pass(.seconds(30))
        #expect(rig.take() == [])
        #expect(rig.breaker(endpoint) == .closed)
        #expect(rig.keeper.nextDeadline == nil)
    }

    @Test("a probe that is given up says nothing: the next one goes at its time")
    func abandonedProbe() {
        var (rig, endpoint) = Self.opened()
        rig.pass(.seconds(5))
        #expect(rig.take() == [0])
        rig.giveBack(0, .abandoned, generation: 2)
        #expect(rig.breaker(endpoint) == .open)
        #expect(rig.take() == [])
        rig.pass(.seconds(5))
        #expect(rig.take() == [1])
    }

    @Test("a probe whose grant is lost does not keep the endpoint shut")
    func lostProbe() {
        var (rig, _) = Self.opened()
        rig.pass(.seconds(5))
        #expect(rig.take() == [0])
        rig.pass(GateSettings().grantLife)
        #expect(rig.take() == [1])
    }

    @Test("attempts that began before it opened do not close it, and those that hung do not open it again")
    func otherEra() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<60, endpoint)
        let slots = rig.take()
        for slot in slots.prefix(10) { rig.giveBack(slot, .endpointFailed) }
        for slot in slots[10..<20] { rig.giveBack(slot, .succeeded) }
        #expect(rig.breaker(endpoint) == .open)
        rig.pass(.seconds(5))
        for slot in 0..<3 as Range<UInt32> {
            rig.ask([slot], endpoint, generation: 2)
            #expect(rig.take() == [slot])
            rig.giveBack(slot, .succeeded, generation: 2)
        }
        #expect(rig.breaker(endpoint) == .closed)
        for slot in slots[20...] { rig.giveBack(slot, .endpointFailed) }
        #expect(rig.breaker(endpoint) == .closed)
    }

    @Test("one endpoint's breaker is nothing to another")
    func apart() {
        var (rig, _) = Self.opened()
        let other = rig.keeper.endpoint(named: "ws://b:1")
        rig.ask([100], other)
        #expect(rig.take() == [100])
    }

    @Test("a person can close it")
    func byHand() {
        var (rig, endpoint) = Self.opened()
        rig.keeper.resetBreaker(of: endpoint)
        #expect(rig.breaker(endpoint) == .closed)
        #expect(rig.take().count == 20)
    }

    // MARK: Fewer than ten accounts

    @Test("an endpoint with one account never opens: its own backoff does the work")
    func oneAccount() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        for _ in 0..<1_000 {
            #expect(rig.attempt(0, endpoint, .endpointFailed) == true)
        }
        #expect(rig.breaker(endpoint) == .closed)
    }

    @Test(
        "a small endpoint opens when all its accounts failed, ten times in a row together",
        arguments: [2, 3, 9] as [UInt32])
    func fewAccounts(count: UInt32) {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        for attempt in 0..<10 as Range<UInt32> {
            #expect(rig.breaker(endpoint) == .closed)
            #expect(rig.attempt(attempt % count, endpoint, .endpointFailed) == true)
            // Slower than any window: the failures in a row count, not their rate.
            rig.pass(.seconds(45))
        }
        #expect(rig.breaker(endpoint) == .open)
    }

    @Test("one account that still succeeds, or fails for its own reasons, keeps a small endpoint closed")
    func notAll() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        for own in [AttemptOutcome.succeeded, .accountFailed] {
            #expect(rig.attempt(0, endpoint, own) == true)
            for _ in 0..<30 {
                #expect(rig.attempt(1, endpoint, .endpointFailed) == true)
                #expect(rig.attempt(2, endpoint, .endpointFailed) == true)
            }
            #expect(rig.breaker(endpoint) == .closed)
        }
        // Without it, the two that are left are all.
        rig.keeper.forget(AccountKey(lane: 0, slot: 0), at: rig.now)
        #expect(rig.attempt(1, endpoint, .endpointFailed) == true)
        #expect(rig.breaker(endpoint) == .open)
    }

    @Test("a small endpoint that came back is open to each of its accounts as soon as it asks")
    func smallRecovery() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        for attempt in 0..<10 as Range<UInt32> { #expect(rig.attempt(attempt % 2, endpoint, .endpointFailed) == true) }
        #expect(rig.breaker(endpoint) == .open)
        rig.pass(.seconds(20))
        #expect(rig.attempt(0, endpoint, .succeeded) == true)
        #expect(rig.attempt(1, endpoint, .succeeded) == true)
        rig.pass(.seconds(30))
        #expect(rig.take() == [])
        #expect(rig.breaker(endpoint) == .closed)
    }
}
