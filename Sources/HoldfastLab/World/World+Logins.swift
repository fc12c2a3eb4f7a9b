internal import HoldfastCore

/// Logins: the renewal gate of Core gives them out, and what F7 promises is judged here a second time.
extension World {
    /// The login that the gate lets through begins, unless it is too early for it: the part of the desk.
    mutating func loginGranted(_ number: Int) {
        figures.events += 1
        let record = accounts[number].session.memory.renewal
        guard accounts[number].session.isEnabled, !settings.renewals.isEmpty else {
            accounts[number].awaitsLogin = false
            planWake(number)
            return send(.renewalFinished(account: number))
        }
        guard record.mayStart(at: moment.wall, accounts[number].session.settings.recovery), !diskIsFull else {
            return refuseLogin(number)
        }
        if diskDelay > .zero {
            agenda.add(.loginWrittenDown(account: number), at: now + diskDelay)
        } else {
            beginLogin(number)
        }
    }

    /// It may not begin yet, or nobody could know later that it had begun.
    private mutating func refuseLogin(_ number: Int) {
        accounts[number].awaitsLogin = false
        carryOut(accounts[number].session.renewalEnded(.tryLater, at: moment), number)
        send(.renewalFinished(account: number))
    }

    /// The beginning is written down: now the provider is asked.
    mutating func beginLogin(_ number: Int) {
        guard !diskIsFull else { return refuseLogin(number) }
        checkCooldown(number)
        accounts[number].loginAt = now
        accounts[number].fruitlessLogins += 1
        accounts[number].session.renewalStarted(at: moment)
        save(number)
        loginsUnderWay += 1
        figures.logins += 1
        figures.mostLogins = max(figures.mostLogins, loginsUnderWay)
        if loginsUnderWay > settings.renewalBudget.concurrent { broken("more logins at once than the budget") }
        let outcome = settings.renewals[Int.random(in: settings.renewals.indices, using: &generator)]
        let time = generator.duration(from: .milliseconds(200), to: .seconds(8))
        agenda.add(.renewalEnded(account: number, outcome), at: now + time)
    }

    mutating func renewalEnded(_ number: Int, _ outcome: RenewalOutcome) {
        figures.events += 1
        loginsUnderWay -= 1
        accounts[number].awaitsLogin = false
        if case .renewed(let lifetime) = outcome {
            accounts[number].tokenIsExpired = false
            tokens[number] = WorldToken(obtainedAt: moment.wall, lifetime: lifetime)
        }
        send(.renewalFinished(account: number))
        carryOut(accounts[number].session.renewalEnded(outcome, at: moment), number)
    }

    /// Hands out the logins that may begin now.
    mutating func serveRenewals() {
        guard renewalGate.mayGrant(at: now) else { return }
        // Taken out of the world for a moment, because the gate looks at the breakers in it.
        var gate = RenewalGate()
        swap(&gate, &renewalGate)
        let granted = gate.grants(at: now) { keeper.status(of: $0).map { $0.breaker != .closed } ?? false }
        swap(&gate, &renewalGate)
        for account in granted {
            let number = Int(account.slot)
            if !loginMeter.count(at: now) { broken("more logins than the budget allows", number) }
            if keeper.status(of: endpoints[accounts[number].endpoint].id)?.breaker != .closed {
                broken("a login although its endpoint is left alone", number)
            }
            lastFromGate = max(lastFromGate, now + generator.duration(from: .zero, to: settings.longestHop))
            agenda.add(.loginGranted(account: number), at: lastFromGate, inQueue: MessageQueue.fromGate.rawValue)
        }
    }

    /// Whatever clears the count of logins in the rules: 60 s of connection.
    mutating func noteStability(_ number: Int) {
        accounts[number].fruitlessLogins = 0
    }

    /// F7: a minute after the last login, doubled for each that led to nothing, up to an hour.
    private mutating func checkCooldown(_ number: Int) {
        guard let last = accounts[number].loginAt else { return }
        let recovery = accounts[number].session.settings.recovery
        var cooldown = recovery.renewCooldown
        for _ in 0..<max(0, accounts[number].fruitlessLogins - 1) {
            cooldown = min(cooldown + cooldown, recovery.longestRenewCooldown)
        }
        // Wall time has milliseconds only.
        if now.since(last) < cooldown - .milliseconds(1) { broken("logs in again after \(now.since(last))", number) }
    }
}
