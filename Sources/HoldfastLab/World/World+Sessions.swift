internal import HoldfastCore

/// What happens to sessions, and how their orders are carried out: the part of a lane.
extension World {
    mutating func wake(_ number: Int, plannedFor instant: Instant) {
        guard accounts[number].wakeAt == instant else { return }
        accounts[number].wakeAt = .distantFuture
        guard let deadline = accounts[number].deadline() else { return }
        if deadline > now { return planWake(number) }
        if settings.lostWakes > 0, Double.random(in: 0..<1, using: &generator) < settings.lostWakes { return }
        guard !skipAhead(number) else { return }
        figures.events += 1
        let orders = accounts[number].wake(at: moment)
        if let deadline = accounts[number].deadline(), deadline <= now {
            broken("was woken and is due again at once", number)
        }
        carryOut(orders, number)
    }

    mutating func granted(_ ticket: Ticket) {
        let number = Int(ticket.account.slot)
        figures.events += 1
        grantsUnderWay -= 1
        let orders = accounts[number].session.slotGranted(generation: ticket.generation, at: moment)
        if orders.notes.contains(.staleEvent) {
            send(.giveBack(account: number, generation: ticket.generation, .abandoned))
        }
        carryOut(orders, number)
    }

    mutating func released(_ number: Int, _ incarnation: UInt32) {
        figures.events += 1
        guard accounts[number].session.incarnation == incarnation else { return }
        carryOut(accounts[number].session.released(at: moment), number)
    }

    mutating func resumeReading(_ number: Int) {
        guard let until = accounts[number].pausedUntil, until <= now else { return }
        figures.events += 1
        accounts[number].pausedUntil = nil
        carryOut(accounts[number].readingResumed(at: moment), number)
    }

    mutating func sweep() {
        for number in accounts.indices {
            carryOut(accounts[number].session.sweep(at: moment), number)
            let limit = now - SweepSettings.tolerance - SweepSettings.interval
            if let deadline = accounts[number].session.deadline, deadline < limit { broken("is stuck", number) }
        }
        agenda.add(.sweep, at: now + SweepSettings.interval)
    }

    mutating func perform(_ command: SessionCommand, on number: Int) {
        guard accounts.indices.contains(number) else { return }
        guard let orders = try? accounts[number].session.perform(command, at: moment) else { return }
        carryOut(orders, number)
        if command == .disable { send(.forget(account: number)) }
        noteForAlerts(number)
    }

    // MARK: Orders

    /// Does what was ordered, in the order of the fields, and checks what has come of it.
    mutating func carryOut(_ orders: Orders, _ number: Int) {
        switch orders.slot {
        case .none: break
        case .request: send(.request(account: number, generation: accounts[number].session.generation))
        case .giveBack(let outcome):
            send(.giveBack(account: number, generation: accounts[number].session.generation, outcome))
            countAttempt(outcome, number)
        }
        carryOut(orders.link, number)
        if let beat = orders.beat { sendHeartbeat(beat, number) }
        if orders.renew {
            accounts[number].awaitsLogin = true
            send(.renew(account: number))
        }
        if orders.releaseIncarnation { release(number) }
        if !orders.notes.isEmpty { count(orders.notes, number) }
        if orders.notes.contains(.memoryChanged) { save(number) }
        if orders.notes.contains(.stable) { noteStability(number) }
        if !orders.transitions.isEmpty { note(orders, number) }
        let deadline = accounts[number].deadline()
        checkPromises(number, orders.notes, deadline)
        planWake(number, deadline)
    }

    mutating func planWake(_ number: Int) { planWake(number, accounts[number].deadline()) }

    private mutating func planWake(_ number: Int, _ deadline: Instant?) {
        guard let deadline, deadline < accounts[number].wakeAt else { return }
        guard !(settings.isFaultless && wouldOnlyAskAgain(number)) else { return }
        accounts[number].wakeAt = deadline
        agenda.add(.wake(account: number), at: deadline)
    }

    /// Whoever waits for a slot or a login asks again from time to time, in case a message was lost. Where none can be
    /// lost, asking again changes nothing.
    private func wouldOnlyAskAgain(_ number: Int) -> Bool {
        if accounts[number].session.isQueued { return true }
        return accounts[number].awaitsLogin && accounts[number].session.state == .failed
            && accounts[number].session.nextAttemptAt == nil
    }

    private mutating func release(_ number: Int) {
        if settings.lostReleases > 0, Double.random(in: 0..<1, using: &generator) < settings.lostReleases { return }
        let time = generator.duration(from: .zero, to: .milliseconds(200))
        agenda.add(
            .released(account: number, incarnation: accounts[number].session.incarnation), at: now + time)
    }

    private mutating func count(_ notes: Orders.Notes, _ number: Int) {
        noteForAlerts(number)
        if notes.contains(.heartbeatMissed) {
            figures.misses += 1
            if alerts != nil { endpoints[accounts[number].endpoint].pulse.count(at: now) { $0.missedBeats += 1 } }
        }
        if notes.contains(.replySlow) { figures.slowReplies += 1 }
        if notes.contains(.restarted) { figures.restarts += 1 }
        if notes.contains(.quarantineBegan) { figures.quarantines += 1 }
        if notes.contains(.stuckReset) { figures.stuckResets += 1 }
        if notes.contains(.staleEvent) { figures.staleEvents += 1 }
    }

    // MARK: The gate

    /// Sends a message to the control loop; it arrives in its turn.
    mutating func send(_ message: GateMessage) {
        lastToGate = max(lastToGate, now + generator.duration(from: .zero, to: settings.longestHop))
        agenda.add(.toGate(message), at: lastToGate, inQueue: MessageQueue.toGate.rawValue)
    }

    func ticket(_ account: Int, _ generation: UInt32) -> Ticket {
        Ticket(AccountKey(lane: 0, slot: UInt32(truncatingIfNeeded: account)), generation: generation)
    }

    mutating func tellGate(_ message: GateMessage) {
        figures.events += 1
        switch message {
        case .request(let account, let generation):
            keeper.request(ticket(account, generation), endpoints[accounts[account].endpoint].id, at: now)
        case .giveBack(let account, let generation, let outcome):
            keeper.giveBack(ticket(account, generation), outcome, at: now)
        case .forget(let account):
            keeper.forget(ticket(account, 0).account, at: now)
        case .renew(let account):
            renewalGate.request(ticket(account, 0).account, at: endpoints[accounts[account].endpoint].id)
        case .renewalFinished(let account):
            renewalGate.finished(ticket(account, 0).account)
        }
        serveGate()
    }

    mutating func askGate(plannedFor instant: Instant) {
        guard gateAlarm == instant else { return }
        gateAlarm = .distantFuture
        serveGate()
    }

    private mutating func serveGate() {
        for ticket in keeper.grants(at: now, limit: .max) {
            let endpoint = accounts[Int(ticket.account.slot)].endpoint
            if !endpoints[endpoint].grantMeter.count(at: now) { broken("the gate grants above an endpoint's budget") }
            if !fleetGrantMeter.count(at: now) { broken("the gate grants above the fleet's budget") }
            if settings.lostGrants > 0, Double.random(in: 0..<1, using: &generator) < settings.lostGrants { continue }
            lastFromGate = max(lastFromGate, now + generator.duration(from: .zero, to: settings.longestHop))
            agenda.add(.granted(ticket), at: lastFromGate, inQueue: MessageQueue.fromGate.rawValue)
            grantsUnderWay += 1
        }
        serveRenewals()
        let renewalsAt = renewalGate.nextDeadline(after: now) ?? .distantFuture
        let deadline = min(keeper.nextDeadline ?? .distantFuture, renewalsAt)
        if deadline < gateAlarm {
            gateAlarm = max(deadline, now)
            agenda.add(.gate, at: gateAlarm)
        }
    }
}
