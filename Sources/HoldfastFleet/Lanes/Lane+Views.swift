import HoldfastCore

/// What others want to know.
extension Lane {
    /// The account in this slot, if it is still the one that is meant.
    func find(_ slot: UInt32, id: String) -> Int? {
        let index = Int(slot)
        guard index < slots.count, slots[index].account?.id == id, !slots[index].isLeaving else { return nil }
        return index
    }

    func view(of entry: Directory.Entry) -> AccountView? {
        if let waiting = successors[entry.key.slot], waiting.account.id == entry.account.id { return view(waiting) }
        return find(entry.key.slot, id: entry.account.id).flatMap { view($0) }
    }

    func view(_ index: Int) -> AccountView? { view(slots[index], at: observe()) }

    /// As it will begin, when whoever is leaving its slot has gone.
    private func view(_ waiting: Arrival) -> AccountView? {
        let now = observe()
        var slot = Slot(waiting.account)
        if waiting.known?.isEnabled ?? waiting.account.configuration.isEnabled {
            _ = try? slot.session.perform(.enable, at: now)
        }
        return view(slot, at: now)
    }

    private func view(_ slot: Slot, at now: Moment) -> AccountView? {
        guard let account = slot.account else { return nil }
        let session = slot.session
        var evidence = session.healthEvidence(at: now)
        evidence.isReadingPaused = slot.isReadingPaused
        evidence.messageDelay = slot.messageDelay
        evidence.isBreakerOpen = control.board.isBreakerOpen(account.endpoint)
        return AccountView(
            id: account.id, url: account.configuration.target.publicURL, dialect: account.configuration.dialect.name,
            origin: account.configuration.origin, isEnabled: session.isEnabled, state: session.state,
            status: evidence.status(), health: evidence.score(), reasons: evidence.reasons(),
            failures: Int(session.failures), generation: session.generation, incarnation: session.incarnation,
            lastMessageAt: session.lastMessageAt, lastHeartbeatSentAt: session.lastHeartbeatSentAt,
            lastHeartbeatReplyAt: session.lastHeartbeatReplyAt, lastConnectedAt: session.lastConnectedAt,
            lastStateChangeAt: session.lastStateChangeAt,
            replyMilliseconds: session.liveness?.lastReplyTime.map { $0.inSeconds * 1_000 },
            replyP50: slot.replies.quantile(0.5), replyP99: slot.replies.quantile(0.99),
            messageDelay: slot.messageDelay,
            nextAttemptAt: session.nextAttemptAt.map { now.wall + $0.since(now.instant) }, ladder: session.rung,
            quarantine: session.quarantine, lastFailure: failureView(slot),
            lastLogin: slot.lastLogin.map { LoginView(at: $0.at, outcome: $0.outcome, reason: $0.reason) })
    }

    private func failureView(_ slot: Slot) -> FailureView? {
        let session = slot.session
        guard let failure = session.lastFailure, let at = session.lastFailureAt else { return nil }
        let record = records[slot.lastRecord]
        return FailureView(
            at: at, class: failure.class, code: failure.code,
            message: FailureText.message(for: failure, chain: record?.chain ?? []), phase: failure.phase,
            said: record?.said)
    }

    /// Newest first.
    func timeline(_ index: Int, limit: Int) -> [TimelineEntry] {
        slots[index].timeline.entries.suffix(max(0, limit)).reversed().map { $0.entry(record: records[$0.record]) }
    }

    /// Brings the board's row up to date, with the next report.
    func updateRow(_ index: Int, at now: Moment) {
        let row = slots[index].currentRow(at: now)
        guard row != slots[index].row else { return }
        slots[index].row = row
        report.rows.append((UInt32(index), row, row.isPresent ? slots[index].account : nil))
    }

    /// Hands everything that happened since the last report to the control loop.
    ///
    /// - Parameter endsSecond: whether the worst lag begins anew, which is told second by second.
    func sendReport(at now: Moment, endsSecond: Bool = true) {
        report.at = now.instant
        report.counters = counters
        report.lag = worstLag
        report.endpoints = endpoints.takeChanged()
        for slot in changedMemories {
            guard let account = slots[Int(slot)].account else { continue }
            report.memories.append((account, slots[Int(slot)].session.memory))
        }
        changedMemories.removeAll(keepingCapacity: true)
        if endsSecond { worstLag = .zero }
        let finished = report
        report = LaneReport(lane: index, at: now.instant, counters: counters, lag: .zero)
        control.take(finished)
    }
}
