import HoldfastCore

/// An alert engine with a fleet that does as it is told, in virtual time.
struct AlertBench {
    var engine: AlertEngine
    var now: Moment
    /// Everything people were told, in its order.
    var messages: [AlertNotification] = []
    /// Every alert as it was kept last, by its id.
    var kept: [String: Alert] = [:]
    private var evidence: [Int: AccountEvidence] = [:]
    private var totals: [UInt32: EndpointTotals] = [:]
    /// What is added to an endpoint's totals each second.
    var perSecond: [UInt32: EndpointTotals] = [:]

    static let start = Moment(
        instant: Instant(nanoseconds: 5_000_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))

    init(_ settings: AlertSettings = AlertSettings(), at start: Moment = AlertBench.start) {
        engine = AlertEngine(settings, at: start)
        now = start
    }

    static func name(_ endpoint: UInt32) -> String { "ws://gateway-\(endpoint):80" }
    static func id(_ account: Int) -> String { "shop-\(account)" }

    func key(_ account: Int) -> AccountKey { AccountKey(lane: UInt32(account % 2), slot: UInt32(account / 2)) }

    /// How many accounts there are, and where.
    mutating func add(_ accounts: Range<Int>, at endpoint: UInt32 = 0, state: SessionState = .disconnected) {
        for account in accounts {
            change(account) { $0 = Self.evidence(account, endpoint, state) }
        }
    }

    private static func evidence(_ account: Int, _ endpoint: UInt32, _ state: SessionState) -> AccountEvidence {
        AccountEvidence(id: id(account), endpoint: endpoint, endpointName: name(endpoint), state: state)
    }

    mutating func change(_ account: Int, _ change: (inout AccountEvidence) -> Void) {
        var new = evidence[account] ?? Self.evidence(account, 0, .disconnected)
        change(&new)
        evidence[account] = new
        engine.observe(key(account), new, at: now.instant)
    }

    mutating func remove(_ account: Int) {
        evidence[account] = nil
        engine.observe(key(account), nil, at: now.instant)
    }

    mutating func connect(_ accounts: some Sequence<Int>) {
        for account in accounts {
            change(account) {
                $0.state = .connected
                $0.failures = 0
            }
        }
    }

    mutating func lose(_ accounts: some Sequence<Int>, by failure: Failure = AlertBench.dropped) {
        for account in accounts {
            engine.failed(key(account), failure, lostConnection: true, at: now.instant)
            change(account) {
                $0.state = .reconnecting
                $0.failures += 1
            }
        }
    }

    mutating func fail(_ account: Int, by failure: Failure) {
        engine.failed(key(account), failure, lostConnection: false, at: now.instant)
        change(account) { $0.failures += 1 }
    }

    static let dropped = Failure.classify(.endOfStream, phase: .established)
    static let refused = Failure.classify(.systemCall(errno: 111), phase: .connect)
    static let rejected = Failure.classify(.registrationRefused(code: 401), phase: .register)

    /// - Parameter step: how often the engine is asked; for hours it need not be every second.
    mutating func run(_ duration: Duration, step: Duration = .seconds(1)) {
        let end = now.instant + duration
        while now.instant < end {
            now = now + step
            for (endpoint, growth) in perSecond.sorted(by: { $0.key < $1.key }) {
                var sum = totals[endpoint] ?? EndpointTotals()
                sum.attempts += growth.attempts
                sum.failedAttempts += growth.failedAttempts
                sum.beats += growth.beats
                sum.missedBeats += growth.missedBeats
                sum.replies += growth.replies
                sum.replySeconds += growth.replySeconds
                totals[endpoint] = sum
                engine.observe(endpoint, name: Self.name(endpoint), sum)
            }
            let outcome = engine.everySecond(at: now)
            messages += outcome.notifications
            for alert in outcome.changed { kept[alert.id] = alert }
        }
    }

    /// The process ends and begins anew, with what it has kept.
    mutating func restart(_ settings: AlertSettings = AlertSettings(), downFor: Duration = .seconds(5)) {
        // Another process has another clock, that began elsewhere.
        now = Moment(instant: Instant(nanoseconds: 77_000_000_000), wall: now.wall + downFor)
        engine = AlertEngine(settings, at: now)
        engine.restore(kept.values.filter(\.isActive).sorted { $0.startsAt < $1.startsAt }, at: now)
        totals = [:]
        for account in evidence.keys.sorted() {
            change(account) {
                $0.state = .disconnected
                $0.failures = 0
            }
        }
    }

    /// `firing connected_share endpoint 5000/5000`, one line for each message.
    var told: [String] {
        messages.map { "\($0.kind.rawValue) \($0.rule.rawValue) \($0.scope.name) \($0.affected)/\($0.accounts)" }
    }
}
