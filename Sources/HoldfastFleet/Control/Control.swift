import HoldfastCore
import Logging
import NIOCore

/// The one loop for what the whole fleet shares: the gate, and the read side (board, events, log lines) that lanes report
/// to once a second.
///
/// Sendable although it has mutable state: that is touched on `loop` only. The methods that others call hop there first.
final class Control: @unchecked Sendable {
    let loop: any EventLoop
    let door: LoopDoor
    let endpoints: EndpointTable
    let board: Board
    let events: EventHub
    /// Nil in a fleet that keeps nothing.
    let store: FleetStore?
    private let roster: Roster
    private let outages: OutageLog
    private let memory: MemoryKeeper
    let breakdown: Breakdown
    let sockets = SocketBudget()

    private let desk: RenewalDesk
    private let alerts: AlertDesk

    private var gate: GateKeeper
    private var renewals: RenewalGate
    private var renewalAlarm: Scheduled<Void>?
    /// The gate's numbers of our endpoints.
    private var gateIDs: [EndpointID?] = []
    private var lanes: [Lane] = []
    /// Seconds of this loop since each lane reported: time in which the whole process stood still is not in it.
    private var silentSeconds: [Int] = []
    private var alarm: Scheduled<Void>?
    private var alarmAt = Instant.distantFuture
    /// When this loop last did something; it does so every second.
    private var lastSeenAt = ProcessClock.instant
    private var second: RepeatedTask?
    private var lastTotals = FleetTotals()
    private var isStopped = false

    init(
        loop: any EventLoop, endpoints: EndpointTable, board: Board, events: EventHub, roster: Roster,
        store: FleetStore?, desk: RenewalDesk, alerts: AlertDesk, configuration: ControlConfiguration,
        breakdown: Breakdown, logger: Logger
    ) {
        self.loop = loop
        door = LoopDoor(to: loop)
        self.roster = roster
        self.store = store
        self.desk = desk
        self.alerts = alerts
        self.renewals = RenewalGate(configuration.renewals)
        self.endpoints = endpoints
        self.board = board
        self.events = events
        self.breakdown = breakdown
        gate = GateKeeper(configuration.gate)
        memory = MemoryKeeper(budgetBytes: configuration.memoryBudgetBytes, logger: logger)
        outages = OutageLog(logger: logger, endpoints: endpoints)
    }

    func start(_ lanes: [Lane]) {
        door.enter { [self] in
            self.lanes = lanes
            silentSeconds = lanes.map { _ in 0 }
            everySecond()
            second = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in
                everySecond()
            }
        }
    }

    /// When it returns, all that the lanes said before has been taken in, and nothing can reach the loop any more.
    func stop() async {
        await door.ask { [self] in
            isStopped = true
            second?.cancel()
            alarm?.cancel()
            renewalAlarm?.cancel()
            everySecond()
            outages.finish()
            events.finish()
            lanes = []
        }
        await door.shut()
    }

    /// From now on nothing that happens is an alert: the fleet is being shut down.
    func stopAlerts() async {
        await door.ask { [self] in alerts.stop() }
    }

    /// Ends when everything told so far has been taken in.
    func catchUp() async {
        await door.ask {}
    }

    // MARK: The gate

    func apply(_ configuration: ControlConfiguration) {
        door.enter { [self] in
            memory.budgetBytes = configuration.memoryBudgetBytes
            alerts.apply(configuration.alerts)
            gate.apply(configuration.gate, at: observe())
            renewals.apply(configuration.renewals, at: ProcessClock.instant)
            grant()
        }
    }

    /// What a lane has for the gate. Called on the lane's loop.
    func take(_ batch: GateBatch) {
        door.enter { [self] in
            let now = observe()
            for item in batch.items {
                switch item {
                case .request(let ticket, let endpoint): gate.request(ticket, gateID(of: endpoint), at: now)
                case .giveBack(let ticket, let outcome): gate.giveBack(ticket, outcome, at: now)
                case .forget(let account): gate.forget(account, at: now)
                case .renew(let account, let endpoint): renewals.request(account, at: gateID(of: endpoint))
                }
            }
            grant()
        }
    }

    /// Hands out what can be handed out now, one hop per lane, and comes back when there is more.
    private func grant() {
        guard !isStopped, !memory.isHolding else { return }
        var batches: [[Ticket]] = Array(repeating: [], count: lanes.count)
        for ticket in gate.grants(at: observe(), limit: Self.grantLimit)
        where lanes.indices.contains(Int(ticket.account.lane)) {
            batches[Int(ticket.account.lane)].append(ticket)
        }
        for (lane, batch) in zip(lanes, batches) where !batch.isEmpty { lane.deliver(batch) }
        scheduleAlarm()
        grantRenewals()
    }

    /// Lets accounts log in, as far as the fleet's budget allows it; none at an endpoint that is left alone.
    private func grantRenewals() {
        guard !isStopped else { return }
        let now = ProcessClock.instant
        let granted = renewals.grants(at: now) { endpoint in
            gate.status(of: endpoint).map { $0.breaker != .closed } ?? false
        }
        for account in granted where lanes.indices.contains(Int(account.lane)) {
            desk.begin(account, on: lanes[Int(account.lane)]) { [weak self] in self?.renewalFinished(account) }
        }
        renewalAlarm?.cancel()
        renewalAlarm = renewals.nextDeadline(after: now).map { deadline in
            let at = max(deadline, now + Self.grantPause)
            return loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, at.nanoseconds)))) { [self] in
                renewalAlarm = nil
                grantRenewals()
            }
        }
    }

    private func renewalFinished(_ account: AccountKey) {
        door.enter { [self] in
            renewals.finished(account)
            grantRenewals()
        }
    }

    /// The time, once the gate knows of any in which we stood still: no grant may expire for that.
    private func observe() -> Instant {
        let now = ProcessClock.instant
        let gap = now.since(lastSeenAt)
        if gap > .seconds(3) { gate.unobserved(for: gap) }
        lastSeenAt = now
        return now
    }

    private func scheduleAlarm() {
        guard let deadline = gate.nextDeadline else {
            alarm?.cancel()
            alarm = nil
            return
        }
        // Grants a few milliseconds apart go together: at 1000/s a hop for each would cost more than it is worth.
        let at = max(deadline, ProcessClock.instant + Self.grantPause)
        if alarm != nil, alarmAt <= at { return }
        alarm?.cancel()
        alarmAt = at
        alarm = loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, at.nanoseconds)))) { [self] in
            alarm = nil
            grant()
        }
    }

    private func gateID(of endpoint: UInt32) -> EndpointID {
        let index = Int(endpoint)
        while gateIDs.count <= index { gateIDs.append(nil) }
        if let known = gateIDs[index] { return known }
        let new = gate.endpoint(named: endpoints.name(of: endpoint))
        gateIDs[index] = new
        return new
    }

    /// Grants in one turn: as many sockets as a lane can open without being late for anybody's heartbeat.
    private static let grantLimit = 256
    private static let grantPause = Duration.milliseconds(5)

    // MARK: The read side

    /// What a lane has counted and seen. Called on the lane's loop.
    func take(_ report: LaneReport) {
        door.enter { [self] in
            board.take(report)
            if silentSeconds.indices.contains(report.lane) { silentSeconds[report.lane] = 0 }
            roster.vacate(lane: report.lane, report.vacated)
            for change in report.transitions {
                events.publish(
                    .transition(
                        account: change.account.id, CompactEntry(change.transition, record: 0).entry(record: nil)))
            }
            if let store {
                store.note(report.transitions)
                for (account, memory) in report.memories { store.note(memory, of: account) }
            }
            alerts.take(report)
            outages.take(report.lines, withoutDescriptor: report.withoutDescriptor, at: report.at)
        }
    }

    private func everySecond() {
        let now = observe()
        board.everySecond(at: now, wall: ProcessClock.wall, gate: gate.statuses)
        outages.everySecond(at: now)
        store?.everySecond()
        alerts.everySecond(board, storeProblem: store?.problem, at: ProcessClock.moment)
        lookForDeadLanes()
        let totals = board.totals
        keepMemory(totals, at: now)
        if totals != lastTotals {
            lastTotals = totals
            events.publish(.totals(totals))
        }
    }

    // MARK: The process

    private func keepMemory(_ totals: FleetTotals, at now: Instant) {
        let wasHolding = memory.isHolding
        memory.look(
            usedBytes: board.process.residentBytes, sockets: totals[.connecting] + totals[.connected], lanes: lanes,
            at: now)
        board.setMemory(memory.figures)
        if wasHolding, !memory.isHolding { grant() }
    }

    func lookForDeadLanes() {
        guard !isStopped else { return }
        for lane in silentSeconds.indices {
            silentSeconds[lane] += 1
            guard silentSeconds[lane] > Self.deadAfterSeconds else { continue }
            breakdown.report("lane \(lane) has shown no progress for \(Self.deadAfterSeconds) s")
        }
    }

    /// From then on a lane is not late, but gone.
    static let deadAfterSeconds = 60
}

/// What the control loop is told by the configuration.
struct ControlConfiguration: Sendable {
    var gate: GateSettings
    var renewals: RenewalSettings
    var alerts: AlertSettings
    var memoryBudgetBytes: Int?

    init(_ configuration: FleetConfiguration) {
        gate = configuration.gate.covering(configuration.accounts.lazy.map(\.settings.phases))
        renewals = configuration.renewals
        alerts = configuration.alerts
        memoryBudgetBytes = configuration.memoryBudgetBytes ?? ProcessMemory.controlGroupLimitBytes()
    }
}
