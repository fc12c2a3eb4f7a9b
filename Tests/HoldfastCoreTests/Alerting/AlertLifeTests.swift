import HoldfastCore
import Testing

@Suite("The life of an alert")
struct AlertLifeTests {
    private func calm(_ accounts: Int = 100) -> AlertBench { EndpointAlertTests.calm(accounts) }

    @Test(
        "5 000 accounts lose their gateway, it flaps five times in ten minutes and comes back: one cause, one recovery")
    func flap() throws {
        var bench = calm(5_000)
        let well = (0..<5_000).filter { $0 != 42 }
        bench.lose(0..<5_000)
        bench.run(.seconds(300), step: .seconds(2))
        for _ in 0..<5 {
            bench.connect(well)
            bench.run(.seconds(60), step: .seconds(2))
            bench.lose(well)
            bench.run(.seconds(60), step: .seconds(2))
        }
        bench.connect(well)
        bench.run(.seconds(1_200), step: .seconds(5))
        let endpoint = bench.messages.filter { $0.cause.kind == .endpoint }
        #expect(endpoint.map(\.kind) == [.firing, .resolved])
        // The account that stays away is found although the endpoint was ill, and told of once.
        let sick = bench.messages.filter { $0.cause.kind != .endpoint }
        #expect(sick.map(\.scope) == [.account("shop-42")])
        bench.connect([42])
        bench.run(.seconds(600), step: .seconds(5))
        #expect(bench.messages.count == 4, "\(bench.told)")
        #expect(bench.engine.alerts.isEmpty)
    }

    @Test("one whose credential is rejected is found while its gateway flaps")
    func sickMeanwhile() throws {
        var bench = calm(500)
        bench.lose(0..<500)
        bench.run(.seconds(120))
        bench.fail(42, by: AlertBench.rejected)
        bench.change(42) {
            $0.isQuarantined = true
            $0.state = .failed
        }
        bench.run(.seconds(60))
        #expect(bench.messages.map(\.rule) == [.connectedShare, .accountQuarantined])
    }

    @Test("what lasts is told again every four hours")
    func repeats() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(9 * 3_600), step: .seconds(30))
        #expect(bench.messages.map(\.kind) == [.firing, .repeat, .repeat])
        let times = bench.messages.map(\.at)
        #expect(times[2].since(times[1]) >= .seconds(4 * 3_600))
        #expect(Set(bench.messages.map(\.id)).count == 3)
    }

    @Test("nobody is told of what is silenced, until the silence is over")
    func silence() {
        var bench = calm()
        bench.engine.setSilences([
            Silence(
                id: "s1", match: Silence.Match(account: "shop-*"), startsAt: bench.now.wall,
                endsAt: bench.now.wall + .seconds(3_600))
        ])
        bench.lose([7])
        bench.run(.seconds(3_000))
        #expect(bench.told == [])
        #expect(bench.engine.alerts.map(\.suppression) == [.silenced(by: "s1")])
        bench.run(.seconds(700))
        #expect(bench.messages.map(\.kind) == [.firing])
    }

    @Test("who was told that it began is told that it is over, silence or not")
    func silencedRecovery() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(300))
        bench.engine.setSilences([
            Silence(
                id: "s1", match: Silence.Match(), startsAt: bench.now.wall, endsAt: bench.now.wall + .seconds(86_400))
        ])
        bench.run(.seconds(6 * 3_600), step: .seconds(30))
        bench.connect([7])
        bench.run(.seconds(300))
        #expect(bench.messages.map(\.kind) == [.firing, .resolved])
    }

    @Test("what began and ended in silence is told of by nobody, and is history")
    func silent() {
        var bench = calm()
        bench.engine.setSilences([
            Silence(
                id: "s1", match: Silence.Match(rule: .accountDown), startsAt: bench.now.wall,
                endsAt: bench.now.wall + .seconds(86_400))
        ])
        bench.lose([7])
        bench.run(.seconds(600))
        bench.connect([7])
        bench.run(.seconds(600))
        #expect(bench.told == [])
        #expect(bench.kept.values.map(\.isActive) == [false])
    }

    struct Fit: Sendable {
        var match: Silence.Match
        var fits: Bool
    }

    @Test(
        "a silence fits what it names",
        arguments: [
            Fit(match: Silence.Match(), fits: true),
            Fit(match: Silence.Match(rule: .accountDown), fits: true),
            Fit(match: Silence.Match(rule: .accountSlow), fits: false),
            Fit(match: Silence.Match(severity: .warning), fits: false),
            Fit(match: Silence.Match(endpoint: "ws://gateway-*"), fits: true),
            Fit(match: Silence.Match(endpoint: "wss://*"), fits: false),
            Fit(match: Silence.Match(account: "shop-7"), fits: false),
            Fit(match: Silence.Match(account: "shop-*"), fits: true),
            Fit(match: Silence.Match(account: "*op*-*"), fits: true),
            Fit(match: Silence.Match(account: "*op"), fits: false),
            Fit(match: Silence.Match(account: ""), fits: false),
            Fit(match: Silence.Match(rule: .accountDown, account: "s*"), fits: true),
        ])
    func fits(_ one: Fit) {
        var alert = Alert(
            cause: AlertCause(.accountDown, endpoint: "ws://gateway-0:80"), scope: .endpoint("ws://gateway-0:80"),
            figures: [AlertFigure(.accountDown, value: 130, threshold: 120, samples: 1)],
            startsAt: AlertBench.start.wall)
        alert.sample = ["shop-7", "shop-8"]
        #expect(one.match.fits(alert) == one.fits)
    }

    // MARK: Restarts

    @Test("killed and started again during an outage: nothing is repeated, and the recovery is told")
    func restart() {
        var bench = calm(812)
        bench.lose(0..<812)
        bench.run(.seconds(300))
        #expect(bench.messages.count == 1)
        for _ in 0..<3 {
            bench.restart()
            // The breaker lets few of them try.
            for account in 0..<20 { bench.fail(account, by: AlertBench.refused) }
            bench.run(.seconds(500))
        }
        #expect(bench.messages.count == 1, "\(bench.told)")
        bench.connect(0..<812)
        bench.run(.seconds(900))
        #expect(bench.messages.map(\.kind) == [.firing, .resolved])
        #expect(Set(bench.messages.map(\.alert)).count == 1)
    }

    @Test("an account that was told of before a restart is not told of again", arguments: [1, 3, 150])
    func restartWithSick(count: Int) {
        var bench = calm(1_000)
        bench.lose(0..<count)
        bench.run(.seconds(300))
        #expect(bench.messages.count == 1)
        bench.restart()
        bench.connect(count..<1_000)
        for account in 0..<count { bench.fail(account, by: AlertBench.refused) }
        bench.run(.seconds(1_200))
        #expect(bench.messages.count == 1, "\(bench.told)")
        bench.connect(0..<count)
        bench.run(.seconds(600))
        #expect(bench.messages.map(\.kind) == [.firing, .resolved])
    }

    @Test("an account that is named by two alerts when the process ends is part of one of them, and both end")
    func restartWithNameTwice() {
        var bench = calm()
        func quarantine(_ account: Int, _ isQuarantined: Bool) {
            bench.change(account) {
                $0.isQuarantined = isQuarantined
                $0.isSickByItself = isQuarantined
                $0.state = isQuarantined ? .failed : .connected
            }
        }
        quarantine(7, true)
        quarantine(8, true)
        while bench.messages.isEmpty { bench.run(.seconds(1)) }
        bench.run(.seconds(301))
        quarantine(7, false)
        bench.run(.seconds(1))
        quarantine(7, true)
        bench.run(.seconds(40))
        #expect(bench.kept.values.count { $0.sample.contains("shop-7") } == 2, "or there is nothing to be seen here")
        bench.restart()
        for account in [7, 8] { quarantine(account, true) }
        bench.run(.seconds(60))
        bench.connect((0..<100).filter { $0 != 7 && $0 != 8 })
        for account in [7, 8] { quarantine(account, false) }
        bench.run(.seconds(900))
        #expect(bench.messages.map(\.kind) == [.firing, .firing, .resolved, .resolved], "\(bench.told)")
        #expect(bench.engine.alerts.isEmpty)
    }

    @Test("who was part of an alert is known after a restart, before they have been seen again")
    func restartWithNames() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(300))
        bench.restart()
        bench.run(.seconds(1))
        #expect(bench.engine.alerts.map(\.sample) == [["shop-7"]])
        #expect(bench.engine.alerts.map(\.affected) == [1])
    }

    @Test("an endpoint's alert goes on over a restart while there is too little to judge by")
    func restartWithLittle() {
        var bench = calm()
        var half = EndpointTotals()
        half.beats = 10
        half.missedBeats = 6
        bench.perSecond[0] = half
        bench.run(.seconds(600))
        #expect(bench.messages.map(\.kind) == [.firing])
        bench.perSecond = [:]
        bench.restart()
        bench.connect(0..<100)
        bench.run(.seconds(30))
        #expect(bench.engine.alerts.map(\.figures.first?.rule) == [.heartbeatMisses])
        bench.perSecond[0] = half
        bench.run(.seconds(600))
        #expect(bench.messages.map(\.kind) == [.firing], "\(bench.told)")
    }

    @Test("what was over when the process began again is told as over")
    func overMeanwhile() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(300))
        bench.restart(downFor: .seconds(600))
        bench.connect(0..<100)
        bench.run(.seconds(900))
        #expect(bench.messages.map(\.kind) == [.firing, .resolved])
    }

    @Test("an account that is no longer declared when the process begins again is over")
    func removedMeanwhile() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(300))
        bench.remove(7)
        bench.messages = []
        // Ended before it could be kept: the register still has it as it was.
        var kept = bench.kept
        for id in kept.keys { kept[id]?.endsAt = nil }
        bench.kept = kept
        bench.restart()
        bench.connect((0..<100).filter { $0 != 7 })
        bench.run(.seconds(900))
        #expect(bench.messages.map(\.kind) == [.resolved])
    }

    @Test("a clock that was set back does not silence the repetition")
    func clock() {
        var bench = calm()
        bench.lose([7])
        bench.run(.seconds(300))
        for id in bench.kept.keys { bench.kept[id]?.told?.at = bench.now.wall + .seconds(30 * 86_400) }
        bench.restart()
        bench.connect((0..<100).filter { $0 != 7 })
        bench.fail(7, by: AlertBench.refused)
        bench.run(.seconds(9 * 3_600), step: .seconds(30))
        #expect(bench.messages.map(\.kind).contains(.repeat))
    }
}
