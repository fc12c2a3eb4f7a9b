import HoldfastCore
import Logging

/// What is counted, remembered and told of an event.
extension Lane {
    func note(_ orders: Orders, _ index: Int, at now: Moment) {
        count(orders.notes)
        if orders.notes.contains(.heartbeatMissed) { countEndpoint(index) { $0.missedBeats &+= 1 } }
        if orders.notes.contains(.memoryChanged) { changedMemories.insert(UInt32(index)) }
        guard let account = slots[index].account else { return }
        keepRecord(of: orders, index, account, at: now)
        orders.transitions.forEach { transition in
            remember(transition, transition.failure == nil ? 0 : slots[index].lastRecord, index, account)
        }
        tell(orders, index, account, at: now)
        if !orders.transitions.isEmpty { updateRow(index, at: now) }
    }

    private func count(_ notes: Orders.Notes) {
        if notes.contains(.heartbeatMissed) { counters.heartbeatMisses &+= 1 }
        if notes.contains(.replySlow) { counters.slowReplies &+= 1 }
        if notes.contains(.stuckReset) { counters.stuckResets &+= 1 }
        if notes.contains(.restarted) { counters.restarts &+= 1 }
        if notes.contains(.illegalTransition) { counters.illegalTransitions &+= 1 }
        if notes.contains(.staleEvent) { counters.staleEvents &+= 1 }
    }

    private func remember(_ transition: Transition, _ record: UInt32, _ index: Int, _ account: Account) {
        if transition.from != .connected, transition.to == .connected { countEndpoint(index) { $0.connected += 1 } }
        if transition.from == .connected, transition.to != .connected {
            countEndpoint(index) { counters in
                counters.connected -= 1
                if let failure = transition.failure { counters.disconnects[failure.class] &+= 1 }
            }
        }
        let entry = CompactEntry(transition, record: record)
        let limit = Timeline.limit(accounts: fleetSize, isStored: control.store != nil)
        let before = slots[index].timeline.entries.count
        let dropped = slots[index].timeline.append(entry, limit: limit)
        counters.timelineDropped &+= UInt64(dropped)
        counters.timelineEntries += slots[index].timeline.entries.count - before
        if report.transitions.count < LaneReport.transitionLimit {
            report.transitions.append(
                LaneReport.Change(
                    slot: UInt32(index), account: account, transition: transition, note: records[entry.record]))
        } else {
            counters.unreported &+= 1
        }
    }

    /// What a login came to that brought nothing, in the timeline: an entry of its own, which changes no state.
    func noteLogin(_ reply: LoginReply, _ index: Int, at now: Moment) {
        guard let account = slots[index].account, let reason = reply.outcome.failureReason else { return }
        let session = slots[index].session
        let record = records.append(
            FailureNote(
                chain: [reply.reason], settings: session.settings, process: control.board.process,
                retry: Int(session.failures) + 1, delay: nil, rung: session.rung))
        let transition = Transition(
            at: now.wall, from: session.state, to: session.state, reason: reason, failures: session.failures,
            generation: session.generation, incarnation: session.incarnation, failure: nil)
        remember(transition, record, index, account)
    }

    /// Lines for people: one when an outage begins, one when it ends, and what needs attention (L1).
    private func tell(_ orders: Orders, _ index: Int, _ account: Account, at now: Moment) {
        let notes = orders.notes
        if !notes.isDisjoint(with: [.outageBegan, .outageEnded, .stable]) { slots[index].toldFailed = false }
        if notes.contains(.illegalTransition) { add(.illegalTransition, orders, index, account, at: now) }
        if notes.contains(.stuckReset) { add(.stuck, orders, index, account, at: now) }
        if notes.contains(.outageBegan) {
            slots[index].hadConnection = orders.transitions.first?.from == .connected
            add(slots[index].hadConnection ? .outageBegan : .cannotConnect, orders, index, account, at: now)
        }
        tellFailed(orders, index, account, at: now)
        if notes.contains(.restarted) { add(.restarted, orders, index, account, at: now) }
        if notes.contains(.quarantineBegan) { add(.quarantined, orders, index, account, at: now) }
        if notes.contains(.quarantineEnded) { add(.quarantineEnded, orders, index, account, at: now) }
        if notes.contains(.outageEnded) {
            // Who could not connect has lost nothing, and is not connected "again".
            add(slots[index].hadConnection ? .outageEnded : .connected, orders, index, account, at: now)
        } else if !slots[index].session.isFlapping {
            orders.transitions.forEach { transition in
                if transition.to == .connected { add(.connected, orders, index, account, at: now) }
            }
        }
    }

    func noteGap(_ index: Int, _ account: Account) {
        add(.sequenceGap, .nothing, index, account, at: observe())
    }

    /// Before what is done about it. Said once: the attempts go on while the outage lasts.
    private func tellFailed(_ orders: Orders, _ index: Int, _ account: Account, at now: Moment) {
        orders.transitions.forEach { transition in
            guard transition.to == .failed, !slots[index].toldFailed else { return }
            slots[index].toldFailed = true
            add(.failed, of: transition, orders, index, account, at: now)
        }
    }

    /// A line about one transition, or about all of them together: what it says is what was when they were made, not what a
    /// restart left of it.
    private func add(
        _ kind: LogLine.Kind, of one: Transition? = nil, _ orders: Orders, _ index: Int, _ account: Account,
        at now: Moment
    ) {
        guard report.lines.count < LaneReport.transitionLimit else { return }
        let session = slots[index].session
        let first = one ?? orders.transitions.first
        var last = one
        var failure = one?.failure
        if one == nil {
            orders.transitions.forEach {
                last = $0
                failure = failure ?? $0.failure
            }
        }
        report.lines.append(
            LogLine(
                kind: kind, account: account, from: first?.from ?? session.state, to: last?.to ?? session.state,
                reason: last?.reason, failure: failure, failures: first?.failures ?? session.failures,
                quarantine: kind == .quarantined ? session.quarantine : nil,
                delay: session.nextAttemptAt?.since(now.instant)))
    }

    /// Keeps what is known about a failure beside the failure itself (L2).
    private func keepRecord(of orders: Orders, _ index: Int, _ account: Account, at now: Moment) {
        guard let transition = orders.transitions.first, let failure = transition.failure else { return }
        if failure.detail == .descriptors { report.withoutDescriptor += 1 }
        let session = slots[index].session
        slots[index].lastRecord = records.append(
            FailureNote(
                chain: chain.isEmpty ? [FailureText.cause(of: failure)] : chain, said: said, settings: session.settings,
                process: control.board.process, retry: Int(transition.failures) + 1,
                delay: session.nextAttemptAt?.since(now.instant), rung: session.rung))
        (chain, said) = ([], nil)
    }
}

extension ProviderOutcome {
    /// How the timeline calls it; nil for what the session's own transitions tell.
    fileprivate var failureReason: TransitionReason? {
        switch self {
        case .renewed: nil
        case .rejected: .loginRejected
        case .needsPerson: .loginNeedsPerson
        case .tryLater: .loginPutOff
        }
    }
}
