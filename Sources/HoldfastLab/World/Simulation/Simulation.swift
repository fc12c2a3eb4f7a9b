public import HoldfastCore

/// What would happen to a fleet: one scenario, lived through in virtual time with the real rules. The same simulation gives
/// the same result, to the bit.
///
/// ```swift
/// var simulation = Simulation(scenario: .gatewayRestart, accounts: 20_000, seed: 1)
/// let result = simulation.run(.defaults)
/// print(result.timeUntilBack(0.99))
/// ```
public struct Simulation: Hashable, Sendable {
    public var scenario: Scenario
    public var accounts: Int
    /// The accounts are spread evenly over so many gateways: if nothing else is said, one for every 50 000.
    public var endpoints: Int
    public var seed: UInt64
    /// How long it is watched from the beginning of the trouble.
    public var length: Duration = .seconds(600)
    /// Handshakes per second that each gateway can do; nil: as many as come.
    public var handshakesPerSecond: Double? = 2_000

    /// `WorldSettings.judgedShare`
    package var judgedShare = 1.0

    public init(scenario: Scenario, accounts: Int, seed: UInt64) {
        self.scenario = scenario
        self.accounts = accounts
        self.seed = seed
        endpoints = max(1, accounts / Self.accountsPerEndpoint + (accounts % Self.accountsPerEndpoint > 0 ? 1 : 0))
    }

    /// With 2 000 handshakes a second a gateway has so many back in half a minute at best. More at one would say nothing but
    /// that it is too small.
    public static let accountsPerEndpoint = 50_000

    /// What the world is like before: connected for long enough that nobody remembers a failure.
    static let calm = Duration.seconds(90)
    static let sampleEvery = Duration.seconds(1)

    public func run(_ policy: SimulationPolicy) -> SimulationResult {
        var settings = WorldSettings()
        settings.gate = policy.gate
        settings.renewalBudget = policy.renewals
        settings.renewals = [.renewed(lifetime: nil)]
        settings.judgedShare = judgedShare
        var fair = Weather.fair
        fair.capacity = handshakesPerSecond.map { Weather.Capacity(handshakesPerSecond: $0) }
        var world = World(seed: seed, settings)
        let count = max(1, min(endpoints, max(1, accounts)))
        world.reserve(accounts: accounts)
        // An object of its own for each run: they may go on at the same time, and count references to it.
        let session = SessionSettings(
            heartbeat: policy.session.heartbeat, phases: policy.session.phases, retry: policy.session.retry,
            recovery: policy.session.recovery)
        for number in 0..<count {
            let endpoint = world.addEndpoint(fair)
            let share = accounts / count + (number < accounts % count ? 1 : 0)
            world.addConnectedAccounts(share, at: endpoint, settings: session)
            for (after, action) in scenario.plan(endpoint: endpoint, fair: fair) {
                world.plan(action, after: Self.calm + after)
            }
        }
        world.run(for: Self.calm - .milliseconds(1))
        let before = world.figures
        world.record(every: Self.sampleEvery)
        world.run(for: length + .milliseconds(1))
        return SimulationResult(policy: policy, simulation: self, world: world, before: before)
    }
}

/// What came of one simulation under one policy.
public struct SimulationResult: Sendable {
    public let policy: SimulationPolicy
    public let accounts: Int
    /// Second by second from the beginning of the trouble; the counts are of this second.
    public let seconds: [Second]
    /// What was counted from the beginning of the trouble.
    public let connects: Int
    public let failures: Int
    public let logins: Int
    public let turnedAway: Int
    public let peakHandshakes: Int
    public let peakConnectsPerSecond: Int
    /// Accounts that are left to a person at the end.
    public let quarantined: Int
    public let connectedAtEnd: Int
    /// At the worst moment.
    public let fewestConnected: Int
    /// What people were told, with the time from the beginning of the trouble.
    public let messages: [(at: Duration, message: AlertNotification)]
    /// Promises of the rules that were broken; there should be none.
    public let violations: [WorldViolation]
    /// Events lived through, the calm before included.
    public let events: Int

    public struct Second: Hashable, Sendable {
        public var connected: Int
        public var handshakes: Int
        public var connects: Int
        public var failures: Int
        public var logins: Int
        public var turnedAway: Int
    }

    init(policy: SimulationPolicy, simulation: Simulation, world: World, before: WorldFigures) {
        self.policy = policy
        accounts = world.accountCount
        var seconds: [Second] = []
        var last = before
        for sample in world.samples {
            seconds.append(
                Second(
                    connected: sample.connected, handshakes: sample.handshakes,
                    connects: sample.connects - last.connects, failures: sample.failures - last.failures,
                    logins: sample.logins - last.logins, turnedAway: sample.turnedAway - last.turnedAway))
            last.connects = sample.connects
            last.failures = sample.failures
            last.logins = sample.logins
            last.turnedAway = sample.turnedAway
        }
        self.seconds = seconds
        connects = world.figures.connects - before.connects
        failures = world.figures.failures - before.failures
        logins = world.figures.logins - before.logins
        turnedAway = world.figures.turnedAway - before.turnedAway
        peakHandshakes = seconds.map(\.handshakes).max() ?? 0
        peakConnectsPerSecond = seconds.map(\.connects).max() ?? 0
        quarantined = world.quarantined
        connectedAtEnd = world.connected
        fewestConnected = seconds.map(\.connected).min() ?? accounts
        let begin = World.start.wall + Simulation.calm
        messages = world.notifications.map { ($0.at.since(begin), $0) }
        violations = world.violations
        events = world.figures.events
    }

    /// From the beginning of the trouble until this share (0 … 1) of those who were lost is back to stay; nil if that is
    /// not so at the end. To the second, rounded up.
    public func timeUntilBack(_ share: Double) -> Duration? {
        let wanted = accounts - Int(Double(accounts - fewestConnected) * (1 - share))
        guard let lastBelow = seconds.lastIndex(where: { $0.connected < wanted }) else { return .zero }
        return lastBelow + 1 < seconds.count ? .seconds(lastBelow + 1) : nil
    }
}
