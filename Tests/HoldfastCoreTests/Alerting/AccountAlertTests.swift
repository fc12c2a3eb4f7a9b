import HoldfastCore
import Testing

@Suite("Alerts about single accounts")
struct AccountAlertTests {
    private func calm(_ accounts: Int = 100) -> AlertBench { EndpointAlertTests.calm(accounts) }

    @Test("an account that is down for two minutes is told of, and its recovery")
    func down() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(120))
        #expect(bench.told == [])
        bench.run(.seconds(60))
        #expect(bench.told == ["firing account_down account 1/100"])
        #expect(bench.messages.first?.scope == .account("shop-7"))
        #expect(bench.messages.first?.severity == .critical)
        bench.connect([7])
        bench.run(.seconds(60))
        #expect(bench.messages.count == 1, "it is not called well at once")
        bench.run(.seconds(120))
        #expect(bench.told.last == "resolved account_down account 1/100")
    }

    @Test("accounts that fall ill together are one message")
    func together() {
        var bench = calm()
        bench.lose([3, 5])
        bench.run(.seconds(20))
        bench.lose([4])
        bench.run(.seconds(300))
        #expect(bench.told == ["firing account_down endpoint 3/100"])
        #expect(bench.messages.first?.sample == ["shop-3", "shop-4", "shop-5"])
    }

    @Test("one that falls ill later is an alert of its own, with an end of its own")
    func later() {
        var bench = calm()
        bench.lose([3])
        bench.run(.seconds(3_600), step: .seconds(10))
        bench.lose([4])
        bench.run(.seconds(300))
        #expect(bench.messages.map(\.sample) == [["shop-3"], ["shop-4"]])
        bench.connect([4])
        bench.run(.seconds(300))
        #expect(bench.messages.last?.kind == .resolved)
        #expect(bench.messages.last?.sample == ["shop-4"])
    }

    @Test("accounts that fall ill one after the other are gathered")
    func trickle() {
        var bench = calm(1_000)
        for account in 0..<60 {
            bench.lose([account])
            bench.run(.seconds(10))
        }
        bench.run(.seconds(900))
        #expect(bench.messages.count <= 5, "\(bench.told)")
        #expect(bench.messages.reduce(0) { $0 + $1.affected } == 60)
    }

    @Test("a fleet too small for an endpoint's verdict is told of by its accounts, in one message")
    func small() {
        var bench = calm(3)
        bench.lose(0..<3)
        bench.run(.seconds(600))
        #expect(bench.told == ["firing account_down endpoint 3/3"])
    }

    @Test("seven losses in ten minutes are a warning, six are not", arguments: [6, 7])
    func flapping(losses: Int) {
        var bench = calm()
        for _ in 0..<losses {
            bench.lose([7])
            bench.run(.seconds(5))
            bench.connect([7])
            bench.run(.seconds(60))
        }
        bench.run(.seconds(90))
        #expect(bench.messages.map(\.rule) == (losses > 6 ? [.accountFlapping] : []))
        bench.run(.seconds(1_200))
        #expect(bench.messages.map(\.kind) == (losses > 6 ? [.firing, .resolved] : []))
    }

    @Test("what all lose together is no account's flapping")
    func lostTogether() {
        var bench = calm()
        for _ in 0..<9 {
            bench.lose(0..<100)
            bench.run(.seconds(5))
            bench.connect(0..<100)
            bench.run(.seconds(50))
        }
        bench.run(.seconds(600))
        #expect(bench.told == [])
    }

    @Test("a slow account is a warning of its own, unless all are slow")
    func slow() {
        var bench = calm()
        bench.change(7) { $0.replySeconds = 6 }
        bench.run(.seconds(60))
        #expect(bench.told == ["firing account_slow account 1/100"])
        bench.change(7) { $0.replySeconds = 1 }
        bench.run(.seconds(60))
        #expect(bench.messages.last?.kind == .resolved)
        var growth = EndpointTotals()
        growth.replies = 5
        growth.replySeconds = 40
        bench.perSecond[0] = growth
        bench.run(.seconds(30))
        for account in 0..<100 { bench.change(account) { $0.replySeconds = 8 } }
        bench.run(.seconds(300))
        #expect(bench.told.dropFirst(2) == ["firing slow_replies endpoint 0/100"])
    }

    @Test("a quarantined account is told of until it is released")
    func quarantined() {
        var bench = calm()
        bench.fail(7, by: AlertBench.rejected)
        bench.change(7) {
            $0.isQuarantined = true
            $0.state = .failed
        }
        bench.run(.seconds(600))
        #expect(bench.told == ["firing account_quarantined account 1/100"])
        #expect(bench.messages.first?.detail == "auth.register_401")
        bench.change(7) { $0.isQuarantined = false }
        bench.connect([7])
        bench.run(.seconds(10))
        #expect(bench.messages.last?.kind == .resolved)
    }

    @Test("one that is switched off or removed is no longer ill", arguments: [true, false])
    func gone(isRemoved: Bool) {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(300))
        if isRemoved { bench.remove(7) } else { bench.change(7) { $0.isEnabled = false } }
        bench.run(.seconds(10))
        #expect(bench.messages.map(\.kind) == [.firing, .resolved])
        bench.run(.seconds(600))
        #expect(bench.messages.count == 2)
    }

    @Test("accounts without a descriptor are told of as that")
    func descriptors() {
        var bench = calm(9)
        bench.engine.observe(.descriptors, problem: "limit 1024")
        bench.lose(0..<9)
        for account in 0..<9 { bench.fail(account, by: Failure.classify(.outOfDescriptors, phase: .connect)) }
        bench.run(.seconds(600))
        #expect(bench.messages.map(\.rule) == [.descriptors])
    }

    @Test("however many endpoints have a sick account, the alerts are bounded, and every account is told of")
    func bounded() {
        var bench = AlertBench()
        let limit = AlertSettings.accountAlertsLimit
        let sick = limit + 50
        for account in 0..<sick { bench.add(account..<(account + 1), at: UInt32(account)) }
        // Enough others that the fleet is well.
        bench.add(sick..<(sick * 4), at: UInt32(sick))
        bench.connect(0..<(sick * 4))
        bench.run(.seconds(600), step: .seconds(10))
        bench.lose(0..<sick)
        bench.run(.seconds(300), step: .seconds(2))
        #expect(bench.messages.count == limit + 1)
        #expect(bench.messages.reduce(0) { $0 + $1.affected } == sick)
    }
}
