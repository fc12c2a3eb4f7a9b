public import HoldfastCore

/// A whole fleet and its gateways in virtual time: the sessions and the gate are the real ones, everything around them is
/// drawn from a seed. A day passes in seconds, and the same seed gives the same day.
///
/// After every event the promises of a session are checked (see `World+Promises.swift`); what was broken is in
/// `violations`, with the seed that shows it again. Use it to try a policy of your own: add endpoints and accounts, say
/// what the weather does and when, run, look at the figures.
///
/// ```swift
/// var world = World(seed: 1)
/// let gateway = world.addEndpoint()
/// world.addAccounts(100, at: gateway)
/// world.plan(.weather(endpoint: gateway, .blackHole), after: .seconds(600))
/// world.run(for: .seconds(3600))
/// print(world.figures, world.violations)
/// ```
public struct World: Sendable {
    public let seed: UInt64
    public private(set) var settings: WorldSettings
    /// What was broken; no more than the first twenty are kept.
    public internal(set) var violations: [WorldViolation] = []
    public internal(set) var figures = WorldFigures()
    /// What happened to the watched accounts.
    public internal(set) var history: [WorldEntry] = []
    /// How many accounts are connected now.
    public internal(set) var connected = 0

    var generator: SeededGenerator
    var now = World.start.instant
    var accounts: [WorldAccount] = []
    var endpoints: [WorldEndpoint] = []
    var keeper: GateKeeper
    var renewalGate: RenewalGate
    var loginMeter: BudgetMeter
    var loginsUnderWay = 0
    var agenda = Agenda()
    var fleetMeter: BudgetMeter
    var fleetGrantMeter: BudgetMeter
    /// When the last message went to the gate, and from it: none overtakes another.
    var lastToGate = World.start.instant
    var lastFromGate = World.start.instant
    var gateAlarm = Instant.distantFuture
    /// Grants on their way to a lane.
    var grantsUnderWay = 0

    static let violationLimit = 20
    static let start = Moment(
        instant: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))

    /// A gateway, as far as it is not drawn anew each time.
    struct WorldEndpoint {
        var id: EndpointID
        var weather = Weather.fair
        var accounts: [Int] = []
        var handshakes = 0
        var meter: BudgetMeter
        var grantMeter: BudgetMeter
    }

    public init(seed: UInt64, _ settings: WorldSettings = WorldSettings()) {
        self.seed = seed
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        keeper = GateKeeper(settings.gate)
        renewalGate = RenewalGate(settings.renewalBudget)
        loginMeter = BudgetMeter(perSecond: settings.renewalBudget.perSecond, burst: 1, slack: .zero)
        let fleet = settings.gate.admission.fleet
        fleetGrantMeter = BudgetMeter(perSecond: fleet.connectsPerSecond, burst: fleet.burst, slack: .zero)
        fleetMeter = BudgetMeter(
            perSecond: fleet.connectsPerSecond, burst: fleet.burst, slack: settings.longestHop)
        if settings.lostWakes > 0 { agenda.add(.sweep, at: now + SweepSettings.interval) }
    }

    // MARK: Making a world

    /// Adds a gateway; the number is its name from then on.
    public mutating func addEndpoint(_ weather: Weather = .fair) -> Int {
        let number = endpoints.count
        let admission = settings.gate.admission
        let meter = { (slack: Duration) in
            BudgetMeter(perSecond: admission.connectsPerSecond, burst: admission.burst, slack: slack)
        }
        endpoints.append(
            WorldEndpoint(
                id: keeper.endpoint(named: "ws://gateway-\(number):80"), weather: weather,
                meter: meter(settings.longestHop), grantMeter: meter(.zero)))
        return number
    }

    /// Adds accounts of one gateway and switches them on. Returns their numbers.
    @discardableResult
    public mutating func addAccounts(
        _ count: Int, at endpoint: Int, settings: SessionSettings = SessionSettings()
    ) -> Range<Int> {
        let first = accounts.count
        guard endpoints.indices.contains(endpoint) else { return first..<first }
        for number in first..<(first + count) {
            accounts.append(WorldAccount(session: Session(settings: settings), endpoint: endpoint))
            endpoints[endpoint].accounts.append(number)
            perform(.enable, on: number)
        }
        return first..<(first + count)
    }

    /// Plans something, counted from now.
    public mutating func plan(_ action: WorldAction, after delay: Duration) {
        agenda.add(.action(action), at: now + delay)
    }

    /// What logins come to from now on.
    public mutating func setRenewals(_ outcomes: [RenewalOutcome]) {
        settings.renewals = outcomes
    }

    /// Writes down what happens to an account from now on.
    public mutating func watch(_ account: Int) {
        guard accounts.indices.contains(account) else { return }
        accounts[account].isWatched = true
    }

    // MARK: Running it

    /// Time since the beginning.
    public var elapsed: Duration { now.since(Self.start.instant) }

    public mutating func run(for duration: Duration) {
        let end = now + duration
        while let next = agenda.next, next <= end { step() }
        now = max(now, end)
    }

    /// Runs until every account is connected. Nil if `limit` passes before.
    public mutating func runUntilAllConnected(within limit: Duration) -> Duration? {
        let begin = now
        let end = now + limit
        while connected < accounts.count {
            guard let next = agenda.next, next <= end else { return nil }
            step()
        }
        return now.since(begin)
    }

    /// The session of an account, to be looked at; nil if there is no such account.
    public func session(of account: Int) -> Session? {
        accounts.indices.contains(account) ? accounts[account].session : nil
    }

    public var accountCount: Int { accounts.count }

    /// How an endpoint stands at the gate.
    public func status(ofEndpoint endpoint: Int) -> EndpointStatus? {
        endpoints.indices.contains(endpoint) ? keeper.status(of: endpoints[endpoint].id) : nil
    }

    var moment: Moment {
        Moment(instant: now, wall: Self.start.wall + now.since(Self.start.instant))
    }

    private mutating func step() {
        guard let entry = agenda.removeFirst() else { return }
        now = max(now, Instant(nanoseconds: entry.at))
        figures.events += 1
        switch entry.event {
        case .wake(let account): wake(account, plannedFor: Instant(nanoseconds: entry.at))
        case .link(let account, let generation, let event): linkEvent(event, generation, account)
        case .toGate(let message): tellGate(message)
        case .gate: askGate(plannedFor: Instant(nanoseconds: entry.at))
        case .granted(let ticket): granted(ticket)
        case .released(let account, let incarnation): released(account, incarnation)
        case .loginGranted(let account): loginGranted(account)
        case .renewalEnded(let account, let outcome): renewalEnded(account, outcome)
        case .resumeReading(let account): resumeReading(account)
        case .sweep: sweep()
        case .action(let action): perform(action)
        }
    }
}
