import HoldfastCore

/// A session with a clock that stands still until it is told to move, and chance that is the same in every run.
struct Rig {
    var session: Session
    var now = Moment(instant: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))
    var generator = SeededGenerator(seed: 7)
    var transitions: [Transition] = []
    var notes: Orders.Notes = []

    init(_ settings: SessionSettings = SessionSettings()) {
        session = Session(settings: settings)
    }

    /// Settings whose delays are not drawn: what a test expects can be written down.
    static func settings(
        climb: Set<FailureClass> = [.auth, .dropped, .protocol], mode: HeartbeatSettings.Mode = .adaptive
    ) -> SessionSettings {
        var retry = RetrySettings()
        retry.jitter = .none
        var recovery = RecoverySettings()
        recovery.climb = climb
        var heartbeat = HeartbeatSettings()
        heartbeat.mode = mode
        return SessionSettings(heartbeat: heartbeat, retry: retry, recovery: recovery)
    }

    @discardableResult
    mutating func note(_ orders: Orders) -> Orders {
        orders.transitions.forEach { transitions.append($0) }
        notes.formUnion(orders.notes)
        return orders
    }

    mutating func pass(_ duration: Duration) {
        now = now + duration
    }

    /// Lets time pass to the session's own deadline, and wakes it there.
    @discardableResult
    mutating func passToDeadline() -> Orders {
        if let deadline = session.deadline, deadline > now.instant { pass(deadline.since(now.instant)) }
        return wake()
    }

    @discardableResult
    mutating func wake() -> Orders {
        note(session.wake(at: now, using: &generator))
    }

    @discardableResult
    mutating func perform(_ command: SessionCommand) throws(SessionRefusal) -> Orders {
        note(try session.perform(command, at: now))
    }

    @discardableResult
    mutating func grant(throughProxy: Bool = false) -> Orders {
        note(session.slotGranted(generation: session.generation, throughProxy: throughProxy, at: now))
    }

    @discardableResult
    mutating func register() -> Orders {
        note(session.linkOpened(generation: session.generation, at: now))
        pass(.milliseconds(50))
        return note(session.registered(generation: session.generation, at: now, using: &generator))
    }

    @discardableResult
    mutating func close(_ cause: FailureCause = .endOfStream) -> Orders {
        let failure = Failure.classify(cause, phase: session.phase ?? .established)
        return note(
            session.linkClosed(with: failure, generation: session.generation, at: now, using: &generator))
    }

    @discardableResult
    mutating func reply(to beat: UInt32, isPositive: Bool = true) -> Orders {
        note(
            session.heartbeatReplied(
                beat, isPositive: isPositive, generation: session.generation, at: now, using: &generator))
    }

    /// A reply that does not say which beat it answers.
    @discardableResult
    mutating func replyToSome() -> Orders {
        note(
            session.heartbeatReplied(
                nil, isPositive: true, generation: session.generation, at: now, using: &generator))
    }

    @discardableResult
    mutating func release() -> Orders {
        note(session.released(at: now))
    }

    /// From switched off to connected.
    mutating func connect() throws {
        try perform(.enable)
        grant()
        register()
    }

    /// From waiting to the next attempt's slot.
    mutating func tryAgain() {
        while !session.isQueued { passToDeadline() }
        grant()
    }

    /// Attempts that each end with `cause` before they are registered, until that many failures are counted in a row.
    mutating func fail(_ count: Int, _ cause: FailureCause) {
        for _ in 0..<count {
            tryAgain()
            close(cause)
        }
    }

    var path: [SessionState] { transitions.map(\.to) }
}
