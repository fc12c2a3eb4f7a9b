/// The events of an attempt and of a connection. Each tells what happened, when, and of which generation.
extension Session {
    // MARK: The attempt

    /// The gate grants the slot asked for: the attempt begins.
    ///
    /// - Parameter throughProxy: the first thing it must reach is a proxy, and not the gateway.
    public mutating func slotGranted(generation: UInt32, throughProxy: Bool = false, at now: Moment) -> Orders {
        var orders = Orders()
        guard generation == self.generation, isQueued else { return stale() }
        let attempt = Attempt(
            phase: .resolve, isAtProxy: throughProxy, since: now.instant,
            deadline: now.instant + settings.phases.resolve)
        move(to: .connecting(attempt), because: .slotGranted, at: now, &orders)
        orders.link = .connect
        return orders
    }

    /// The attempt has come to its next phase, which has its own deadline (C6). The registration is none of these: that
    /// begins with `linkOpened`, and nowhere else.
    public mutating func entered(_ phase: Phase, generation: UInt32, at now: Moment) -> Orders {
        guard generation == self.generation, case .connecting(let attempt) = machine,
            phase.rawValue > attempt.phase.rawValue, phase.rawValue < Phase.register.rawValue
        else { return stale() }
        let limit = settings.phases.limit(of: phase)
        // Being led to the gateway belongs to `connect`: whatever comes after it is with the gateway.
        machine = .connecting(
            Attempt(
                phase: phase, isAtProxy: attempt.isAtProxy && phase.rawValue <= Phase.connect.rawValue,
                since: now.instant, deadline: now.instant + limit))
        return .nothing
    }

    /// The gateway accepted the WebSocket upgrade. That is not success yet: now it must answer the registration (C4).
    public mutating func linkOpened(generation: UInt32, at now: Moment) -> Orders {
        guard generation == self.generation, case .connecting(let attempt) = machine,
            attempt.phase.rawValue < Phase.register.rawValue
        else { return stale() }
        let deadline = now.instant + settings.phases.register
        machine = .connecting(Attempt(phase: .register, since: now.instant, deadline: deadline))
        var orders = Orders()
        orders.link = .register
        return orders
    }

    /// The gateway positively answered the registration.
    public mutating func registered(
        generation: UInt32, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        guard generation == self.generation, case .connecting(let attempt) = machine, attempt.phase == .register else {
            return stale()
        }
        var orders = Orders()
        let liveness = Liveness(
            at: now.instant, registrationTime: now.instant.since(attempt.since), dictated: attempt.dictatedInterval,
            settings: settings.heartbeat, using: &generator)
        move(
            to: .connected(Connection(since: now.instant, liveness: liveness)), because: .registered, at: now, &orders)
        lastConnectedAt = now.wall
        orders.slot = .giveBack(.succeeded)
        if quarantine?.healsByProbe == true {
            quarantine = nil
            orders.notes.formUnion([.quarantineEnded, .memoryChanged])
        }
        if outage == .open {
            outage = .recovering
            orders.notes.insert(.outageEnded)
        }
        return orders
    }

    /// Something ended the attempt or the connection while its socket is still there: a refused registration, a
    /// violation found in a message. The socket is dropped.
    public mutating func failed(
        with failure: Failure, generation: UInt32, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        ended(by: failure, linkIsOpen: true, generation: generation, at: now, using: &generator)
    }

    /// The socket of this generation is gone.
    public mutating func linkClosed(
        with failure: Failure, generation: UInt32, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        ended(by: failure, linkIsOpen: false, generation: generation, at: now, using: &generator)
    }

    // MARK: The connection

    /// A business message arrived. On the hot path, so it orders nothing; the silence it ends is noticed by `wake`.
    ///
    /// - Returns: whether it may be taken: from the upgrade on, since a gateway may send what waited for us before it answers
    ///   the registration, and not every one delivers it again; until the connection is left.
    @discardableResult
    public mutating func messageReceived(generation: UInt32, at now: Moment) -> Bool {
        // As `isServed` has it, with one look at the machine.
        guard generation == self.generation,
            withLiveness({ $0.messageReceived(at: now.instant) }) != nil || phase == .register
        else { return false }
        lastMessageAt = now.wall
        return true
    }

    /// Whether there is a connection by which messages come and go.
    public var isServed: Bool { if case .connected = machine { true } else { phase == .register } }

    /// The gateway dictates how often it wants to hear heartbeats: with its greeting, or later. Clamped to
    /// `HeartbeatSettings.dictatedIntervals`, and in force for this connection.
    public mutating func intervalDictated(
        _ interval: Duration, generation: UInt32, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        guard generation == self.generation else { return stale() }
        let limits = HeartbeatSettings.dictatedIntervals
        let interval = min(max(interval, limits.lowerBound), limits.upperBound)
        if case .connecting(var attempt) = machine, attempt.phase == .register {
            attempt.dictatedInterval = interval
            machine = .connecting(attempt)
        }
        withLiveness { $0.dictate(interval, at: now.instant, using: &generator) }
        return .nothing
    }

    /// The gateway asks us to connect anew within this time, because it will end this connection. A planned reconnect, no
    /// failure: it comes at a random instant of that time, so that a fleet that was asked together does not leave together.
    ///
    /// It waits until the connection is stable: a gateway that asks again and again gets one reconnect in that time, and one
    /// that does not wait ends the connection itself, which is an ordinary failure.
    public mutating func reconnectAsked(
        within time: Duration, generation: UInt32, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        guard generation == self.generation else { return stale() }
        guard case .connected(var connection) = machine else { return .nothing }
        let longest = min(max(time, .zero), settings.retry.longestRetryAfter) * 9 / 10
        let drawn = max(
            now.instant + generator.duration(from: .zero, to: longest), connection.since + settings.retry.stableAfter)
        connection.leaveAt = connection.leaveAt.map { min($0, drawn) } ?? drawn
        machine = .connected(connection)
        return .nothing
    }

    /// A reply to one of our heartbeats arrived; `number` is nil where replies do not say to which.
    public mutating func heartbeatReplied(
        _ number: UInt32?, isPositive: Bool, generation: UInt32, at now: Moment,
        using generator: inout SeededGenerator
    ) -> Orders {
        guard generation == self.generation else { return stale() }
        let heartbeat = settings.heartbeat
        guard
            let verdict = withLiveness({
                $0.replied(to: number, isPositive: isPositive, at: now.instant, heartbeat)
            }) ?? nil
        else { return stale() }
        if isPositive { lastHeartbeatReplyAt = now.wall }
        return carryOut(verdict, at: now, using: &generator)
    }

    /// The socket did not take the beat that was just ordered; `drained` must follow within `sendTimeout`.
    public mutating func beatBlocked(generation: UInt32, at now: Moment) {
        guard generation == self.generation else { return }
        let heartbeat = settings.heartbeat
        withLiveness { $0.beatBlocked(at: now.instant, heartbeat) }
    }

    /// The socket has taken everything we gave it.
    public mutating func drained(generation: UInt32) {
        guard generation == self.generation else { return }
        withLiveness { $0.drained() }
    }

    /// Reading from this socket is paused by us, because what it delivers cannot be taken (T7, H8).
    public mutating func readingPaused(at now: Moment) {
        withLiveness { $0.readingPaused(at: now.instant) }
    }

    /// Reading goes on; the peer is asked anew before any silence is held against it.
    public mutating func readingResumed(at now: Moment, using generator: inout SeededGenerator) -> Orders {
        guard let verdict = withLiveness({ $0.readingResumed(at: now.instant) }) else { return .nothing }
        return carryOut(verdict, at: now, using: &generator)
    }

    /// For this long we could not have noticed anything (H8): the loop was late, the process stopped, the machine
    /// suspended. No deadline that waits for a peer may have passed in that time.
    public mutating func unobserved(
        for duration: Duration, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        switch machine {
        case .connecting(var attempt):
            attempt.deadline = attempt.deadline + duration
            machine = .connecting(attempt)
        case .leaving(let deadline):
            machine = .leaving(deadline: deadline + duration)
        case .releasing(var release):
            release.deadline = release.deadline + duration
            machine = .releasing(release)
        case .connected:
            if let verdict = withLiveness({ $0.unobserved(for: duration, at: now.instant) }) {
                return carryOut(verdict, at: now, using: &generator)
            }
        case .resting, .pausing, .queuedFirst, .waiting, .queued, .failedWaiting, .renewing, .cooling, .parked:
            break
        }
        return .nothing
    }

    // MARK: Time

    /// The deadline has come. Called early or late it does what is due, and nothing else.
    public mutating func wake(at now: Moment, using generator: inout SeededGenerator) -> Orders {
        guard let deadline, deadline <= now.instant else { return .nothing }
        var orders = Orders()
        switch machine {
        case .resting, .parked:
            break
        case .pausing:
            queue(at: now, &orders)
        case .queuedFirst:
            // A lost grant costs half a minute, not for ever. Asking again for the same generation is harmless.
            machine = .queuedFirst(askAgainAt: now.instant + SweepSettings.askAgainAfter)
            orders.slot = .request
        case .queued:
            machine = .queued(askAgainAt: now.instant + SweepSettings.askAgainAfter)
            orders.slot = .request
        case .waiting:
            queue(at: now, &orders)
        case .failedWaiting:
            queue(because: quarantine == nil ? .retryDue : .probeDue, at: now, &orders)
        case .renewing:
            machine = .renewing(askAgainAt: now.instant + SweepSettings.askAgainAfter)
            orders.renew = true
        case .cooling:
            askForRenewal(at: now, &orders)
        case .connecting(let attempt):
            let cause: FailureCause = attempt.isAtProxy ? .proxy(.silent) : .timeout(attempt.phase)
            let failure = Failure.classify(cause, phase: attempt.phase)
            return failed(with: failure, generation: generation, at: now, using: &generator)
        case .connected(var connection):
            if !connection.isStable, connection.since + settings.retry.stableAfter <= now.instant {
                connection.isStable = true
                becomeStable(&orders)
            }
            if let leaveAt = connection.leaveAt, leaveAt <= now.instant {
                connection.leaveAt = nil
                machine = .connected(connection)
                // Refused only where there is nothing to reconnect.
                try? reconnect(because: .gatewayAsked, at: now, &orders)
                return orders
            }
            if !connection.isRefreshing, !renewal.needsPerson, let refresh, refresh.dueAt <= now.instant {
                connection.isRefreshing = refreshIsDue(refresh, at: now)
                orders.renew = connection.isRefreshing
            }
            let verdict = connection.liveness.wake(at: now.instant, settings.heartbeat)
            machine = .connected(connection)
            var more = carryOut(verdict, at: now, using: &generator)
            more.notes.formUnion(orders.notes)
            more.renew = orders.renew && state == .connected
            return more
        case .leaving:
            // The wire aborts an unanswered close by itself; this is the belt to its braces.
            orders.link = .abort
            queue(at: now, &orders)
        case .releasing(let release):
            if release.linkIsOpen { orders.link = .abort }
            endRelease(pause: release.pause, at: now, &orders)
        }
        return orders
    }

    /// The stuck sweep (C7): a session whose deadline passed long ago although nobody woke it, or that should have one and has
    /// none, starts anew under a new generation.
    public mutating func sweep(at now: Moment) -> Orders {
        guard isStuck(at: now) else { return .nothing }
        var orders = Orders()
        orders.notes.insert(.stuckReset)
        reset(because: .stuck, at: now, &orders)
        return orders
    }

    private func isStuck(at now: Moment) -> Bool {
        if let deadline { return deadline + SweepSettings.tolerance < now.instant }
        // Only a person, or another credential, is waited for without a deadline.
        return isEnabled && quarantine?.healsByProbe != false
    }

    // MARK: Moving

    /// The only way from one state to another. A transition the table forbids resets this one account and is counted;
    /// it never traps (C1).
    mutating func move(
        to next: Machine, because reason: TransitionReason, failure: Failure? = nil, at now: Moment,
        _ orders: inout Orders
    ) {
        let from = machine.state
        let to = next.state
        guard from != to else {
            machine = next
            return
        }
        guard from.mayGo(to: to) else {
            orders.notes.insert(.illegalTransition)
            reset(because: .stuck, at: now, &orders)
            return
        }
        machine = next
        lastStateChangeAt = now.wall
        if from == .connected { notConnectedSince = now.instant }
        if to == .connected { notConnectedSince = nil }
        orders.transitions.append(
            Transition(
                at: now.wall, from: from, to: to, reason: reason, failures: failures, generation: generation,
                incarnation: incarnation, failure: failure))
    }

    /// Asks for a slot under a new generation.
    mutating func queue(because reason: TransitionReason = .retryDue, at now: Moment, _ orders: inout Orders) {
        generation &+= 1
        let askAgainAt = now.instant + SweepSettings.askAgainAfter
        switch machine.state {
        case .disconnected:
            machine = .queuedFirst(askAgainAt: askAgainAt)
        case .connecting, .connected, .reconnecting, .failed, .closed:
            move(to: .queued(askAgainAt: askAgainAt), because: reason, at: now, &orders)
        }
        orders.slot = .request
    }

    /// Drops whatever there is and begins again, by legal transitions only.
    private mutating func reset(because reason: TransitionReason, at now: Moment, _ orders: inout Orders) {
        if holdsLink { orders.link = .abort }
        if isQueued || state == .connecting { orders.slot = .giveBack(.abandoned) }
        switch machine.state {
        case .connecting, .connected:
            let release = Release(deadline: now.instant, linkIsOpen: false, workIsOpen: false, pause: .zero)
            move(to: .releasing(release), because: reason, at: now, &orders)
            move(to: .resting, because: .released, at: now, &orders)
        case .reconnecting, .failed, .closed:
            move(to: .resting, because: reason, at: now, &orders)
        case .disconnected:
            machine = .resting
        }
        begin(pause: .zero, at: now, &orders)
    }

    func stale() -> Orders {
        var orders = Orders()
        orders.notes = .staleEvent
        return orders
    }

    @discardableResult
    private mutating func withLiveness<Result>(_ body: (inout Liveness) -> Result) -> Result? {
        guard case .connected(var connection) = machine else { return nil }
        let result = body(&connection.liveness)
        machine = .connected(connection)
        return result
    }

    private mutating func carryOut(
        _ verdict: Liveness.Verdict, at now: Moment, using generator: inout SeededGenerator
    ) -> Orders {
        var orders = Orders()
        if verdict.isDead {
            let failure = Failure.classify(.heartbeatDead, phase: .established)
            orders = failed(with: failure, generation: generation, at: now, using: &generator)
        } else if let beat = verdict.beat {
            orders.beat = beat
            lastHeartbeatSentAt = now.wall
        }
        if verdict.missed > 0 { orders.notes.insert(.heartbeatMissed) }
        if verdict.isSlow { orders.notes.insert(.replySlow) }
        if verdict.becameQuiet { orders.notes.insert(.quiet) }
        return orders
    }

    private mutating func becomeStable(_ orders: inout Orders) {
        if rung != .none || renewal.fruitless != 0 { orders.notes.insert(.memoryChanged) }
        failures = 0
        climbing = 0
        rejections = 0
        rung = .none
        renewal.fruitless = 0
        orders.notes.insert(.stable)
        if outage == .flapping { orders.notes.insert(.outageEnded) }
        outage = .none
    }
}

extension PhaseSettings {
    /// The deadline of one phase, counted from its beginning.
    public func limit(of phase: Phase) -> Duration {
        switch phase {
        case .resolve: resolve
        case .connect: connect
        case .tls: tls
        case .upgrade: upgrade
        case .register: register
        case .established, .close: close
        }
    }
}
