internal import HoldfastCore

/// What a test makes happen.
extension World {
    mutating func perform(_ action: WorldAction) {
        switch action {
        case .weather(let endpoint, let weather):
            guard endpoints.indices.contains(endpoint) else { return }
            endpoints[endpoint].weather = weather
            endpoints[endpoint].share = 1
        case .weatherForSome(let endpoint, let share, let weather):
            guard endpoints.indices.contains(endpoint) else { return }
            endpoints[endpoint].weather = weather
            endpoints[endpoint].share = share
        case .expireTokens(let endpoint, let share):
            guard endpoints.indices.contains(endpoint) else { return }
            expireTokens(endpoint, share: share)
        case .logins(let outcomes):
            setRenewals(outcomes)
        case .drop(let endpoint, let share, let cause):
            guard endpoints.indices.contains(endpoint) else { return }
            drop(endpoint, share: share, cause)
        case .askToReconnect(let endpoint, let time):
            guard endpoints.indices.contains(endpoint) else { return }
            askToReconnect(endpoint, within: time)
        case .command(let account, let command):
            perform(command, on: account)
        case .commandAll(let command):
            for number in accounts.indices { perform(command, on: number) }
        case .credentialChanged(let account):
            guard accounts.indices.contains(account) else { return }
            accounts[account].tokenIsExpired = false
            carryOut(accounts[account].session.credentialChanged(at: moment), account)
        case .message(let account):
            guard accounts.indices.contains(account), !weather(at: account).isSwallowing else { return }
            later(.zero, .message, account)
        case .pauseReading(let account, let duration):
            pauseReading(account, duration)
        case .freeze(let duration):
            freeze(duration)
        case .disk(let isFull, let delay):
            setDisk(isFull: isFull, delay: delay)
        case .restart(let pause):
            restart(after: pause)
        }
    }

    /// The gateway knows these tokens no more: it ends the connections, and refuses them until they have another.
    private mutating func expireTokens(_ endpoint: Int, share: Double) {
        for number in endpoints[endpoint].accounts where WorldAccount.isIn(share: share, number) {
            accounts[number].tokenIsExpired = true
            later(settings.travelTime, .closed(.closed(code: 1008)), number)
        }
    }

    private mutating func pauseReading(_ number: Int, _ duration: Duration) {
        guard accounts.indices.contains(number), accounts[number].link?.isAnswered == true else { return }
        guard accounts[number].pausedUntil == nil else { return }
        accounts[number].session.readingPaused(at: moment)
        accounts[number].pausedUntil = now + duration
        agenda.add(.resumeReading(account: number), at: now + duration)
    }

    /// Time passes in which we see and do nothing. Whatever would have happened meanwhile happens right after it.
    private mutating func freeze(_ duration: Duration) {
        now = now + duration
        keeper.unobserved(for: duration)
        for endpoint in endpoints.indices { endpoints[endpoint].meter.excuse(grantsUnderWay, at: now) }
        fleetMeter.excuse(grantsUnderWay, at: now)
        for number in accounts.indices {
            carryOut(accounts[number].unobserved(for: duration, at: moment), number)
        }
    }
}
