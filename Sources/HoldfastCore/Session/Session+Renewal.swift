/// Other credentials: asked for when the ladder says so (F5, F7), and planned before they expire (K3).
extension Session {
    /// When a token is refreshed, and how far that may be put off.
    struct Refresh: Hashable, Sendable {
        var dueAt: Instant
        /// When the token is worthless.
        var expiresAt: Instant
        /// Less than a tenth of its time is left from here on: nothing puts the refresh off any more.
        var lastCallAt: Instant
    }

    /// What the store keeps of this session.
    public var memory: SessionMemory {
        var memory = SessionMemory()
        memory.rung = rung
        memory.quarantine = quarantine
        memory.restarts = restarts
        memory.renewal = renewal
        return memory
    }

    /// Takes up what the store kept, before the session is enabled for the first time.
    public mutating func recall(_ memory: SessionMemory) {
        rung = memory.rung
        quarantine = memory.quarantine
        restarts = memory.restarts
        renewal = memory.renewal
    }

    /// The account has a token that was got at `obtainedAt` and lives for `lifetime`; nil means that nobody said how
    /// long, and then it is refreshed every `refreshEvery`.
    public mutating func tokenObtained(at obtainedAt: WallTime, lifetime: Duration?, now: Moment) {
        guard settings.recovery.canRenew else { return }
        // Refreshed when four fifths of its life are over; for a life that nobody promised the planned interval is that.
        let whole = max(.seconds(1), lifetime ?? settings.recovery.refreshEvery * 5 / 4)
        let age = max(.zero, min(whole, now.wall.since(obtainedAt)))
        let expiresAt = now.instant + (whole - age)
        refresh = Refresh(dueAt: expiresAt - whole / 5, expiresAt: expiresAt, lastCallAt: expiresAt - whole / 10)
    }

    /// The desk has written down that it begins a login, and begins it.
    public mutating func renewalStarted(at now: Moment) {
        renewal.start(at: now.wall)
    }

    /// The login has ended. What it brought is already sealed and stored.
    public mutating func renewalEnded(_ outcome: RenewalOutcome, at now: Moment) -> Orders {
        var orders = Orders()
        orders.notes.insert(.memoryChanged)
        clampStamps(at: now.wall)
        switch outcome {
        case .renewed(let lifetime):
            tokenObtained(at: now.wall, lifetime: lifetime, now: now)
            failures = 0
            climbing = 0
            renewal.needsPerson = false
        case .needsPerson:
            renewal.needsPerson = true
        case .rejected, .tryLater:
            putOffRefresh(at: now)
        }
        switch machine {
        case .renewing, .cooling:
            endWaiting(for: outcome, at: now, &orders)
        case .connected(var connection):
            connection.isRefreshing = false
            machine = .connected(connection)
            // The old token still holds: a planned reconnect, no failure. Nothing else is done if it failed; where it needs a
            // person, that is a reason of the account's health, and the end of the token is a quarantine.
            if case .renewed = outcome { try? reconnect(because: .renewed, at: now, &orders) }
        case .resting, .pausing, .queuedFirst, .connecting, .leaving, .waiting, .queued, .failedWaiting, .parked,
            .releasing:
            break
        }
        return orders
    }

    /// The operator has put another credential in place (K4). Ends a quarantine that waited for one.
    public mutating func credentialChanged(at now: Moment) -> Orders {
        var orders = Orders()
        rejections = 0
        personActed(&orders)
        if quarantine == .auth || quarantine == .login {
            try? endQuarantine(at: now, &orders)
        } else {
            // Refused only where there is nothing to reconnect.
            try? reconnect(because: .settingsChanged, at: now, &orders)
        }
        return orders
    }

    /// A login that needed a person may be tried again.
    mutating func personActed(_ orders: inout Orders) {
        guard renewal.needsPerson else { return }
        renewal.needsPerson = false
        orders.notes.insert(.memoryChanged)
    }

    /// Asks the desk now, or when the cooldown is over.
    mutating func askForRenewal(at now: Moment, _ orders: inout Orders) {
        clampStamps(at: now.wall)
        let wait = renewal.remaining(at: now.wall, settings.recovery)
        if wait > .zero {
            move(to: .cooling(until: now.instant + wait), because: .renewing, at: now, &orders)
        } else {
            let askAgainAt = now.instant + SweepSettings.askAgainAfter
            move(to: .renewing(askAgainAt: askAgainAt), because: .renewing, at: now, &orders)
            orders.renew = true
        }
    }

    mutating func renewByHand(at now: Moment, _ orders: inout Orders) throws(SessionRefusal) {
        guard isEnabled else { throw .disabled }
        guard settings.recovery.canRenew else { throw .noProvider }
        clampStamps(at: now.wall)
        guard renewal.mayStart(at: now.wall, settings.recovery) else { throw .coolingDown }
        orders.renew = true
        personActed(&orders)
        if quarantine == .auth || quarantine == .login {
            quarantine = nil
            rejections = 0
            orders.notes.formUnion([.quarantineEnded, .memoryChanged])
            if state == .failed {
                askForRenewal(at: now, &orders)
            } else if machine == .resting {
                begin(pause: .zero, at: now, &orders)
            }
        }
    }

    /// Whether the planned refresh is to be ordered now. A recent business message puts it off, but never past the last
    /// call.
    mutating func refreshIsDue(_ refresh: Refresh, at now: Moment) -> Bool {
        guard refresh.lastCallAt > now.instant, let lastMessageAt else { return true }
        let restEnds = now.instant + (settings.recovery.refreshRest - max(.zero, now.wall.since(lastMessageAt)))
        guard restEnds > now.instant else { return true }
        self.refresh?.dueAt = min(restEnds, refresh.lastCallAt)
        return false
    }

    private mutating func putOffRefresh(at now: Moment) {
        guard let refresh else { return }
        let left = max(.zero, refresh.expiresAt.since(now.instant))
        let wait = left > .zero ? min(settings.recovery.refreshRetry, left / 2) : settings.recovery.refreshRetry
        let cooldown = renewal.remaining(at: now.wall, settings.recovery)
        self.refresh?.dueAt = now.instant + max(wait, cooldown)
    }

    private mutating func endWaiting(for outcome: RenewalOutcome, at now: Moment, _ orders: inout Orders) {
        switch outcome {
        case .renewed:
            queue(because: .renewed, at: now, &orders)
        case .needsPerson:
            park(.login, &orders)
        case .rejected where lastFailure?.class == .auth:
            // The gateway does not accept the token and the provider does not accept the credential.
            park(.auth, &orders)
        case .rejected, .tryLater:
            if lastFailure?.class == .auth {
                askForRenewal(at: now, &orders)
            } else {
                // The connection may come back without a login, so go on at the ceiling. The next rung is climbed by
                // the next failure.
                queue(because: .retryDue, at: now, &orders)
            }
        }
    }

    private mutating func park(_ cause: Quarantine, _ orders: inout Orders) {
        quarantine = cause
        rung = .quarantine
        machine = .parked
        orders.notes.insert(.quarantineBegan)
    }
}
