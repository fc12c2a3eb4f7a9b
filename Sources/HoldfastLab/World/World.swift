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
    /// How things stood from time to time; see `record(every:)`.
    public internal(set) var samples: [WorldSample] = []

    var generator: SeededGenerator
    var now = World.start.instant
    var accounts: [WorldAccount] = []
    var endpoints: [WorldEndpoint] = []
    var tokens: [Int: WorldToken] = [:]
    /// Accounts of which the disk did not take the latest.
    var unsaved: Set<Int> = []
    var diskIsFull = false
    var diskDelay = Duration.zero
    var keeper: GateKeeper
    var renewalGate: RenewalGate
    var loginMeter: BudgetMeter
    var loginsUnderWay = 0
    /// What happens by itself, and what was planned from outside.
    var agenda = Agenda<WorldEvent>(at: World.start.instant, queues: MessageQueue.allCases.count)
    var plans = Agenda<WorldAction>(at: World.start.instant)
    /// How far accounts may live ahead of the world: nobody changes anything before that, but for what is planned.
    var horizon = World.start.instant
    /// What is written down from time to time; nil if nothing is.
    var sampleEvery: Duration?
    var sampleAt = World.start.instant
    /// Handshakes under way at all endpoints, and the most since the last sample.
    var handshakes = 0
    var mostHandshakesSinceSample = 0
    var fleetMeter: BudgetMeter
    var fleetGrantMeter: BudgetMeter
    /// When the last message went to the gate, and from it: none overtakes another.
    var lastToGate = World.start.instant
    var lastFromGate = World.start.instant
    var gateAlarm = Instant.distantFuture
    /// Grants on their way to a lane.
    var grantsUnderWay = 0
    /// The alert desk; nil if nobody looks.
    var alerts: WorldAlerts?
    /// Replies that take this long may concern the alert desk: a good deal before it finds an account slow.
    let alertSlowFrom: Duration

    /// Between lanes and the control loop no message overtakes another.
    enum MessageQueue: Int, CaseIterable { case toGate, fromGate }

    static let violationLimit = 20
    static let start = Moment(
        instant: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))

    /// A gateway, as far as it is not drawn anew each time.
    struct WorldEndpoint {
        var id: EndpointID
        let name: String
        var weather = Weather.fair
        /// The share of its accounts that meets this weather; the others have it fair.
        var share = 1.0
        var accounts: [Int] = []
        var handshakes = 0
        /// Until when its handshakes keep it busy, where it can only do so many a second.
        var busyUntil = World.start.instant
        var meter: BudgetMeter
        var grantMeter: BudgetMeter
        /// What is counted there, for alerts.
        var pulse: EndpointPulse
    }

    public init(seed: UInt64, _ settings: WorldSettings = WorldSettings()) {
        self.seed = seed
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        keeper = GateKeeper(settings.gate)
        renewalGate = RenewalGate(settings.renewalBudget)
        loginMeter = settings.loginMeter
        fleetGrantMeter = settings.fleetMeter(slack: .zero)
        fleetMeter = settings.fleetMeter(slack: settings.longestHop)
        if settings.lostWakes > 0 { agenda.add(.sweep, at: now + SweepSettings.interval) }
        alertSlowFrom = settings.alerts.flatMap(\.accountSlowAbove).map { $0 / 2 } ?? .seconds(Int64.max)
        guard let wanted = settings.alerts else { return }
        alerts = WorldAlerts(wanted, at: Self.start)
        agenda.add(.alertSecond, at: WorldAlerts.end(ofSecond: 0))
    }

    // MARK: Making a world

    /// Adds a gateway; the number is its name from then on.
    public mutating func addEndpoint(_ weather: Weather = .fair) -> Int {
        let name = "ws://gateway-\(endpoints.count):80"
        endpoints.append(
            WorldEndpoint(
                id: keeper.endpoint(named: name), name: name, weather: weather,
                meter: settings.endpointMeter(slack: settings.longestHop),
                grantMeter: settings.endpointMeter(slack: .zero),
                pulse: EndpointPulse(first: WorldAlerts.second(of: now))))
        return endpoints.count - 1
    }

    /// Makes room for so many accounts at once, up to four million: those added gateway by gateway would be moved as often.
    package mutating func reserve(accounts count: Int) { accounts.reserveCapacity(min(max(0, count), 1 << 22)) }

    /// Adds accounts of one gateway and switches them on. Returns their numbers.
    @discardableResult
    public mutating func addAccounts(
        _ count: Int, at endpoint: Int, settings: SessionSettings = SessionSettings()
    ) -> Range<Int> {
        let first = accounts.count
        guard endpoints.indices.contains(endpoint) else { return first..<first }
        for number in first..<(first + count) {
            add(number, at: endpoint, settings)
            perform(.enable, on: number)
        }
        return first..<(first + count)
    }

    /// Adds accounts that are connected already, as a fleet is that has been up for some time. The gate knows them.
    @discardableResult
    public mutating func addConnectedAccounts(
        _ count: Int, at endpoint: Int, settings: SessionSettings = SessionSettings()
    ) -> Range<Int> {
        let first = accounts.count
        guard endpoints.indices.contains(endpoint) else { return first..<first }
        for number in first..<(first + count) {
            add(number, at: endpoint, settings)
            connectQuietly(number)
        }
        return first..<(first + count)
    }

    private mutating func add(_ number: Int, at endpoint: Int, _ settings: SessionSettings) {
        accounts.append(WorldAccount(number: number, seed: seed, settings: settings, endpoint: endpoint))
        endpoints[endpoint].accounts.append(number)
    }

    /// Plans something, counted from now.
    public mutating func plan(_ action: WorldAction, after delay: Duration) {
        plans.add(action, at: now + delay)
    }

    /// Writes down how things stand, from now on, at every such time.
    public mutating func record(every time: Duration) {
        if sampleEvery == nil {
            sampleAt = now
            agenda.add(.sample, at: now)
        }
        sampleEvery = max(.milliseconds(1), time)
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
        horizon = end
        while step(until: end) {}
        now = max(now, end)
    }

    /// Runs until every account is connected. Nil if `limit` passes before.
    public mutating func runUntilAllConnected(within limit: Duration) -> Duration? {
        let begin = now
        let end = now + limit
        // Nobody may be ahead of the instant at which the last one comes back.
        horizon = now
        while connected < accounts.count {
            guard step(until: end) else { return nil }
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

    var moment: Moment { Self.moment(now) }

    static func moment(_ instant: Instant) -> Moment {
        let nanoseconds = instant.nanoseconds - Self.start.instant.nanoseconds
        return Moment(
            instant: instant, wall: WallTime(milliseconds: Self.start.wall.milliseconds + nanoseconds / 1_000_000))
    }

    /// What is planned from outside comes before what happens by itself in the same instant. False if nothing is left.
    private mutating func step(until end: Instant) -> Bool {
        let planned = plans.next() ?? .distantFuture
        if let entry = agenda.removeFirst(notAfter: min(end, planned - .nanoseconds(1))) {
            now = max(now, Instant(nanoseconds: entry.at))
            happen(entry)
        } else if planned <= end, let entry = plans.removeFirst() {
            now = max(now, Instant(nanoseconds: entry.at))
            perform(entry.event)
        } else {
            return false
        }
        return true
    }

    private mutating func happen(_ entry: Agenda<WorldEvent>.Entry) {
        switch entry.event {
        case .wake(let account): wake(account, plannedFor: Instant(nanoseconds: entry.at))
        case .link(let account, let generation, let event): linkEvent(event, generation, account)
        case .toGate(let message): tellGate(message)
        case .gate: askGate(plannedFor: Instant(nanoseconds: entry.at))
        case .granted(let ticket): granted(ticket)
        case .released(let account, let incarnation): released(account, incarnation)
        case .loginGranted(let account): loginGranted(account)
        case .loginWrittenDown(let account): beginLogin(account)
        case .renewalEnded(let account, let outcome): renewalEnded(account, outcome)
        case .resumeReading(let account): resumeReading(account)
        case .sweep: sweep()
        case .sample: sample()
        case .alertSecond: endAlertSecond()
        case .alertsWritten: alertsWritten()
        }
    }
}
