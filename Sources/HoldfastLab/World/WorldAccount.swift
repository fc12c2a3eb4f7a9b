internal import HoldfastCore

/// One account of a world: its session, and what surrounds it.
struct WorldAccount {
    var session: Session
    /// Chance of its own, so that what is drawn for one account does not depend on what happens to another meanwhile.
    var generator: SeededGenerator
    let endpoint: Int
    let name: String
    var link: WorldLink?
    /// The wake-up that is planned; `distantFuture` if none is.
    var wakeAt = Instant.distantFuture
    /// When its last login began, and how many since its last stable connection.
    var loginAt: Instant?
    var fruitlessLogins = 0
    /// It has asked for a login that has not ended.
    var awaitsLogin = false
    /// The gateway does not take its token any more.
    var tokenIsExpired = false
    /// What the store has kept of the session; nil if it was never told anything.
    var stored: SessionMemory?
    /// Reading is paused until then; what arrives waits.
    var pausedUntil: Instant?
    /// How many events of its sockets are planned.
    var linkEvents: Int32 = 0
    /// Its connects and failures are written down.
    var isWatched = false
    /// The alert desk looks at it at the end of this second.
    var isNoted = false

    init(number: Int, seed: UInt64, settings: SessionSettings, endpoint: Int) {
        session = Session(settings: settings)
        var source = SeededGenerator(seed: seed ^ (UInt64(truncatingIfNeeded: number) &* 0xD6E8_FEB8_6659_FD93))
        generator = SeededGenerator(seed: source.next())
        self.endpoint = endpoint
        name = World.name(ofAccount: number)
    }

    /// Read in place: a session is large, and is copied where one only wants to know something of it.
    mutating func deadline() -> Instant? { session.deadline }

    /// The store takes what must survive.
    mutating func keep() { stored = session.memory }

    mutating func hasLink(_ generation: UInt32) -> Bool { link?.generation == generation }

    mutating func hasAnswer() -> Bool { link?.isAnswered == true }

    /// When it reads again, if it does not now.
    mutating func isPaused(at now: Instant) -> Instant? {
        guard let pausedUntil, pausedUntil > now else { return nil }
        return pausedUntil
    }

    /// Whether its handshake has come to its end, which is said once.
    mutating func hasJustConnected() -> Bool {
        guard link?.isHandshaking == true, session.state == .connected else { return false }
        link?.isHandshaking = false
        return true
    }

    /// What the alert desk is told of it.
    mutating func evidence(at endpointName: String) -> AccountEvidence {
        AccountEvidence(
            id: name, endpoint: UInt32(truncatingIfNeeded: endpoint),
            endpointName: endpointName, isEnabled: session.isEnabled, isQuarantined: session.quarantine != nil,
            isSickByItself: session.quarantine?.isItsOwn ?? false, state: session.state,
            failures: Int(session.failures),
            replySeconds: Int(clamping: session.liveness?.estimator.mean?.components.seconds ?? 0))
    }

    /// What is true of it, for the judge of alerts.
    mutating func condition() -> AlertJudge.Condition {
        let (isEnabled, quarantine) = (session.isEnabled, session.quarantine)
        return AlertJudge.Condition(
            isDown: isEnabled && quarantine == nil && session.state != .connected,
            isQuarantined: isEnabled && quarantine != nil, isSick: isEnabled && quarantine?.isItsOwn == true,
            endpoint: endpoint)
    }

    // What draws does so from its own chance.

    mutating func wake(at now: Moment) -> Orders { session.wake(at: now, using: &generator) }

    mutating func readingResumed(at now: Moment) -> Orders { session.readingResumed(at: now, using: &generator) }

    mutating func unobserved(for duration: Duration, at now: Moment) -> Orders {
        session.unobserved(for: duration, at: now, using: &generator)
    }

    /// Whether it belongs to this share (0 … 1) of all accounts: always the same ones.
    static func isIn(share: Double, _ number: Int) -> Bool {
        share >= 1 || Double((UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15) >> 11) < share * 0x1p53
    }
}

/// What the store keeps of a token.
struct WorldToken {
    var obtainedAt: WallTime
    var lifetime: Duration?
}

/// A socket of ours.
struct WorldLink {
    var generation: UInt32
    var isHandshaking = true
    /// The gateway has answered the registration positively.
    var isAnswered = false
    /// We asked for a polite close.
    var isClosing = false
}
