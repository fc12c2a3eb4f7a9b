import HoldfastCore
import Testing

@Suite("The budget of logins")
struct RenewalGateTests {
    private let start = Instant(nanoseconds: 0)
    private let endpoint: EndpointID
    private let other: EndpointID

    init() {
        var keeper = GateKeeper()
        endpoint = keeper.endpoint(named: "ws://a:1")
        other = keeper.endpoint(named: "ws://b:1")
    }

    private func account(_ number: UInt32) -> AccountKey {
        AccountKey(lane: 0, slot: number)
    }

    @Test("a thousand accounts that want a login in the same instant get five per second, ten at once")
    func wave() {
        var gate = RenewalGate()
        for number in 0..<1000 { gate.request(account(UInt32(number)), at: endpoint) }
        var now = start
        var begun: [Instant] = []
        var running: [(AccountKey, Instant)] = []
        while begun.count < 1000 {
            for (account, end) in running where end <= now { gate.finished(account) }
            running.removeAll { $0.1 <= now }
            for account in gate.grants(at: now, isLeftAlone: { _ in false }) {
                begun.append(now)
                running.append((account, now + .seconds(3)))
            }
            #expect(running.count <= 10)
            now = now + .milliseconds(100)
        }
        for (index, instant) in begun.enumerated() where index + 6 < begun.count {
            #expect(begun[index + 6].since(instant) >= .seconds(1))
        }
        #expect(gate.waiting == 0)
    }

    @Test("one login at a time per account")
    func single() {
        var gate = RenewalGate()
        gate.request(account(1), at: endpoint)
        gate.request(account(1), at: endpoint)
        let first = gate.grants(at: start, isLeftAlone: { _ in false })
        #expect(first == [account(1)])
        gate.request(account(1), at: endpoint)
        let second = gate.grants(at: start + .seconds(10), isLeftAlone: { _ in false })
        #expect(second.isEmpty)
        gate.finished(account(1))
        gate.request(account(1), at: endpoint)
        let third = gate.grants(at: start + .seconds(20), isLeftAlone: { _ in false })
        #expect(third == [account(1)])
    }

    @Test("no login for an endpoint that is left alone; the others go on, and it keeps its place")
    func breaker() {
        var gate = RenewalGate()
        gate.request(account(1), at: endpoint)
        gate.request(account(2), at: other)
        let closed = endpoint
        let first = gate.grants(at: start, isLeftAlone: { $0 == closed })
        #expect(first == [account(2)])
        #expect(gate.nextDeadline(after: start) != nil)
        let second = gate.grants(at: start + .seconds(1), isLeftAlone: { _ in false })
        #expect(second == [account(1)])
    }

    @Test("who waits for an endpoint keeps the place in which it asked, however often others had their turn meanwhile")
    func place() {
        var gate = RenewalGate()
        let closed = endpoint
        for number in UInt32(1)...6 { gate.request(account(number), at: number % 2 == 1 ? endpoint : other) }
        var now = start
        var order: [AccountKey] = []
        for step in 0..<10 {
            now = now + .seconds(1)
            let granted = gate.grants(at: now) { $0 == closed && step < 2 }
            order += granted
            for account in granted { gate.finished(account) }
        }
        #expect(order == [2, 4, 1, 3, 5, 6].map { account($0) })
        #expect(gate.waiting == 0)
    }

    @Test("a login that is never heard of again gives its share back")
    func lost() {
        var settings = RenewalSettings()
        settings.concurrent = 1
        var gate = RenewalGate(settings)
        gate.request(account(1), at: endpoint)
        gate.request(account(2), at: endpoint)
        _ = gate.grants(at: start, isLeftAlone: { _ in false })
        let early = gate.grants(at: start + .seconds(299), isLeftAlone: { _ in false })
        #expect(early.isEmpty)
        #expect(gate.nextDeadline(after: start) == start + .seconds(300))
        let late = gate.grants(at: start + .seconds(300), isLeftAlone: { _ in false })
        #expect(late == [account(2)])
        #expect(gate.underWay == 1)
    }

    @Test("another budget holds for those who wait already")
    func otherBudget() {
        var gate = RenewalGate()
        for number in UInt32(1)...100 { gate.request(account(number), at: endpoint) }
        #expect(gate.grants(at: start, isLeftAlone: { _ in false }).count == 1)
        var more = RenewalSettings()
        more.concurrent = 50
        more.perSecond = 1_000
        gate.apply(more, at: start)
        for step in 1...100 { _ = gate.grants(at: start + .milliseconds(step), isLeftAlone: { _ in false }) }
        #expect(gate.underWay == 50)
    }

    @Test("who does not want it any more is forgotten")
    func withdrawn() {
        var gate = RenewalGate()
        gate.request(account(1), at: endpoint)
        gate.finished(account(1))
        let granted = gate.grants(at: start, isLeftAlone: { _ in false })
        #expect(granted.isEmpty)
        #expect(gate.waiting == 0)
        #expect(gate.nextDeadline(after: start) == nil)
    }
}
