/// What a person can ask of a session (F12).
public enum SessionCommand: String, Hashable, Sendable, CaseIterable {
    case enable, disable, reconnect, reset, renew, restart, quarantine, release
}

/// Why a command does not apply to a session as it is. Nothing was changed.
public enum SessionRefusal: String, Hashable, Sendable, Error, CaseIterable {
    /// The account is switched off: enable it first.
    case disabled
    /// The account is quarantined: release it first.
    case quarantined
    /// The account is not quarantined.
    case notQuarantined = "not_quarantined"
    /// Its incarnation is being released; ask again in a few seconds.
    case releasing
    /// It has no provider that could renew its credential.
    case noProvider = "no_provider"
    /// Its last login is too recent; the next one may begin when the cooldown is over.
    case coolingDown = "cooling_down"
    /// It has been restarted too often; wait, or release it from quarantine.
    case tooManyRestarts = "too_many_restarts"
}

extension Session {
    /// Carries out what a person asked for. Asking for what already holds is no error and changes nothing.
    public mutating func perform(_ command: SessionCommand, at now: Moment) throws(SessionRefusal) -> Orders {
        var orders = Orders()
        switch command {
        case .enable: enable(at: now, &orders)
        case .disable: disable(at: now, &orders)
        case .reconnect: try reconnect(because: .operatorReconnect, at: now, &orders)
        case .reset: try resetFailures(at: now, &orders)
        case .renew: try renewByHand(at: now, &orders)
        case .restart: try restartByHand(at: now, &orders)
        case .quarantine: try quarantineByHand(at: now, &orders)
        case .release: try endQuarantine(at: now, &orders)
        }
        return orders
    }

    /// New settings are in force from their next use on. Where they need another connection (another URL, another
    /// credential), a planned reconnect follows, which is no failure.
    public mutating func apply(_ settings: SessionSettings, needsReconnect: Bool, at now: Moment) -> Orders {
        self.settings = settings
        var orders = Orders()
        if needsReconnect, isEnabled, quarantine == nil {
            // Refused only where there is nothing to reconnect.
            try? reconnect(because: .settingsChanged, at: now, &orders)
        }
        return orders
    }

    /// The process is going down, or the account is no longer declared: close politely and begin nothing new (O5).
    public mutating func shutDown(because reason: TransitionReason = .shutdown, at now: Moment) -> Orders {
        var orders = Orders()
        isEnabled = false
        release(because: reason, closeCode: CloseCode.goingAway, pause: .zero, at: now, &orders)
        return orders
    }

    /// Everything that belonged to the incarnation has been freed.
    public mutating func released(at now: Moment) -> Orders {
        guard case .releasing(var release) = machine else { return stale() }
        var orders = Orders()
        release.workIsOpen = false
        machine = .releasing(release)
        if !release.linkIsOpen { endRelease(pause: release.pause, at: now, &orders) }
        return orders
    }

    // MARK: The commands

    private mutating func enable(at now: Moment, _ orders: inout Orders) {
        guard !isEnabled else { return }
        isEnabled = true
        notConnectedSince = now.instant
        // While an incarnation is being released, the end of that begins the next one.
        if machine == .resting { begin(pause: .zero, at: now, &orders) }
    }

    private mutating func disable(at now: Moment, _ orders: inout Orders) {
        guard isEnabled else { return }
        isEnabled = false
        outage = .none
        release(because: .disabled, pause: .zero, at: now, &orders)
    }

    mutating func reconnect(
        because reason: TransitionReason, at now: Moment, _ orders: inout Orders
    ) throws(SessionRefusal) {
        guard isEnabled else { throw .disabled }
        guard quarantine == nil else { throw .quarantined }
        switch machine {
        case .connected:
            orders.link = .close(code: CloseCode.normal)
            // One second more than the wire gives itself.
            let deadline = now.instant + settings.phases.close + .seconds(1)
            move(to: .leaving(deadline: deadline), because: reason, at: now, &orders)
        case .connecting:
            orders.link = .abort
            queue(because: reason, at: now, &orders)
        case .pausing, .waiting, .failedWaiting, .renewing, .cooling, .parked, .resting:
            queue(because: reason, at: now, &orders)
        case .leaving, .queued, .queuedFirst:
            break
        case .releasing:
            throw .releasing
        }
    }

    private mutating func resetFailures(at now: Moment, _ orders: inout Orders) throws(SessionRefusal) {
        guard quarantine == nil else { throw .quarantined }
        failures = 0
        climbing = 0
        rejections = 0
        if rung != .none { orders.notes.insert(.memoryChanged) }
        rung = .none
        // The ladder had decided on the count that is gone: begin again.
        if state == .failed, isEnabled { queue(because: .operatorReset, at: now, &orders) }
    }

    private mutating func restartByHand(at now: Moment, _ orders: inout Orders) throws(SessionRefusal) {
        guard isEnabled else { throw .disabled }
        guard quarantine == nil else { throw .quarantined }
        if case .releasing = machine { throw .releasing }
        clampStamps(at: now.wall)
        guard mayRestart(at: now) else { throw .tooManyRestarts }
        restart(because: .operatorRestart, pause: .zero, at: now, &orders)
    }

    private mutating func quarantineByHand(at now: Moment, _ orders: inout Orders) throws(SessionRefusal) {
        guard quarantine != .person else { return }
        if quarantine == nil { orders.notes.insert(.quarantineBegan) }
        orders.notes.insert(.memoryChanged)
        quarantine = .person
        rung = .quarantine
        if state == .failed {
            machine = .parked
        } else {
            release(because: .quarantined, pause: .zero, at: now, &orders)
        }
    }

    mutating func endQuarantine(at now: Moment, _ orders: inout Orders) throws(SessionRefusal) {
        guard quarantine != nil else { throw .notQuarantined }
        quarantine = nil
        rung = .none
        failures = 0
        climbing = 0
        rejections = 0
        restarts = []
        personActed(&orders)
        orders.notes.formUnion([.quarantineEnded, .memoryChanged])
        switch machine {
        case .resting: begin(pause: .zero, at: now, &orders)
        case .pausing, .failedWaiting, .renewing, .cooling, .parked:
            if isEnabled { queue(because: .operatorRelease, at: now, &orders) }
        case .queuedFirst, .connecting, .connected, .leaving, .waiting, .queued, .releasing: break
        }
    }

    // MARK: Incarnations

    /// Begins a new incarnation, if the account is meant to run. A quarantined one that may heal by itself waits for its
    /// next probe; any other quarantined one waits for a person.
    mutating func begin(pause: Duration, at now: Moment, _ orders: inout Orders) {
        guard isEnabled, quarantine?.healsByProbe != false else { return }
        incarnation &+= 1
        let pause = quarantine == nil ? pause : max(pause, settings.recovery.probeEvery)
        if pause > .zero {
            machine = .pausing(until: now.instant + pause)
        } else {
            queue(at: now, &orders)
        }
    }

    /// Ends this incarnation: the socket is closed politely if it is connected and dropped if not, the lane frees what
    /// else there is, and at the latest after `releaseTimeout` it is over.
    mutating func release(
        because reason: TransitionReason, closeCode: UInt16 = CloseCode.normal, pause: Duration, at now: Moment,
        _ orders: inout Orders
    ) {
        if isQueued || state == .connecting { orders.slot = .giveBack(.abandoned) }
        var linkIsOpen = false
        switch machine {
        case .resting:
            return
        case .pausing, .queuedFirst:
            // Nothing has been opened in this incarnation, so there is nothing to release.
            machine = .resting
            begin(pause: pause, at: now, &orders)
            return
        case .releasing(var release):
            release.pause = pause
            machine = .releasing(release)
            return
        case .connected:
            orders.link = .close(code: closeCode)
            linkIsOpen = true
        case .leaving:
            linkIsOpen = true
        case .connecting:
            orders.link = .abort
        case .waiting, .queued, .failedWaiting, .renewing, .cooling, .parked:
            break
        }
        let deadline = now.instant + settings.recovery.releaseTimeout
        move(
            to: .releasing(Release(deadline: deadline, linkIsOpen: linkIsOpen, pause: pause)), because: reason, at: now,
            &orders)
        orders.releaseIncarnation = true
    }

    mutating func endRelease(pause: Duration, at now: Moment, _ orders: inout Orders) {
        move(to: .resting, because: .released, at: now, &orders)
        begin(pause: pause, at: now, &orders)
    }
}
