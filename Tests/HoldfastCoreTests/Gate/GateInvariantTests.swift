import HoldfastCore
import Testing

/// The gate against a second, naive account of what it may do, over long random runs.
@Suite("The gate over random runs")
struct GateInvariantTests {
    static let endpointCount = 5

    static func settings() -> GateSettings {
        var settings = GateSettings()
        settings.admission.connectsPerSecond = 20
        settings.admission.burst = 6
        settings.admission.concurrent = 8
        settings.admission.fleet.connectsPerSecond = 40
        settings.admission.fleet.concurrent = 20
        return settings
    }

    /// What the test knows by itself.
    struct Model {
        var waiting: [UInt32: (generation: UInt32, endpoint: Int, askedAt: Int)] = [:]
        var granted: [UInt32: (generation: UInt32, endpoint: Int)] = [:]
        var connects: [(at: Instant, endpoint: Int)] = []
        var asked = 0

        /// Most connects in any window that ends with the newest one, against burst + rate × window.
        func budgetHolds(perSecond: Int64, burst: Int64, endpoint: Int?) -> Bool {
            let of = connects.filter { endpoint == nil || $0.endpoint == endpoint }.suffix(400)
            guard let newest = of.last else { return true }
            for (index, connect) in of.enumerated() {
                let share = newest.at.since(connect.at).wholeNanoseconds * perSecond / 1_000_000_000
                if Int64(of.count - index) > burst + share { return false }
            }
            return true
        }
    }

    @Test("budgets, order and counts hold after every step", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func run(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var rig = GateRig(Self.settings())
        let endpoints = (0..<Self.endpointCount).map { rig.keeper.endpoint(named: "ws://\($0):1") }
        var model = Model()
        for _ in 0..<6_000 {
            rig.pass(generator.duration(from: .zero, to: .milliseconds(20)))
            let slot = UInt32.random(in: 0..<300, using: &generator)
            let endpoint = Int(slot) % Self.endpointCount
            if let out = model.granted[slot] {
                let outcomes: [AttemptOutcome] = [.succeeded, .endpointFailed, .accountFailed, .abandoned]
                rig.giveBack(
                    slot, outcomes[Int.random(in: 0..<4, using: &generator)], generation: out.generation)
                model.granted[slot] = nil
            } else if let asked = model.waiting[slot], Bool.random(using: &generator) {
                rig.giveBack(slot, .abandoned, generation: asked.generation)
                model.waiting[slot] = nil
            } else {
                let old = model.waiting[slot]
                let generation = (old?.generation ?? UInt32.random(in: 0...5, using: &generator)) + 1
                rig.ask([slot], endpoints[endpoint], generation: generation)
                model.asked += 1
                model.waiting[slot] = (generation, endpoint, old?.askedAt ?? model.asked)
            }
            check(rig.keeper.grants(at: rig.now, limit: 3), at: rig.now, &model)
            #expect(rig.keeper.waiting == model.waiting.count)
            #expect(rig.keeper.handshaking == model.granted.count)
        }
    }

    func check(_ tickets: [Ticket], at now: Instant, _ model: inout Model) {
        for ticket in tickets {
            let slot = ticket.account.slot
            guard let asked = model.waiting.removeValue(forKey: slot), asked.generation == ticket.generation else {
                Issue.record("\(ticket) was granted and not asked for")
                continue
            }
            let isFirst = model.waiting.values.allSatisfy {
                $0.endpoint != asked.endpoint || $0.askedAt > asked.askedAt
            }
            #expect(isFirst, "\(ticket) overtook somebody")
            model.granted[slot] = (ticket.generation, asked.endpoint)
            model.connects.append((now, asked.endpoint))
            let admission = Self.settings().admission
            #expect(model.granted.values.count { $0.endpoint == asked.endpoint } <= admission.concurrent)
            #expect(model.granted.count <= admission.fleet.concurrent)
            #expect(model.budgetHolds(perSecond: 20, burst: 6, endpoint: asked.endpoint))
            #expect(model.budgetHolds(perSecond: 40, burst: 10, endpoint: nil))
        }
    }

    @Test("called only at its own deadlines, it lets everybody through", arguments: [7, 8, 9] as [UInt64])
    func drains(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var rig = GateRig(Self.settings())
        let endpoints = (0..<Self.endpointCount).map { rig.keeper.endpoint(named: "ws://\($0):1") }
        let recovery = rig.now + .seconds(60)
        var connected: Set<UInt32> = []
        for slot in 0..<500 as Range<UInt32> { rig.ask([slot], endpoints[Int(slot) % Self.endpointCount]) }
        // When an attempt ends, or, for one ticket of ten, when the account that lost it asks again.
        var agenda: [(at: Instant, ticket: Ticket, isLost: Bool)] = []
        for _ in 0..<100_000 {
            guard let next = (agenda.map(\.at) + [rig.keeper.nextDeadline].compactMap { $0 }).min() else { break }
            rig.now = max(rig.now, next)
            let due = agenda.filter { $0.at <= rig.now }
            agenda.removeAll { $0.at <= rig.now }
            for (_, ticket, isLost) in due {
                let slot = ticket.account.slot
                let isFailure = isLost || (rig.now < recovery && Int.random(in: 0..<10, using: &generator) < 8)
                if !isLost { rig.giveBack(slot, isFailure ? .endpointFailed : .succeeded) }
                if isFailure {
                    rig.ask([slot], endpoints[Int(slot) % Self.endpointCount])
                } else {
                    connected.insert(slot)
                }
            }
            for ticket in rig.keeper.grants(at: rig.now) {
                let isLost = Int.random(in: 0..<10, using: &generator) == 0
                let time = isLost ? .seconds(61) : generator.duration(from: .milliseconds(1), to: .seconds(2))
                agenda.append((rig.now + time, ticket, isLost))
            }
        }
        #expect(connected.count == 500)
        #expect(rig.keeper.waiting == 0)
        #expect(rig.keeper.handshaking == 0)
        #expect(rig.keeper.counters.expired > 0)
        #expect(rig.keeper.counters.breakersOpened > 0)
        #expect(rig.keeper.counters.breakersOpened == rig.keeper.counters.breakersClosed)
        #expect(rig.keeper.nextDeadline == nil)
    }

    @Test("a hundred thousand tickets wait, leave and pass without the cost of each growing")
    func many() {
        var rig = GateRig(GateRig.open())
        let endpoints = (0..<10).map { rig.keeper.endpoint(named: "ws://\($0):1") }
        let count: UInt32 = 100_000
        for slot in 0..<count { rig.ask([slot], endpoints[Int(slot % 10)]) }
        for slot in stride(from: 0, to: count, by: 2) { rig.giveBack(slot, .abandoned) }
        var granted = 0
        while case let tickets = rig.keeper.grants(at: rig.now), !tickets.isEmpty { granted += tickets.count }
        #expect(granted == Int(count / 2))
        #expect(rig.keeper.waiting == 0)
    }
}
