import HoldfastCore
import HoldfastLab
import Testing

@Suite("Alerts, in virtual time")
struct AlertWorldTests {
    /// A world whose sessions are looked at by an alert engine once a second, as the desk does it.
    private struct Watched {
        var world: World
        let endpoint: Int
        var engine: AlertEngine
        var messages: [AlertNotification] = []
        private var known: [AccountEvidence?]
        private var failedAt: [WallTime?]
        private var totals = EndpointTotals()
        private var now = Moment(
            instant: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))

        init(seed: UInt64, accounts: Int) {
            world = World(seed: seed)
            endpoint = world.addEndpoint()
            world.addAccounts(accounts, at: endpoint)
            engine = AlertEngine(at: now)
            known = Array(repeating: nil, count: accounts)
            failedAt = Array(repeating: nil, count: accounts)
        }

        mutating func run(for duration: Duration) {
            for _ in 0..<(duration.wholeMilliseconds / 1_000) {
                world.run(for: .seconds(1))
                now = now + .seconds(1)
                for account in known.indices { look(account) }
                totals.beats = UInt64(world.figures.heartbeats)
                totals.missedBeats = UInt64(world.figures.misses)
                totals.attempts = totals.failedAttempts + UInt64(world.figures.registrations)
                engine.observe(0, name: "ws://gateway", totals)
                messages += engine.everySecond(at: now).notifications
            }
        }

        private mutating func look(_ account: Int) {
            guard let session = world.session(of: account) else { return }
            let key = AccountKey(lane: 0, slot: UInt32(account))
            if session.lastFailureAt != failedAt[account], let failure = session.lastFailure {
                failedAt[account] = session.lastFailureAt
                let isLoss = known[account]?.state == .connected
                if !isLoss { totals.failedAttempts += 1 }
                engine.failed(key, failure, lostConnection: isLoss, at: now.instant)
            }
            let evidence = AccountEvidence(
                id: "shop-\(account)", endpoint: 0, endpointName: "ws://gateway", isEnabled: session.isEnabled,
                isQuarantined: session.quarantine != nil, state: session.state, failures: Int(session.failures))
            guard evidence != known[account] else { return }
            known[account] = evidence
            engine.observe(key, evidence, at: now.instant)
        }

        mutating func takeDown() {
            world.plan(.weather(endpoint: endpoint, Weather(connecting: .refuse)), after: .zero)
            world.plan(.drop(endpoint: endpoint, share: 1, .endOfStream), after: .zero)
        }

        mutating func bringUp() { world.plan(.weather(endpoint: endpoint, .fair), after: .zero) }
    }

    @Test("a gateway goes, flaps five times in ten minutes and comes back: one cause, one recovery", arguments: [1, 2])
    func flap(seed: UInt64) {
        var watched = Watched(seed: seed, accounts: 500)
        watched.run(for: .seconds(600))
        #expect(watched.messages.isEmpty)
        watched.takeDown()
        watched.run(for: .seconds(300))
        for _ in 0..<5 {
            watched.bringUp()
            watched.run(for: .seconds(60))
            watched.takeDown()
            watched.run(for: .seconds(60))
        }
        watched.bringUp()
        watched.run(for: .seconds(1_500))
        #expect(watched.world.connected == 500)
        #expect(watched.messages.map(\.kind) == [.firing, .resolved], "\(watched.messages)")
        #expect(watched.messages.allSatisfy { $0.rule == .connectedShare })
        #expect(watched.engine.alerts.isEmpty)
    }

    @Test("a gateway that is restarted and back within a minute is nobody's business")
    func gatewayRestart() {
        var watched = Watched(seed: 3, accounts: 500)
        watched.run(for: .seconds(600))
        watched.takeDown()
        watched.run(for: .seconds(40))
        watched.bringUp()
        watched.run(for: .seconds(900))
        #expect(watched.world.connected == 500)
        #expect(watched.messages.isEmpty, "\(watched.messages)")
    }
}
