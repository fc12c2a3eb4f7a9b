internal import HoldfastCore

/// What a test makes happen.
extension World {
    mutating func perform(_ action: WorldAction) {
        switch action {
        case .weather(let endpoint, let weather):
            guard endpoints.indices.contains(endpoint) else { return }
            endpoints[endpoint].weather = weather
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
            carryOut(accounts[account].session.credentialChanged(at: moment), account)
        case .message(let account):
            guard accounts.indices.contains(account), let link = accounts[account].link else { return }
            agenda.add(.link(account: account, generation: link.generation, .message), at: now)
        case .pauseReading(let account, let duration):
            pauseReading(account, duration)
        case .freeze(let duration):
            freeze(duration)
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
            carryOut(accounts[number].session.unobserved(for: duration, at: moment, using: &generator), number)
        }
    }
}
