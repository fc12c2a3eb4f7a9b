import HoldfastCore
import Testing

@Suite("Tickets at the gate")
struct TicketTests {
    @Test("asking again for the same generation changes nothing, waiting or granted")
    func same() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([1, 2, 1, 1], endpoint)
        #expect(rig.keeper.waiting == 2)
        #expect(rig.take() == [1])
        rig.ask([1], endpoint)
        #expect(rig.keeper.waiting == 1)
        #expect(rig.keeper.handshaking == 1)
    }

    @Test("a newer generation takes the older one's place in the queue")
    func newerWaiting() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([1, 2], endpoint)
        rig.ask([1], endpoint, generation: 5)
        #expect(rig.keeper.waiting == 2)
        #expect(rig.keeper.grants(at: rig.now) == [GateRig.ticket(1, 5)])
    }

    @Test("a newer generation frees the slot of the older one and queues at the end")
    func newerGranted() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([1, 2], endpoint)
        #expect(rig.take() == [1])
        rig.ask([1], endpoint, generation: 2)
        #expect(rig.take() == [2])
        rig.giveBack(1, .endpointFailed, generation: 1)
        #expect(rig.keeper.counters.staleGiveBacks == 1)
        rig.giveBack(2, .succeeded)
        #expect(rig.keeper.grants(at: rig.now) == [GateRig.ticket(1, 2)])
    }

    @Test("an older generation is ignored and counted; generations may wrap around")
    func older() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([1], endpoint, generation: .max)
        rig.ask([1], endpoint, generation: .max - 1)
        #expect(rig.keeper.counters.staleRequests == 1)
        rig.ask([1], endpoint, generation: 0)
        #expect(rig.keeper.grants(at: rig.now) == [GateRig.ticket(1, 0)])
    }

    @Test("giving back what is not out is ignored and counted")
    func staleGiveBack() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.giveBack(1, .succeeded)
        rig.ask([1], endpoint)
        #expect(rig.take() == [1])
        rig.giveBack(1, .succeeded, generation: 9)
        #expect(rig.keeper.handshaking == 1)
        rig.giveBack(1, .succeeded)
        rig.giveBack(1, .succeeded)
        #expect(rig.keeper.counters.staleGiveBacks == 3)
        #expect(rig.keeper.handshaking == 0)
    }

    @Test("a ticket given back while it waits leaves the queue, and the order of the others stays")
    func cancel() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<5, endpoint)
        for slot in [0, 4, 2] as [UInt32] { rig.giveBack(slot, .abandoned) }
        #expect(rig.keeper.waiting == 2)
        #expect(rig.take() == [1])
        rig.giveBack(1, .succeeded)
        #expect(rig.take() == [3])
    }

    @Test("a grant that is not given back expires, says nothing about the endpoint, and its slot is free")
    func expiry() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([1, 2], endpoint)
        #expect(rig.take() == [1])
        rig.pass(.seconds(59))
        #expect(rig.take() == [])
        #expect(rig.keeper.nextDeadline == rig.now + .seconds(1))
        rig.pass(.seconds(1))
        #expect(rig.take() == [2])
        #expect(rig.keeper.counters.expired == 1)
        #expect(rig.keeper.status(of: endpoint)?.failing == 0)
        rig.giveBack(1, .succeeded)
        #expect(rig.keeper.counters.staleGiveBacks == 1)
        // The account that lost its grant asks again under the same generation and is served.
        rig.giveBack(2, .succeeded)
        rig.ask([1], endpoint)
        #expect(rig.take() == [1])
    }

    @Test("time in which the process stood still takes nothing from a grant's life")
    func stoodStill() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 2 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([1, 2, 3], endpoint)
        #expect(rig.take() == [1, 2])
        rig.pass(.seconds(300))
        rig.keeper.unobserved(for: .seconds(300))
        #expect(rig.take() == [])
        rig.pass(.seconds(60))
        #expect(rig.take() == [3])
        #expect(rig.keeper.counters.expired == 2)
    }

    @Test("a forgotten account waits for nothing, holds nothing and is not counted", arguments: [0, 1, 2])
    func forget(place: Int) {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask([7], endpoint)
        if place > 0 { #expect(rig.take() == [7]) }
        if place > 1 { rig.giveBack(7, .endpointFailed) }
        rig.keeper.forget(AccountKey(lane: 0, slot: 7), at: rig.now)
        rig.keeper.forget(AccountKey(lane: 0, slot: 7), at: rig.now)
        #expect(rig.keeper.waiting == 0)
        #expect(rig.keeper.handshaking == 0)
        #expect(rig.keeper.status(of: endpoint)?.accounts == 0)
        #expect(rig.keeper.status(of: endpoint)?.failing == 0)
        // Its place may be another account's, which begins with generation 0.
        rig.ask([7], endpoint, generation: 0)
        #expect(rig.take() == [7])
    }

    @Test("an account that moves to another endpoint waits there and no longer here")
    func move() {
        var rig = GateRig(GateRig.open())
        let (old, new) = (rig.keeper.endpoint(named: "ws://a:1"), rig.keeper.endpoint(named: "ws://b:1"))
        rig.ask([1], old)
        rig.ask([1], new, generation: 2)
        #expect(rig.keeper.status(of: old)?.waiting == 0)
        #expect(rig.keeper.status(of: old)?.accounts == 0)
        #expect(rig.keeper.status(of: new)?.waiting == 1)
        #expect(rig.keeper.endpoint(named: "ws://a:1") == old)
    }

    @Test("the same slot of two lanes is two accounts")
    func lanes() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        let tickets = (0..<2).map { Ticket(AccountKey(lane: $0, slot: 3), generation: 1) }
        for ticket in tickets { rig.keeper.request(ticket, endpoint, at: rig.now) }
        #expect(rig.keeper.grants(at: rig.now) == tickets)
    }

    @Test("new settings hold at once and take back nothing")
    func reload() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 2 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<10, endpoint)
        #expect(rig.take().count == 2)
        rig.keeper.apply(GateRig.open { $0.admission.concurrent = 5 }, at: rig.now)
        #expect(rig.take().count == 3)
        rig.keeper.apply(GateRig.open { $0.admission.concurrent = 1 }, at: rig.now)
        #expect(rig.take() == [])
        #expect(rig.keeper.handshaking == 5)
    }

    @Test("a grant lives long enough for the slowest attempt that any account may make")
    func covering() {
        var slow = PhaseSettings()
        slow.connect = .seconds(100)
        #expect(GateSettings().covering([PhaseSettings(), slow]).grantLife == .seconds(150))
        #expect(GateSettings().covering([PhaseSettings()]).grantLife == .seconds(60))
        #expect(GateSettings().covering([]) == GateSettings())
    }

    @Test("the defaults are those of the requirements")
    func defaults() {
        let settings = GateSettings()
        #expect(settings.admission.connectsPerSecond == 200)
        #expect(settings.admission.burst == 50)
        #expect(settings.admission.concurrent == 100)
        #expect(settings.admission.fleet.connectsPerSecond == 1000)
        #expect(settings.admission.fleet.concurrent == 500)
        #expect(settings.admission.fleet.burst == 250)
        #expect(settings.breaker.window == .seconds(30))
        #expect(settings.breaker.minAttempts == 10)
        #expect(settings.breaker.openAt == 0.5)
        #expect(settings.breaker.probeEvery == .seconds(5))
        #expect(settings.breaker.closeAfter == 3)
        let phases = PhaseSettings()
        #expect(settings.grantLife > phases.resolve + phases.connect + phases.tls + phases.upgrade + phases.register)
    }
}
