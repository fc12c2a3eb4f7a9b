import HoldfastCore
import HoldfastWire
import Synchronization

extension Fleet {
    /// All counters, gauges and histograms.
    public func metrics() -> FleetMetrics {
        let board = board.snapshot
        var metrics = FleetMetrics()
        metrics.totals = board.totals
        for alert in shelf.alerts { metrics.activeAlerts[alert.severity, default: 0] += 1 }
        metrics.notificationsLost = state.withLock { $0.engine }?.alerts.lost ?? 0
        metrics.quarantined = board.totals[.quarantined]
        for counters in board.counters { counters?.add(to: &metrics) }
        metrics.endpoints = endpointMetrics(board)
        addMessages(to: &metrics)
        metrics.loopLag = board.lags
        metrics.eventsDropped = events.dropped
        metrics.names = resolver.counts
        (metrics.tlsContextsMade, metrics.tlsContextsKept) = TLSContexts.shared.counts
        metrics.residentBytes = ProcessSampler.residentBytes()
        metrics.openDescriptors = ProcessSampler.openDescriptors()
        metrics.descriptorLimit = board.descriptorLimit
        if let store = state.withLock({ $0.store }) {
            metrics.storeBytes = store.sizes()
            metrics.storeRowsDropped = store.register.droppedRows
        }
        metrics.memoryBudgetBytes = board.memory.budgetBytes
        metrics.memoryLevel = board.memory.level
        metrics.memoryReleases = board.memory.releases
        metrics.cpuSeconds = ProcessClock.processor.inSeconds
        return metrics
    }

    private func addMessages(to metrics: inout FleetMetrics) {
        guard let engine = state.withLock({ $0.engine }) else { return }
        metrics.channels = engine.notifications?.figures ?? []
        let desk = engine.messages
        let figures = desk.figures.withLock { $0 }
        for kind in HandledKind.allCases { metrics.handled[kind] &+= figures.handled[kind] }
        metrics.handlerSeconds = figures.handlerSeconds
        metrics.duplicates &+= figures.duplicates
        metrics.pauses = figures.pauses
        metrics.outboxWaits = figures.outboxWaits
        metrics.heldBytes = desk.heldBytes.load(ordering: .relaxed)
        metrics.journal = desk.journal?.figures
    }

    private func endpointMetrics(_ board: Board.State) -> [EndpointMetrics] {
        var gate: [String: EndpointStatus] = [:]
        for status in board.gate { gate[status.name] = status }
        var all: [EndpointMetrics] = []
        var other = EndpointMetrics(endpoint: "other")
        for (number, counts) in board.endpoints.enumerated() {
            let name = endpoints.name(of: UInt32(number))
            var one = EndpointMetrics(endpoint: name)
            for lane in counts.lanes { one.add(lane) }
            one.waiting = gate[name]?.waiting ?? 0
            one.handshaking = gate[name]?.handshaking ?? 0
            if number < FleetMetrics.endpointLimit { all.append(one) } else { other.add(one) }
        }
        all.sort { $0.endpoint < $1.endpoint }
        return board.endpoints.count > FleetMetrics.endpointLimit ? all + [other] : all
    }

    /// Why the fleet is not ready to serve; empty if it is.
    public func readiness() -> [ReadinessReason] {
        let board = board.snapshot
        let now = ProcessClock.instant
        switch state.withLock({ $0.phase }) {
        case .new, .starting: return [ReadinessReason(code: .starting, detail: "the fleet has not started yet")]
        case .draining: return [ReadinessReason(code: .draining, detail: "the fleet is shutting down")]
        case .running: break
        }
        var reasons: [ReadinessReason] = []
        if let problem = state.withLock({ $0.store })?.problem {
            reasons.append(ReadinessReason(code: .storeDown, detail: "the store cannot be written: \(problem)"))
        }
        for (lane, heardFrom) in board.heardFrom.enumerated() where now.since(heardFrom) > Self.stuckAfter {
            let seconds = Int(now.since(heardFrom).inSeconds)
            reasons.append(
                ReadinessReason(code: .laneStuck, detail: "lane \(lane) has shown no progress for \(seconds) s"))
        }
        if let since = board.fewSince, now.since(since) >= Self.fewFor {
            let (connected, enabled) = (board.totals[.connected], board.totals.enabled)
            let seconds = Int(now.since(since).inSeconds)
            reasons.append(
                ReadinessReason(
                    code: .fewConnected,
                    detail: "\(connected) of \(enabled) enabled accounts are connected, too few for \(seconds) s now"))
        }
        return reasons
    }

    static let stuckAfter = Duration.seconds(5)
    static let fewFor = Duration.seconds(60)
}

extension LaneCounters {
    func add(to metrics: inout FleetMetrics) {
        metrics.heartbeatsSent &+= heartbeatsSent
        metrics.heartbeatMisses &+= heartbeatMisses
        metrics.slowReplies &+= slowReplies
        metrics.staleEvents &+= staleEvents
        metrics.unreportedTransitions &+= unreported
        replies.add(to: &metrics.replySeconds)
        metrics.stuckResets &+= stuckResets
        metrics.illegalTransitions &+= illegalTransitions
        metrics.restarts &+= restarts
        for outcome in ProviderOutcome.allCases { metrics.renewals[outcome] &+= renewals[outcome] }
        metrics.messagesReceived &+= messagesReceived
        metrics.messagesAcknowledged &+= messagesAcknowledged
        metrics.duplicates &+= duplicates
        metrics.handled[.unmatched] &+= unmatched
        metrics.unreadableItems &+= unreadableItems
        metrics.otherItems &+= otherItems
        metrics.pushesDropped &+= pushesDropped
        metrics.readingPauses &+= readingPauses
        metrics.outbox += outbox
        metrics.outboxRetries &+= outboxRetries
        delays.add(to: &metrics.messageDelaySeconds)
        metrics.malformedFrames &+= malformedFrames
        metrics.sequenceGaps &+= sequenceGaps
        metrics.unobservedPauses &+= unobservedPauses
        metrics.timelineEntries += timelineEntries
        metrics.sessionsShed &+= shed
        metrics.timelineDropped &+= timelineDropped
    }
}

extension EndpointMetrics {
    mutating func add(_ counters: EndpointCounters) {
        for outcome in CountsByOutcome.outcomes { attempts[outcome] &+= counters.attempts[outcome] }
        for failureClass in FailureClass.allCases { disconnects[failureClass] &+= counters.disconnects[failureClass] }
        connected += counters.connected
    }

    mutating func add(_ other: EndpointMetrics) {
        for outcome in CountsByOutcome.outcomes { attempts[outcome] &+= other.attempts[outcome] }
        for failureClass in FailureClass.allCases { disconnects[failureClass] &+= other.disconnects[failureClass] }
        waiting += other.waiting
        handshaking += other.handshaking
        connected += other.connected
    }
}
