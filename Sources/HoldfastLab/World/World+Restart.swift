internal import HoldfastCore

/// The process is killed between two steps, and another takes over.
extension World {
    /// Whatever was under way in the process is gone: sockets, timers, messages, logins. What a session has not told to be
    /// kept is forgotten; the gateways and their weather are as they were.
    mutating func restart(after pause: Duration) {
        figures.processRestarts += 1
        unsaved = []
        now = now + max(.zero, pause)
        agenda = Agenda(at: now, queues: MessageQueue.allCases.count)
        beginGates()
        var toBeEnabled: [Int] = []
        for number in accounts.indices {
            if accounts[number].session.state == .connected { connected -= 1 }
            if accounts[number].session.isEnabled { toBeEnabled.append(number) }
            dropLink(number)
            begin(number)
        }
        if settings.lostWakes > 0 { agenda.add(.sweep, at: now + SweepSettings.interval) }
        if sampleEvery != nil { agenda.add(.sample, at: sampleAt) }
        restartAlerts()
        for number in toBeEnabled { perform(.enable, on: number) }
    }

    /// The store's row of the account is read.
    private mutating func begin(_ number: Int) {
        var session = Session(settings: accounts[number].session.settings)
        session.recall(accounts[number].stored ?? SessionMemory())
        if let token = tokens[number] {
            session.tokenObtained(at: token.obtainedAt, lifetime: token.lifetime, now: moment)
        }
        accounts[number].session = session
        accounts[number].wakeAt = .distantFuture
        accounts[number].awaitsLogin = false
        accounts[number].pausedUntil = nil
        accounts[number].linkEvents = 0
    }

    /// The desk knows what the register has kept, and nothing of the accounts.
    private mutating func restartAlerts() {
        guard let wanted = settings.alerts else { return }
        let moment = moment
        alerts?.restart(wanted, at: moment)
        let second = WorldAlerts.second(of: now)
        for endpoint in endpoints.indices { endpoints[endpoint].pulse = EndpointPulse(first: second) }
        for number in accounts.indices {
            accounts[number].isNoted = false
            noteForAlerts(number)
        }
        agenda.add(.alertSecond, at: WorldAlerts.end(ofSecond: second))
    }

    private mutating func beginGates() {
        keeper = GateKeeper(settings.gate)
        renewalGate = RenewalGate(settings.renewalBudget)
        loginsUnderWay = 0
        loginMeter = settings.loginMeter
        grantsUnderWay = 0
        gateAlarm = .distantFuture
        (lastToGate, lastFromGate) = (now, now)
        fleetMeter = settings.fleetMeter(slack: settings.longestHop)
        fleetGrantMeter = settings.fleetMeter(slack: .zero)
        for endpoint in endpoints.indices {
            endpoints[endpoint].id = keeper.endpoint(named: endpoints[endpoint].name)
            endpoints[endpoint].meter = settings.endpointMeter(slack: settings.longestHop)
            endpoints[endpoint].grantMeter = settings.endpointMeter(slack: .zero)
        }
    }

    // MARK: The disk

    /// The session has told that something of it must survive.
    mutating func save(_ number: Int) {
        if diskIsFull {
            unsaved.insert(number)
        } else {
            accounts[number].keep()
        }
    }

    /// What was not taken is written again as soon as there is room.
    mutating func setDisk(isFull: Bool, delay: Duration) {
        diskIsFull = isFull
        diskDelay = max(.zero, delay)
        guard !isFull else { return }
        for number in unsaved { accounts[number].keep() }
        unsaved = []
    }
}
