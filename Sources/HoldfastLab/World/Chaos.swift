internal import HoldfastCore

/// A world in which everything that can go wrong does, drawn from a seed: several gateways with changing weather, accounts
/// with different policies, operators who press every button, a process that stands still, wake-ups and grants that are
/// lost. Afterwards everything is made well, and everybody must come back.
public struct Chaos: Sendable {
    public private(set) var world: World
    /// How long the trouble lasts.
    public let trouble: Duration

    private var generator: SeededGenerator

    public init(seed: UInt64, trouble: Duration = .seconds(2_400)) {
        self.init(seed: seed, trouble: trouble, judgedShare: 1)
    }

    /// - Parameter judgedShare: `WorldSettings.judgedShare`
    package init(seed: UInt64, trouble: Duration = .seconds(2_400), judgedShare: Double) {
        generator = SeededGenerator(seed: seed ^ 0xC4A0_5000)
        self.trouble = trouble
        var settings = WorldSettings()
        settings.judgedShare = judgedShare
        settings.gate.admission.connectsPerSecond = Double.random(in: 2...50, using: &generator)
        settings.gate.admission.burst = Int.random(in: 1...10, using: &generator)
        settings.gate.admission.concurrent = Int.random(in: 2...20, using: &generator)
        settings.gate.admission.fleet.connectsPerSecond = Double.random(in: 4...60, using: &generator)
        settings.gate.admission.fleet.concurrent = Int.random(in: 4...40, using: &generator)
        // One world in two has faults of our own, too.
        if Bool.random(using: &generator) {
            settings.lostWakes = 0.02
            settings.lostGrants = 0.02
            settings.lostReleases = 0.2
        }
        settings.renewals = [
            .renewed(lifetime: nil), .renewed(lifetime: .seconds(300)), .tryLater, .rejected, .needsPerson,
        ]
        settings.renewalBudget.concurrent = Int.random(in: 1...5, using: &generator)
        settings.renewalBudget.perSecond = Double.random(in: 0.5...5, using: &generator)
        world = World(seed: seed, settings)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let endpoint = world.addEndpoint()
            for _ in 0..<3 {
                world.addAccounts(Int.random(in: 0...8, using: &generator), at: endpoint, settings: drawPolicy())
            }
        }
        planTrouble()
    }

    /// Lives through the trouble, then makes everything well and waits until all are back, and until whoever was called has been
    /// told so. False if somebody stays away.
    public mutating func run() -> Bool {
        world.run(for: trouble)
        world.setRenewals([.renewed(lifetime: nil)])
        world.plan(.disk(isFull: false, delay: .zero), after: .zero)
        for endpoint in 0..<Self.endpointLimit { world.plan(.weather(endpoint: endpoint, .fair), after: .zero) }
        for second in [1, 40, 80] {
            // A person looks at whatever waits for one; what is being released hears it the second time.
            world.plan(.commandAll(.enable), after: .seconds(second))
            world.plan(.commandAll(.release), after: .seconds(second + 1))
            for account in 0..<world.accountCount {
                world.plan(.credentialChanged(account: account), after: .seconds(second + 2))
            }
        }
        world.run(for: Self.attention)
        recovery = world.runUntilAllConnected(within: .seconds(3_600)).map { Self.attention + $0 }
        guard let recovery, recovery <= recoveryBound else { return false }
        world.run(for: AlertJudge.endsWithin(AlertSettings()))
        world.checkAlertsAreOver()
        return true
    }

    /// How long it took from the end of the trouble until everybody was back; nil before that, and if somebody stayed away.
    public private(set) var recovery: Duration?

    /// For so long a person looks at what waits for one.
    private static let attention = Duration.seconds(120)

    /// The latest at which everybody must be back, counted from the end of the trouble: the time in which a person looks, the
    /// longest delay, an attempt that meets a deadline in its last phase, three probes of a breaker, everybody's turn at the
    /// slowest rate; and with faults of our own, the time until a lost wake-up, grant or release is found, three times in a row.
    public var recoveryBound: Duration {
        let gate = world.settings.gate
        let rate = min(gate.admission.connectsPerSecond, gate.admission.fleet.connectsPerSecond)
        let breaker = gate.breaker.window + gate.breaker.probeEvery * gate.breaker.closeAfter
        let turns = Duration.seconds(2 * Double(world.accountCount) / rate)
        let found = SweepSettings.askAgainAfter + SweepSettings.interval + SweepSettings.tolerance
        let ours = world.settings.lostWakes > 0 ? found * 3 + gate.grantLife : .zero
        return Self.attention + RetrySettings().network.cap + .seconds(45) + breaker + turns + ours
    }

    private static let endpointLimit = 4

    private mutating func drawPolicy() -> SessionSettings {
        var heartbeat = HeartbeatSettings()
        heartbeat.mode = pick(HeartbeatSettings.Mode.allCases) ?? .adaptive
        heartbeat.maxInterval = pick([.seconds(15), .seconds(45)]) ?? heartbeat.interval
        var retry = RetrySettings()
        retry.jitter = pick(RetrySettings.Jitter.allCases) ?? .full
        var recovery = RecoverySettings()
        recovery.canRenew = Bool.random(using: &generator)
        recovery.refreshEvery = .seconds(900)
        recovery.climb = pick([[], [.auth, .dropped, .protocol], Set(FailureClass.allCases)]) ?? []
        return SessionSettings(heartbeat: heartbeat, retry: retry, recovery: recovery)
    }

    private mutating func planTrouble() {
        guard world.accountCount > 0 else { return }
        for _ in 0..<120 {
            let when = generator.duration(from: .zero, to: trouble)
            world.plan(drawAction(), after: when)
        }
    }

    private mutating func drawAction() -> WorldAction {
        let account = Int.random(in: 0..<world.accountCount, using: &generator)
        let endpoint = Int.random(in: 0..<Self.endpointLimit, using: &generator)
        switch Int.random(in: 0..<27, using: &generator) {
        case 21: return .restart(after: generator.duration(from: .zero, to: .seconds(20)))
        case 22: return .expireTokens(endpoint: endpoint, share: Double.random(in: 0...1, using: &generator))
        case 23: return .logins(drawLogins())
        case 24: return drawDisk()
        case 25:
            let share = Double.random(in: 0...1, using: &generator)
            return .weatherForSome(endpoint: endpoint, share: share, drawWeather())
        case 0..<7: return .weather(endpoint: endpoint, drawWeather())
        case 7..<10: return .drop(endpoint: endpoint, share: 0.5, drawCause())
        case 10..<15: return .command(account: account, pick(SessionCommand.allCases) ?? .reconnect)
        case 15: return .credentialChanged(account: account)
        case 16: return .message(account: account)
        case 17: return .pauseReading(account: account, generator.duration(from: .zero, to: .seconds(90)))
        case 19: return .askToReconnect(endpoint: endpoint, within: generator.duration(from: .zero, to: .seconds(60)))
        case 18: return .freeze(generator.duration(from: .milliseconds(1), to: .seconds(60)))
        default: return .commandAll(pick([.enable, .reconnect, .restart]) ?? .enable)
        }
    }

    private mutating func drawWeather() -> Weather {
        var weather = Weather.fair
        weather.repliesAreUnnamed = Bool.random(using: &generator)
        weather.dictates = pick([nil, nil, .seconds(2), .seconds(41)]) ?? nil
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: weather = .blackHole
        case 1: weather = .mute
        case 8: weather = .deaf
        case 9: (weather.replyTime.shortest, weather.replyTime.longest) = (.seconds(1), .seconds(7))
        case 10: weather.capacity = Weather.Capacity(handshakesPerSecond: 0.5)
        case 11: weather.connecting = .refuseUpgrade(status: 429, retryAfter: .seconds(30))
        case 2: weather.registering = pick([.reject(code: 401), .reject(code: 500), .ignore]) ?? .accept
        case 3:
            weather.ending = Weather.Ending(
                after: generator.duration(from: .zero, to: .seconds(90)), cause: drawCause())
        case 4: weather.answering = .negative
        case 5: (weather.replyTime.spikeShare, weather.replyTime.spike) = (0.3, .seconds(12))
        case 6:
            weather.connecting =
                pick([
                    .refuse, .drop, .unknownName, .badCertificate, .stall(.tls), .stall(.upgrade),
                    .refuseUpgrade(status: 503, retryAfter: .seconds(20)), .refuseUpgrade(status: 401, retryAfter: nil),
                ]) ?? .refuse
        default: break
        }
        return weather
    }

    /// What logins come to for a while: everything, or one thing only.
    private mutating func drawLogins() -> [RenewalOutcome] {
        pick([
            [.renewed(lifetime: nil), .renewed(lifetime: .seconds(300)), .tryLater, .rejected, .needsPerson],
            [.tryLater], [.renewed(lifetime: .seconds(300))], [.rejected], [.renewed(lifetime: nil)],
        ]) ?? [.tryLater]
    }

    private mutating func drawDisk() -> WorldAction {
        pick([
            .disk(isFull: true, delay: .zero), .disk(isFull: false, delay: .seconds(3)),
            .disk(isFull: false, delay: .zero),
        ]) ?? .disk(isFull: false, delay: .zero)
    }

    private mutating func drawCause() -> FailureCause {
        pick([
            .endOfStream, .reset, .closed(code: 1000), .closed(code: 1011), .closed(code: 1008), .violation(.badUTF8),
        ])
            ?? .reset
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.randomElement(using: &generator)
    }
}
