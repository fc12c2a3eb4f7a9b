import HoldfastCore
import HoldfastStore

/// Feeds the alert engine with what the lanes report once a second, and hands on what it finds. Owned by the control loop.
final class AlertDesk {
    private var engine: AlertEngine
    private let shelf: AlertShelf
    private let keeper: AlertKeeper
    private let events: EventHub
    private let endpoints: EndpointTable

    /// Endpoints at which something was counted since the last second.
    private var countedAt: Set<UInt32> = []
    private var withoutDescriptorAt: Instant?
    private var withoutDescriptor = 0
    private var silencesReadAt = Instant(nanoseconds: .min)
    private var seenChange: UInt64 = .max
    private var hadAlerts = false
    private var isStopped = false

    /// What the register knows from before the start.
    struct Memory: Sendable {
        var alerts: [Alert] = []
        var silences: [Silence] = []

        init(_ register: Register?) async throws {
            guard let register else { return }
            alerts = try await register.activeAlerts()
            silences = try await register.silences(at: ProcessClock.wall)
        }
    }

    init(
        _ settings: AlertSettings, remembering alerts: [Alert], shelf: AlertShelf, keeper: AlertKeeper,
        events: EventHub,
        endpoints: EndpointTable
    ) {
        let now = ProcessClock.moment
        engine = AlertEngine(settings, at: now)
        engine.restore(alerts, at: now)
        self.shelf = shelf
        self.keeper = keeper
        self.events = events
        self.endpoints = endpoints
        shelf.set(engine.alerts)
    }

    func apply(_ settings: AlertSettings) { engine.apply(settings) }

    /// From now on accounts go away because the process does: that is nobody's alert, and no recovery.
    func stop() { isStopped = true }

    func take(_ report: LaneReport) {
        guard !isStopped else { return }
        let lane = UInt32(report.lane)
        for change in report.transitions {
            guard let failure = change.transition.failure else { continue }
            engine.failed(
                AccountKey(lane: lane, slot: change.slot), failure,
                lostConnection: change.transition.from == .connected,
                at: report.at)
        }
        for (slot, row, account) in report.rows {
            let key = AccountKey(lane: lane, slot: slot)
            engine.observe(key, account.flatMap { evidence(row, of: $0) }, at: report.at)
        }
        for (number, _) in report.endpoints { countedAt.insert(number) }
        withoutDescriptor += report.withoutDescriptor
        if report.withoutDescriptor > 0 { withoutDescriptorAt = report.at }
    }

    private func evidence(_ row: AccountRow, of account: Account) -> AccountEvidence? {
        guard row.isPresent else { return nil }
        return AccountEvidence(
            id: account.id, endpoint: account.endpoint, endpointName: endpoints.name(of: account.endpoint),
            isEnabled: row.isEnabled, isQuarantined: row.status == .quarantined, isSickByItself: row.isSickByItself,
            state: row.state, failures: Int(row.failures), replySeconds: Int(row.replySeconds))
    }

    /// - Parameter storeProblem: why the store cannot be written; nil if it can.
    func everySecond(_ board: Board, storeProblem: String?, at now: Moment) {
        guard !isStopped else { return }
        let counts = board.endpointCounts(countedAt)
        for (number, counters) in counts.sorted(by: { $0.key < $1.key }) {
            engine.observe(number, name: endpoints.name(of: number), EndpointTotals(counters))
        }
        countedAt.removeAll(keepingCapacity: true)
        engine.observe(.storeDown, problem: storeProblem)
        observeDescriptors(at: now.instant)
        readSilences(at: now)
        let outcome = engine.everySecond(at: now)
        let alerts = engine.alerts
        if hadAlerts || !alerts.isEmpty { shelf.set(alerts) }
        hadAlerts = !alerts.isEmpty
        for alert in outcome.changed { events.publish(.alert(alert)) }
        keeper.take(outcome)
    }

    private func observeDescriptors(at now: Instant) {
        guard let last = withoutDescriptorAt, now.since(last) < .seconds(60) else {
            withoutDescriptor = 0
            return engine.observe(.descriptors, problem: nil)
        }
        engine.observe(
            .descriptors,
            problem:
                "\(withoutDescriptor) attempts found no descriptor; the limit is \(ProcessSampler.descriptorLimit())"
        )
    }

    /// Windows turn into times of the calendar, so they are looked at now and then; what a person changed at once.
    private func readSilences(at now: Moment) {
        let change = shelf.change
        guard change != seenChange || now.instant.since(silencesReadAt) >= .seconds(60) else { return }
        seenChange = change
        silencesReadAt = now.instant
        engine.setSilences(shelf.silences(at: now.wall))
    }
}

extension EndpointTotals {
    init(_ counters: EndpointCounters) {
        self.init()
        failedAttempts = counters.attempts[.endpointFailed] &+ counters.attempts[.accountFailed]
        attempts = failedAttempts &+ counters.attempts[.succeeded]
        beats = counters.beats
        missedBeats = counters.missedBeats
        replies = counters.replies
        replySeconds = Double(counters.replyNanoseconds) / 1e9
    }
}

extension EndpointCounters {
    static func += (left: inout Self, right: Self) {
        for outcome in CountsByOutcome.outcomes { left.attempts[outcome] &+= right.attempts[outcome] }
        for failure in FailureClass.allCases { left.disconnects[failure] &+= right.disconnects[failure] }
        left.connected += right.connected
        left.beats &+= right.beats
        left.missedBeats &+= right.missedBeats
        left.replies &+= right.replies
        left.replyNanoseconds &+= right.replyNanoseconds
    }
}
