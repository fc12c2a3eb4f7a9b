/// What follows from a failure: wait, go on at the ceiling, restart the instance, or call a person (F2–F6, F8).
extension Session {
    /// The answer of the ladder.
    enum Step: Hashable, Sendable {
        /// Try again after the drawn delay, as `reconnecting`.
        case retry
        /// Try again after the drawn delay, as `failed`: the outage goes on, and nothing else would help now.
        case goOn
        /// Get another credential, as soon as the cooldown allows it; no attempt before.
        case renew
        case restart
        case quarantine(Quarantine)
    }

    /// The end of an attempt or a connection, however it came.
    mutating func ended(
        by failure: Failure, linkIsOpen: Bool, generation: UInt32, at now: Moment,
        using generator: inout SeededGenerator
    ) -> Orders {
        guard generation == self.generation else { return stale() }
        var orders = Orders()
        switch machine {
        case .connecting:
            orders.slot = .giveBack(failure.outcome)
        case .connected:
            break
        case .leaving:
            // The end of a planned close is no failure.
            if linkIsOpen { orders.link = .abort }
            queue(at: now, &orders)
            return orders
        case .releasing(var release):
            if linkIsOpen { orders.link = .abort }
            release.linkIsOpen = false
            machine = .releasing(release)
            if !release.workIsOpen { endRelease(pause: release.pause, at: now, &orders) }
            return orders
        case .resting, .pausing, .queuedFirst, .waiting, .queued, .failedWaiting, .renewing, .cooling, .parked:
            return stale()
        }
        // F11: trouble in our own handling never touches the connection. If the socket is gone all the same, it is gone.
        guard failure.class != .handler || !linkIsOpen else { return .nothing }
        if linkIsOpen { orders.link = .abort }
        clampStamps(at: now.wall)
        note(failure, at: now, &orders)
        let delay = Backoff.delay(for: failure, failures: failures, settings: settings.retry, using: &generator)
        take(nextStep(after: failure, at: now), failure: failure, delay: delay, at: now, &orders)
        return orders
    }

    private mutating func note(_ failure: Failure, at now: Moment, _ orders: inout Orders) {
        if failures < .max { failures += 1 }
        lastFailure = failure
        lastFailureAt = now.wall
        // Nobody has rejected what was never shown.
        if failure.class == .auth, failure.detail != .noCredential, rejections < .max { rejections += 1 }
        if !settings.recovery.climb.contains(failure.class) {
            climbing = 0
        } else if climbing < .max {
            climbing += 1
        }
        switch outage {
        case .none:
            outage = .open
            orders.notes.insert(.outageBegan)
        case .recovering:
            outage = .flapping
        case .open, .flapping:
            break
        }
    }

    /// The decision itself: reads the session, changes nothing.
    func nextStep(after failure: Failure, at now: Moment) -> Step {
        if let quarantine { return .quarantine(quarantine) }
        let climbs = settings.recovery.climb.contains(failure.class)
        if failure.class == .auth, climbs {
            if rejections >= 2 { return .quarantine(.auth) }
            if settings.recovery.canRenew { return renewal.needsPerson ? .quarantine(.login) : .renew }
        }
        // Its user and password are the operator's, and perhaps of many accounts: going on would have the proxy lock them out.
        if failure.isRejectedByProxy, failures >= 2 { return .quarantine(.permanent) }
        guard Int(failures) >= settings.retry.maxFailures else { return .retry }
        if failure.class == .permanent { return .quarantine(.permanent) }
        guard climbs, Int(climbing) >= min(settings.retry.maxFailures, Int(UInt8.max)) else { return .goOn }
        if rung < .renew, settings.recovery.canRenew, !renewal.needsPerson {
            // While the login cools down the session goes on trying; it does not climb past it.
            return renewal.mayStart(at: now.wall, settings.recovery) ? .renew : .goOn
        }
        if rung >= .restart { return .quarantine(.ladder) }
        return mayRestart(at: now) ? .restart : .quarantine(.restarts)
    }

    /// The wall clock may have been set back: what then lies in the future counts as now, so that it blocks no login and
    /// no restart for longer than its own time (design, decision 6).
    mutating func clampStamps(at now: WallTime) {
        renewal.clamp(at: now)
        for index in restarts.indices where restarts[index] > now { restarts[index] = now }
    }

    /// At most `maxRestarts` in any `restartWindow` (F8).
    func mayRestart(at now: Moment) -> Bool {
        let recent = restarts.count { now.wall.since($0) < settings.recovery.restartWindow }
        return recent < settings.recovery.maxRestarts
    }

    private mutating func take(
        _ step: Step, failure: Failure, delay: Duration, at now: Moment, _ orders: inout Orders
    ) {
        let until = now.instant + delay
        switch step {
        case .retry:
            move(to: .waiting(until: until), because: .failure, failure: failure, at: now, &orders)
        case .goOn:
            fail(into: .failedWaiting(until: until), because: .tooManyFailures, failure, at: now, &orders)
        case .renew:
            rung = max(rung, .renew)
            orders.notes.insert(.memoryChanged)
            fail(into: .parked, because: .renewing, failure, at: now, &orders)
            askForRenewal(at: now, &orders)
        case .restart:
            rung = .restart
            fail(into: .parked, because: .tooManyFailures, failure, at: now, &orders)
            restart(because: .ladderRestart, pause: delay, at: now, &orders)
        case .quarantine(let cause):
            if quarantine == nil {
                quarantine = cause
                orders.notes.formUnion([.quarantineBegan, .memoryChanged])
            }
            rung = .quarantine
            let probeAt = now.instant + max(delay, settings.recovery.probeEvery)
            fail(
                into: cause.healsByProbe ? .failedWaiting(until: probeAt) : .parked, because: .quarantined, failure,
                at: now, &orders)
        }
    }

    /// To `failed`. A connection gets there by way of `reconnecting`: the table has no shorter one.
    private mutating func fail(
        into machine: Machine, because reason: TransitionReason, _ failure: Failure, at now: Moment,
        _ orders: inout Orders
    ) {
        if state == .connected {
            move(to: .waiting(until: now.instant), because: .failure, failure: failure, at: now, &orders)
        }
        move(to: machine, because: reason, failure: failure, at: now, &orders)
    }

    /// Releases this incarnation and lets the next one begin with a clean count (F8).
    mutating func restart(
        because reason: TransitionReason, pause: Duration, at now: Moment, _ orders: inout Orders
    ) {
        restarts.removeAll { now.wall.since($0) >= settings.recovery.restartWindow }
        restarts.append(now.wall)
        failures = 0
        climbing = 0
        orders.notes.formUnion([.restarted, .memoryChanged])
        release(because: reason, pause: pause, at: now, &orders)
    }
}

extension Failure {
    /// What the attempt that ended with this failure says about its endpoint (F9).
    ///
    /// Accounts that go straight to a gateway share its breaker with those that go through a proxy, so a proxy is believed only
    /// where it says that it could not reach the gateway; it may as well be the proxy that is down, hangs or is overloaded.
    var outcome: AttemptOutcome {
        switch detail {
        case .proxyFailed, .proxyTimeout, .proxyAuthentication, .notAProxy: .abandoned
        // The endpoint was not even asked.
        case .noCredential: .abandoned
        // Bad gateway, gateway timeout (RFC 9110 §15.6).
        case .proxyStatus: [502, 504].contains(number) ? .endpointFailed : .abandoned
        // Network or host out of reach, refused, too far (RFC 1928 §6).
        case .proxyReply: (3...6).contains(number) ? .endpointFailed : .abandoned
        // It may be the account's own certificate or versions; and an endpoint that agrees on TLS with nobody is not hurt by
        // attempts that end there.
        case .tls: .accountFailed
        default: outcomeOfClass
        }
    }

    /// A proxy does not take our user and password, or does not want us at all.
    var isRejectedByProxy: Bool {
        switch detail {
        case .proxyAuthentication: true
        case .proxyStatus: self.class == .permanent
        default: false
        }
    }

    private var outcomeOfClass: AttemptOutcome {
        switch self.class {
        case .network, .server: .endpointFailed
        case .dropped, .auth, .protocol, .permanent: .accountFailed
        case .handler, .system: .abandoned
        }
    }
}
