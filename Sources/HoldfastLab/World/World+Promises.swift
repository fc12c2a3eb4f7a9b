internal import HoldfastCore

/// What must hold after every event, whatever happens.
extension World {
    mutating func broken(_ text: String, _ account: Int? = nil) {
        guard violations.count < Self.violationLimit else { return }
        violations.append(WorldViolation(at: elapsed, account: account, text: text))
    }

    /// Every promise of one account that can be judged by looking at it.
    mutating func checkPromises(_ number: Int, _ notes: Orders.Notes, _ deadline: Instant?) {
        if let complaint = accounts[number].complaint(deadline) { broken(complaint, number) }
        if notes.contains(.illegalTransition) { broken("asked for an illegal transition", number) }
        if notes.contains(.stuckReset), settings.lostWakes == 0 { broken("was stuck", number) }
    }

    /// Every transition is one of the table, in a chain, and `connected` only with an answered registration.
    mutating func note(_ orders: Orders, _ number: Int) {
        var from: SessionState?
        orders.transitions.forEach { transition in
            if let from, from != transition.from { broken("a gap between two transitions", number) }
            from = transition.to
            if !Self.isLegal(transition.from, transition.to) {
                broken("\(transition.from.name) → \(transition.to.name)", number)
            }
            if transition.to == .connected {
                connected += 1
                if !accounts[number].hasAnswer() { broken("connected without an answer", number) }
            }
            if transition.from == .connected { connected -= 1 }
            noteForAlerts(transition, number)
            if accounts[number].isWatched {
                let what = WorldEntry.What.transition(from: transition.from, to: transition.to)
                history.append(WorldEntry(at: elapsed, account: number, what: what))
            }
        }
        noteForAlerts(number)
        if from != accounts[number].session.state { broken("a transition was not told", number) }
        noteFailure(orders, number)
    }

    private mutating func noteFailure(_ orders: Orders, _ number: Int) {
        var last: Transition?
        orders.transitions.forEach { if $0.failure != nil { last = $0 } }
        guard let transition = last, let failure = transition.failure else { return }
        figures.failures += 1
        let isClosed = accounts[number].session.state == .closed
        let delay = isClosed ? nil : accounts[number].session.nextAttemptAt?.since(now)
        if accounts[number].isWatched {
            let what = WorldEntry.What.failure(failure, count: transition.failures, delay: delay)
            history.append(WorldEntry(at: elapsed, account: number, what: what))
        }
        guard let delay, accounts[number].session.quarantine == nil else { return }
        let retry = accounts[number].session.settings.retry
        checkDelay(delay, after: failure, count: transition.failures, retry, number)
    }

    /// F2, computed a second time: between the shortest delay and the ceiling of the class, and never before the peer's
    /// own word.
    private mutating func checkDelay(
        _ delay: Duration, after failure: Failure, count: UInt32, _ retry: RetrySettings, _ number: Int
    ) {
        let ceiling =
            failure.class == .dropped ? retry.dropped : failure.class == .network ? retry.network : retry.other
        let steps = ceiling.step.wholeNanoseconds.multipliedReportingOverflow(by: Int64(max(1, count)))
        let shortest = retry.shortest.wholeNanoseconds
        let most = max(min(steps.overflow ? .max : steps.partialValue, ceiling.cap.wholeNanoseconds), shortest)
        let asked = min(failure.retryAfter.wholeNanoseconds, retry.longestRetryAfter.wholeNanoseconds)
        let waits = delay.wholeNanoseconds
        // A drawn delay is a fraction of its ceiling: rounded, by less than a microsecond.
        if waits < max(shortest, asked) - 1_000 || waits > max(most, asked) + 1_000 {
            let (seconds, most) = (delay.inSeconds, Duration.nanoseconds(most).inSeconds)
            broken("waits \(seconds) s after failure \(count) of class \(failure.class), at most \(most) s", number)
        }
        if asked < waits { figures.longestDelay = max(figures.longestDelay, delay) }
    }

    mutating func checkBudget(_ endpoint: Int) {
        if !endpoints[endpoint].meter.count(at: now) {
            broken("endpoint \(endpoint) sees more connects than its budget")
        }
        if !fleetMeter.count(at: now) { broken("the fleet connects faster than its budget") }
        if endpoints[endpoint].handshakes > settings.gate.admission.concurrent {
            broken("endpoint \(endpoint) sees more handshakes at once than allowed")
        }
    }

    /// C1, written down a second time.
    private static func isLegal(_ from: SessionState, _ to: SessionState) -> Bool {
        switch from {
        case .disconnected: to == .connecting
        case .connecting: to == .connected || to == .reconnecting || to == .failed || to == .closed
        case .connected: to == .reconnecting || to == .closed
        case .reconnecting: to == .connecting || to == .failed || to == .closed || to == .disconnected
        case .failed: to == .reconnecting || to == .closed || to == .disconnected
        case .closed: to == .disconnected
        }
    }
}

extension WorldAccount {
    /// An enabled account that does not wait for a person has something it waits for; one that is switched off is at
    /// rest; no state without the socket it means, and no socket that is forgotten. Mutating only to be read in place.
    mutating func complaint(_ deadline: Instant?) -> String? {
        let state = session.state
        if session.isEnabled {
            let isLeftToAPerson = session.quarantine?.healsByProbe == false
            if !isLeftToAPerson, deadline == nil { return "has nothing to wait for" }
        } else if state != .disconnected, state != .closed {
            return "switched off, and \(state)"
        }
        if session.holdsLink != (link != nil) { return "\(state), and the socket is \(link == nil ? "gone" : "there")" }
        return nil
    }
}
