public import HoldfastCore

/// The alert desk of a world: the real engine, told once a second what has become of the sessions, as the fleet's desk does
/// it; and what the register keeps of it, before anybody is told.
struct WorldAlerts: Sendable {
    var engine: AlertEngine
    /// Accounts to which something happened since the last second, and the failures there were, in their order.
    var changed: [Int] = []
    var failures: [(account: Int, failure: Failure, lostConnection: Bool)] = []

    /// What waits for the disk, and what is on its way to it.
    var waiting = AlertOutcome()
    var underWay: AlertOutcome?

    /// The register: alerts that are not over, in the order in which they began.
    private(set) var kept: [Alert] = []
    /// Everything that people have been told.
    var told: [AlertNotification] = []
    var judge: AlertJudge

    init(_ settings: AlertSettings, at now: Moment) {
        engine = AlertEngine(settings, at: now)
        judge = AlertJudge(settings, at: now.instant)
    }

    /// Failures told at most in one second, as by a lane.
    static let failureLimit = 50_000
    /// What the disk does not take is tried again.
    static let retryAfter = Duration.seconds(5)

    // MARK: Seconds

    /// They end a little after the half, where nothing else is planned.
    private static let phaseNanoseconds: Int64 = 500_000_001

    /// The number of the second that an instant belongs to.
    static func second(of instant: Instant) -> Int64 {
        let nanoseconds = instant.nanoseconds - World.start.instant.nanoseconds - phaseNanoseconds
        return nanoseconds <= 0 ? 0 : (nanoseconds - 1) / 1_000_000_000 + 1
    }

    static func end(ofSecond number: Int64) -> Instant {
        let seconds = number.multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return World.start.instant + .nanoseconds(phaseNanoseconds) + .nanoseconds(seconds)
    }

    // MARK: The register

    /// Alerts are written, newer states in the place of older ones.
    mutating func keep(_ alerts: [Alert]) {
        for alert in alerts {
            let place = kept.firstIndex { $0.id == alert.id }
            switch (place, alert.isActive) {
            case (let place?, true): kept[place] = alert
            case (let place?, false): kept.remove(at: place)
            case (nil, true): kept.append(alert)
            case (nil, false): break
            }
        }
    }

    /// Another process begins with what the register has kept.
    mutating func restart(_ settings: AlertSettings, at now: Moment) {
        engine = AlertEngine(settings, at: now)
        engine.restore(kept, at: now)
        changed = []
        failures = []
        waiting = AlertOutcome()
        underWay = nil
        judge.processBegan(knowing: kept, at: now.instant)
    }
}

/// The part of the alert desk.
extension World {
    /// Something happened to this account that the desk may want to know.
    mutating func noteForAlerts(_ number: Int) {
        guard alerts != nil, !accounts[number].isNoted else { return }
        accounts[number].isNoted = true
        alerts?.changed.append(number)
    }

    mutating func noteForAlerts(_ transition: Transition, _ number: Int) {
        guard let failure = transition.failure, let count = alerts?.failures.count, count < WorldAlerts.failureLimit
        else { return }
        alerts?.failures.append((number, failure, transition.from == .connected))
    }

    mutating func countAttempt(_ outcome: AttemptOutcome, _ number: Int) {
        guard alerts != nil, outcome != .abandoned else { return }
        endpoints[accounts[number].endpoint].pulse.count(at: now) {
            $0.attempts += 1
            if outcome != .succeeded { $0.failedAttempts += 1 }
        }
    }

    /// What a second has brought goes to the engine, and what the engine makes of it to the disk.
    mutating func endAlertSecond() {
        guard var desk = alerts else { return }
        // So that nothing of it is copied.
        alerts = nil
        for (number, failure, lostConnection) in desk.failures {
            desk.engine.failed(
                ticket(number, 0).account, failure, lostConnection: lostConnection, at: now)
        }
        desk.failures.removeAll(keepingCapacity: true)
        for number in desk.changed {
            accounts[number].isNoted = false
            let name = endpoints[accounts[number].endpoint].name
            desk.engine.observe(ticket(number, 0).account, accounts[number].evidence(at: name), at: now)
            desk.judge.look(at: number, accounts[number].condition(), now)
        }
        desk.changed.removeAll(keepingCapacity: true)
        let second = WorldAlerts.second(of: now)
        for number in endpoints.indices {
            let totals = endpoints[number].pulse.totals(until: second)
            desk.engine.observe(UInt32(truncatingIfNeeded: number), name: endpoints[number].name, totals)
        }
        desk.engine.observe(.storeDown, problem: diskIsFull ? "the disk is full" : nil)
        let outcome = desk.engine.everySecond(at: moment)
        desk.waiting.changed += outcome.changed
        desk.waiting.notifications += outcome.notifications
        for complaint in desk.judge.complaints(of: desk.engine.alerts, endpoints, at: now) {
            broken(complaint.text, complaint.account)
        }
        alerts = desk
        keepAlerts()
        // After a standstill there is one second for all that were missed.
        agenda.add(.alertSecond, at: WorldAlerts.end(ofSecond: second + 1))
    }

    static func name(ofAccount number: Int) -> String { "shop-\(number)" }

    // MARK: The disk

    /// One write at a time; what comes meanwhile waits for the next.
    private mutating func keepAlerts() {
        guard let desk = alerts, desk.underWay == nil else { return }
        guard !desk.waiting.changed.isEmpty || !desk.waiting.notifications.isEmpty else { return }
        alerts?.underWay = desk.waiting
        alerts?.waiting = AlertOutcome()
        if diskDelay > .zero { agenda.add(.alertsWritten, at: now + diskDelay) } else { alertsWritten() }
    }

    /// The write has come to its end, or the rest after one that failed. People are told when it is kept that they are, so that
    /// a process that is killed before neither repeats it nor forgets it; where the disk takes nothing, they are told all the
    /// same.
    mutating func alertsWritten() {
        guard let outcome = alerts?.underWay else { return }
        alerts?.underWay = nil
        guard outcome != AlertOutcome() else { return keepAlerts() }
        for message in outcome.notifications {
            figures.notifications += 1
            if message.kind == .firing { figures.alerts += 1 }
            alerts?.told.append(message)
            for complaint in alerts?.judge.hear(message, at: now) ?? [] { broken(complaint) }
        }
        guard diskIsFull else {
            alerts?.keep(outcome.changed)
            return keepAlerts()
        }
        // Before what waits, so that newer states come after older ones.
        alerts?.waiting.changed.insert(contentsOf: outcome.changed, at: 0)
        alerts?.underWay = AlertOutcome()
        agenda.add(.alertsWritten, at: now + WorldAlerts.retryAfter)
    }

    // MARK: What can be asked

    /// Everything that people have been told of alerts, in its order.
    public var notifications: [AlertNotification] { alerts?.told ?? [] }

    /// The alerts that are not over.
    public var openAlerts: [Alert] { alerts?.engine.alerts ?? [] }

    /// Everybody has been well for as long as it takes: nothing may be left over, and whoever was called is told so.
    mutating func checkAlertsAreOver() {
        for alert in openAlerts {
            broken("the alert \(alert.rule) of \(alert.cause.endpoint) \(alert.sample) is not over")
        }
        for complaint in alerts?.judge.unfinished ?? [] { broken(complaint) }
    }
}
