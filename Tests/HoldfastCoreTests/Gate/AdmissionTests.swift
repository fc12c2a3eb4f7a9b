import HoldfastCore
import Testing

@Suite("Admission (F10)")
struct AdmissionTests {
    @Test("a wave gets its burst at once and then the rate")
    func wave() {
        var settings = GateRig.open()
        settings.admission.connectsPerSecond = 200
        settings.admission.burst = 50
        var rig = GateRig(settings)
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<5_000, endpoint)
        #expect(rig.take() == Array(0..<50))
        #expect(rig.keeper.nextDeadline == rig.now + .milliseconds(5))
        rig.pass(.seconds(1))
        // A whole second's share waits, but no more than the burst may begin in one instant.
        #expect(rig.take().count == 50)
        for _ in 0..<150 {
            rig.pass(.milliseconds(5))
            #expect(rig.take().count == 1)
        }
        #expect(rig.keeper.waiting == 5_000 - 250)
        #expect(rig.keeper.handshaking == 250)
    }

    @Test("no more handshakes at once than allowed, and each that ends lets the next one in")
    func concurrent() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 3 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<10, endpoint)
        #expect(rig.take() == [0, 1, 2])
        #expect(rig.take() == [])
        rig.giveBack(1, .succeeded)
        #expect(rig.take() == [3])
        rig.giveBack(0, .endpointFailed)
        rig.giveBack(2, .abandoned)
        #expect(rig.take() == [4, 5])
    }

    @Test("the fleet's budgets hold over all endpoints")
    func fleet() {
        var settings = GateRig.open()
        settings.admission.fleet.connectsPerSecond = 40
        settings.admission.fleet.concurrent = 15
        var rig = GateRig(settings)
        let endpoints = (0..<4).map { rig.keeper.endpoint(named: "ws://\($0):1") }
        for (number, endpoint) in endpoints.enumerated() {
            rig.ask(UInt32(number) * 100..<UInt32(number) * 100 + 100, endpoint)
        }
        #expect(rig.take().count == 10)
        rig.pass(.seconds(1))
        let more = rig.take()
        #expect(rig.keeper.handshaking <= 15)
        #expect(more.count == 4, "the last slot is kept for somebody who has none yet")
        let newcomer = rig.keeper.endpoint(named: "ws://new:1")
        rig.ask([900], newcomer)
        #expect(rig.take() == [900])
        #expect(rig.keeper.handshaking == 15)
        rig.ask([901], newcomer)
        #expect(rig.take() == [])
    }

    @Test("first come, first served; who failed asks again behind those who wait")
    func fifo() {
        var rig = GateRig(GateRig.open { $0.admission.concurrent = 1 })
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<4, endpoint)
        #expect(rig.take() == [0])
        rig.giveBack(0, .accountFailed)
        rig.ask([0], endpoint, generation: 2)
        var order: [UInt32] = []
        while let next = rig.take().first {
            order.append(next)
            rig.giveBack(next, .succeeded, generation: next == 0 ? 2 : 1)
        }
        #expect(order == [1, 2, 3, 0])
    }

    @Test("endpoints take turns, so a wave at one does not starve another")
    func roundRobin() {
        var settings = GateRig.open()
        settings.admission.fleet.connectsPerSecond = 4
        var rig = GateRig(settings)
        let (big, small) = (rig.keeper.endpoint(named: "ws://a:1"), rig.keeper.endpoint(named: "ws://b:1"))
        rig.ask(0..<10_000, big)
        #expect(rig.take() == [0])
        rig.ask(20_000..<20_003, small)
        var order: [UInt32] = []
        for _ in 0..<6 {
            rig.pass(.milliseconds(250))
            order += rig.take()
        }
        #expect(order.filter { $0 >= 20_000 }.count == 3)
        #expect(order.filter { $0 < 20_000 } == [1, 2, 3])
    }

    @Test("dead endpoints full of hanging handshakes leave a slot for a live one")
    func hangingEndpoints() {
        var rig = GateRig(GateRig.open { $0.admission = AdmissionSettings() })
        for number in 0..<20 as Range<UInt32> {
            let endpoint = rig.keeper.endpoint(named: "ws://dead-\(number):1")
            rig.ask(number * 1_000..<number * 1_000 + 1_000, endpoint)
        }
        for _ in 0..<200 {
            rig.pass(.milliseconds(50))
            _ = rig.take()
        }
        #expect(rig.keeper.handshaking > 450)
        let live = rig.keeper.endpoint(named: "ws://live:1")
        rig.ask([50_000], live)
        #expect(rig.take() == [50_000])
        #expect(rig.keeper.handshaking <= 500)
    }

    @Test("a batch is bounded, and what is left over is due at once")
    func batches() {
        var rig = GateRig(GateRig.open())
        let endpoint = rig.keeper.endpoint(named: "ws://a:1")
        rig.ask(0..<100, endpoint)
        #expect(rig.keeper.grants(at: rig.now, limit: 30).count == 30)
        #expect(rig.keeper.nextDeadline.map { $0 <= rig.now } == true)
        #expect(rig.keeper.grants(at: rig.now, limit: 0) == [])
        #expect(rig.keeper.grants(at: rig.now).count == 70)
    }

    @Test("where only a slot that comes back helps, the gate does not ask to be called at once for ever")
    func noBusyLoop() {
        var settings = GateRig.open()
        settings.admission.fleet.concurrent = 5
        var rig = GateRig(settings)
        let endpoints = (0..<3).map { rig.keeper.endpoint(named: "ws://\($0):1") }
        for (number, endpoint) in endpoints.enumerated() {
            rig.ask(UInt32(number) * 10..<UInt32(number) * 10 + 10, endpoint)
        }
        #expect(rig.take() != [])
        #expect(rig.take() == [])
        #expect(rig.keeper.nextDeadline == rig.now + GateSettings().grantLife)
    }
}
