internal import HoldfastCore

/// What is written down from time to time.
extension World {
    mutating func sample() {
        guard let sampleEvery else { return }
        // Several at once, if our process stood still meanwhile.
        while sampleAt <= now {
            samples.append(sample(at: sampleAt.since(Self.start.instant)))
            sampleAt = sampleAt + sampleEvery
        }
        mostHandshakesSinceSample = handshakes
        agenda.add(.sample, at: sampleAt)
    }

    private func sample(at time: Duration) -> WorldSample {
        WorldSample(
            at: time, connected: connected, handshakes: max(handshakes, mostHandshakesSinceSample),
            connects: figures.connects, failures: figures.failures, logins: figures.logins,
            quarantines: figures.quarantines, turnedAway: figures.turnedAway)
    }
}

extension World {
    /// How many accounts are quarantined now.
    public var quarantined: Int { accounts.count { $0.session.quarantine != nil } }
}
