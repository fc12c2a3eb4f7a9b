import HoldfastCore
import HoldfastStore
import NIOCore

/// Accounts come, change and go; people command; the process goes down.
extension Lane {
    /// How many accounts the fleet has, as far as this lane can tell: accounts are spread evenly.
    var fleetSize: Int { occupied * count }

    /// Takes accounts into slots that are vacant, and lets those that are switched on begin.
    func add(_ accounts: [Arrival]) {
        let now = observe()
        let needed = Int(accounts.map(\.slot).max() ?? 0) + 1
        slots.reserveCapacity(needed)
        while slots.count < needed { slots.append(Slot()) }
        wheel.grow(to: slots.count)
        for arrival in accounts {
            if slots[Int(arrival.slot)].isLeaving {
                successors[arrival.slot] = arrival
            } else {
                take(arrival, at: now)
            }
        }
        sendReport(at: now)
    }

    private func take(_ arrival: Arrival, at now: Moment) {
        let index = Int(arrival.slot)
        slots[index] = Slot(arrival.account)
        occupied += 1
        if let known = arrival.known { recall(known, index, at: now) }
        if arrival.known?.isEnabled ?? arrival.account.configuration.isEnabled { command(.enable, index, at: now) }
        settle(index)
        updateRow(index, at: now)
    }

    /// Takes up what the store has kept of an account.
    private func recall(_ known: Recollection, _ index: Int, at now: Moment) {
        guard let account = slots[index].account else { return }
        slots[index].session.recall(known.memory)
        if known.credentials != Credentials(declaredBy: account.configuration) {
            slots[index].held = HeldCredentials(known.credentials)
        }
        guard let obtainedAt = known.credentials.obtainedAt else { return }
        slots[index].session.tokenObtained(at: obtainedAt, lifetime: known.credentials.lifetime, now: now)
    }

    /// The account is declared otherwise from now on.
    func change(_ slot: UInt32, to account: Account) {
        let now = observe()
        let index = Int(slot)
        if successors[slot] != nil {
            successors[slot]?.account = account
            return
        }
        guard !isDraining, let old = slots[index].account?.configuration else { return }
        let new = account.configuration
        slots[index].account = account
        if new.messages != .memory { slots[index].mailbox?.recent = nil }
        let isMoved = old.target != new.target || old.dialect != new.dialect || old.deflate != new.deflate
        if isMoved, slots[index].session.quarantine == .permanent {
            // What could not work has been changed: no reason to wait for the next probe.
            command(.release, index, at: now)
        }
        carryOut(
            slots[index].session.apply(new.settings, needsReconnect: isMoved, at: now), on: index, at: now)
        if old.token != new.token || old.credential != new.credential {
            // A declared value that has changed takes the place of what a person or a provider put there (K5).
            takeDeclared(old, new, index)
            carryOut(slots[index].session.credentialChanged(at: now), on: index, at: now)
        }
        // What a person switched off or on stays so until the declaration itself changes (K5).
        if old.isEnabled != new.isEnabled { command(new.isEnabled ? .enable : .disable, index, at: now) }
        settle(index)
        updateRow(index, at: now)
    }

    private func takeDeclared(_ old: AccountConfiguration, _ new: AccountConfiguration, _ index: Int) {
        guard var values = slots[index].held?.values else { return }
        let (before, after) = (Credentials(declaredBy: old), Credentials(declaredBy: new))
        for kind in SecretKind.credentials where before[kind] != after[kind] { values[kind] = after[kind] }
        slots[index].held = HeldCredentials(values)
    }

    /// The account is no longer declared. Its slot becomes vacant when its socket is closed.
    func remove(_ slot: UInt32) {
        let now = observe()
        let index = Int(slot)
        if let successor = successors.removeValue(forKey: slot) {
            // It had come back, but not begun: what is leaving goes on leaving, now for both.
            if slots[index].account == nil {
                report.vacated.append((slot, successor.account))
            } else {
                slots[index].account = successor.account
            }
            return
        }
        guard slots[index].account != nil else { return }
        slots[index].isLeaving = true
        carryOut(slots[index].session.shutDown(because: .removed, at: now), on: index, at: now)
        updateRow(index, at: now)
        settle(index)
    }

    func vacate(_ index: Int) {
        guard let account = slots[index].account else { return }
        refuseOutbox(index)
        let slot = UInt32(index)
        counters.timelineEntries -= slots[index].timeline.entries.count
        slots[index].account = nil
        slots[index].held = nil
        slots[index].lastLogin = nil
        slots[index].mailbox = nil
        slots[index].timeline = Timeline()
        slots[index].isLeaving = false
        occupied -= 1
        guard successors[slot] != nil else { return report.vacated.append((slot, account)) }
        // In the loop's next round, when nothing looks at this slot any more.
        loop.assumeIsolated().execute { [self] in
            guard !isDraining, let successor = successors.removeValue(forKey: slot) else { return }
            take(successor, at: observe())
        }
    }

    /// Carries out what a person asked for.
    func perform(_ command: SessionCommand, on index: Int) throws(CommandRefusal) {
        guard !isDraining else { throw .notRunning }
        let now = observe()
        let orders: Orders
        do throws(SessionRefusal) {
            orders = try slots[index].session.perform(command, at: now)
        } catch {
            throw .session(error)
        }
        carryOut(orders, on: index, at: now)
        settle(index)
        updateRow(index, at: now)
        guard command == .enable || command == .disable, let account = slots[index].account else { return }
        control.store?.noteEnabled(command == .enable, of: account)
    }

    /// A command of ours: one that does not apply is none.
    private func command(_ command: SessionCommand, _ index: Int, at now: Moment) {
        guard let orders = try? slots[index].session.perform(command, at: now) else { return }
        carryOut(orders, on: index, at: now)
    }

    /// The gate grants slots.
    func take(_ grants: [Ticket]) {
        let now = observe()
        for ticket in grants {
            let index = Int(ticket.account.slot)
            guard index < slots.count, slots[index].account != nil, !isDraining else {
                tellGate(.giveBack(ticket, .abandoned))
                continue
            }
            let throughProxy = slots[index].account?.configuration.target.proxy != nil
            let orders = slots[index].session.slotGranted(
                generation: ticket.generation, throughProxy: throughProxy, at: now)
            if orders.notes.contains(.staleEvent) { tellGate(.giveBack(ticket, .abandoned)) }
            carryOut(orders, on: index, at: now)
            settle(index)
        }
    }

    /// Carries a command out on many accounts. Returns on how many it applied.
    func perform(_ command: SessionCommand, on accounts: ArraySlice<Directory.Entry>) -> Int {
        accounts.count { entry in
            guard let index = find(entry.key.slot, id: entry.account.id) else { return false }
            return (try? perform(command, on: index)) != nil
        }
    }

    // MARK: Going down

    /// Closes every session politely; `drained` is resumed when no socket is left, at the latest after `patience`.
    func drain(within patience: Duration, _ drained: CheckedContinuation<Void, Never>) {
        let now = observe()
        isDraining = true
        self.drained = drained
        for index in slots.indices where slots[index].account != nil {
            carryOut(slots[index].session.shutDown(at: now), on: index, at: now)
            settle(index)
        }
        guard openLinks > 0 else { return finishDraining() }
        drainDeadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(patience)) { [self] in
            for index in slots.indices { abortLink(index) }
            finishDraining()
        }
    }

    func finishDraining() {
        guard let drained = drained.take() else { return }
        drainDeadline?.cancel()
        stopTicking()
        sendReport(at: observe())
        drained.resume()
    }
}
