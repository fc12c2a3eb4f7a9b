@testable import HoldfastCore

/// A session with the smallest model of what surrounds it: whether a socket is there, whether a slot is out, whether
/// something is still to be released. The model knows nothing of the session's insides and judges its orders.
struct CheckedSession {
    var session: Session
    var now = Moment(instant: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))
    var socket = Socket.none
    var slot = Slot.none
    /// An incarnation was ordered to be released and has not told that it was.
    var isReleasing = false
    var isRenewing = false
    /// What was found wrong with the last step.
    private(set) var complaints: [String] = []
    private(set) var edges: [TransitionOracle.Edge] = []

    /// `asked`: the registration was sent; `answered`: the gateway has answered it, so the session may be connected.
    enum Socket: Hashable { case none, open, asked, answered, closing }
    enum Slot: Hashable { case none, asked, granted }

    init(_ settings: SessionSettings) {
        session = Session(settings: settings)
    }

    /// Takes a step, and judges it. False if the step cannot happen here.
    mutating func take(_ step: CheckerStep) -> Bool {
        guard isPossible(step) else { return false }
        complaints = []
        edges = []
        let before = session
        let orders = perform(step)
        if step.isStale { judgeStale(before, orders) }
        carryOut(orders, before)
        judge(orders, after: step, before)
        return true
    }

    private mutating func complain(_ text: String) { complaints.append(text) }

    // MARK: What can happen

    /// The wire tells nothing of a socket that is not there, the gate grants what was asked for, the desk answers what it
    /// was told. What comes too late is another matter: every stale event is possible always.
    private func isPossible(_ step: CheckerStep) -> Bool {
        switch step {
        case .granted(.current): slot == .asked
        case .opened(.current), .entered(_, .current): socket == .open || socket == .asked
        case .registered(.current): socket != .none && socket != .closing
        case .failed(_, .current): socket != .none && socket != .closing
        case .linkClosed(_, .current): socket != .none
        case .intervalDictated(.current): socket == .asked || socket == .answered
        case .reconnectAsked(.current): socket == .answered
        case .repliedToSome: session.liveness?.beats.isEmpty == false
        case .message(.current), .blocked, .drained, .paused, .resumed: socket == .answered
        case .replied(.oldest, _), .replied(.newest, _): session.liveness?.beats.isEmpty == false
        case .released: isReleasing
        case .renewalEnded, .renewalStarted: isRenewing
        case .deadline, .earlyWake, .sweepOverdue: session.deadline != nil
        default: true
        }
    }

    private mutating func perform(_ step: CheckerStep) -> Orders {
        var generator = SeededGenerator(seed: 99)
        let current = session.generation
        func generation(_ age: CheckerStep.Age) -> UInt32 { age == .current ? current : current &- 1 }
        switch step {
        case .granted(let age):
            if age == .current { slot = .granted }
            return session.slotGranted(generation: generation(age), at: now)
        case .entered(let phase, let age):
            return session.entered(phase, generation: generation(age), at: now)
        case .opened(let age):
            return session.linkOpened(generation: generation(age), at: now)
        case .registered(let age):
            if age == .current, socket == .asked { socket = .answered }
            return session.registered(generation: generation(age), at: now, using: &generator)
        case .failed(let trouble, let age):
            let failure = Failure.classify(trouble.cause, phase: session.phase ?? .connect)
            return session.failed(with: failure, generation: generation(age), at: now, using: &generator)
        case .linkClosed(let trouble, let age):
            if age == .current { socket = .none }
            let failure = Failure.classify(trouble.cause, phase: session.phase ?? .connect)
            return session.linkClosed(with: failure, generation: generation(age), at: now, using: &generator)
        case .replied(let beat, let isPositive):
            return session.heartbeatReplied(
                number(of: beat), isPositive: isPositive, generation: current, at: now, using: &generator)
        case .repliedToSome(let isPositive):
            return session.heartbeatReplied(
                nil, isPositive: isPositive, generation: current, at: now, using: &generator)
        case .intervalDictated(let age):
            return session.intervalDictated(.seconds(7), generation: generation(age), at: now, using: &generator)
        case .reconnectAsked(let age):
            return session.reconnectAsked(within: .seconds(10), generation: generation(age), at: now, using: &generator)
        case .message(let age):
            session.messageReceived(generation: generation(age), at: now)
            return .nothing
        default:
            return performMore(step, &generator)
        }
    }

    private mutating func performMore(_ step: CheckerStep, _ generator: inout SeededGenerator) -> Orders {
        switch step {
        case .deadline:
            if let deadline = session.deadline, deadline > now.instant { pass(deadline.since(now.instant)) }
            return session.wake(at: now, using: &generator)
        case .earlyWake:
            return session.wake(at: now, using: &generator)
        case .sweepOverdue:
            if let deadline = session.deadline { pass(max(.zero, deadline.since(now.instant)) + .seconds(11)) }
            return session.sweep(at: now)
        case .sweep:
            return session.sweep(at: now)
        case .unobserved:
            pass(.seconds(2))
            return session.unobserved(for: .seconds(2), at: now, using: &generator)
        case .blocked: session.beatBlocked(generation: session.generation, at: now)
        case .drained: session.drained(generation: session.generation)
        case .paused: session.readingPaused(at: now)
        case .resumed: return session.readingResumed(at: now, using: &generator)
        case .released:
            isReleasing = false
            return session.released(at: now)
        case .renewalStarted: session.renewalStarted(at: now)
        case .renewalEnded(let outcome):
            isRenewing = false
            return session.renewalEnded(Self.outcome(outcome), at: now)
        case .credentialChanged: return session.credentialChanged(at: now)
        case .settingsChanged(let needsReconnect):
            return session.apply(session.settings, needsReconnect: needsReconnect, at: now)
        case .command(let command): return perform(command)
        case .shutDown: return session.shutDown(at: now)
        default: break
        }
        return .nothing
    }

    /// A refused command must have changed nothing.
    private mutating func perform(_ command: SessionCommand) -> Orders {
        let before = session
        do {
            let orders = try session.perform(command, at: now)
            judgeObeyed(command, before)
            return orders
        } catch {
            if session != before { complain("\(command) was refused (\(error)) and changed something") }
            return .nothing
        }
    }

    private mutating func pass(_ duration: Duration) { now = now + duration }

    private func number(of beat: CheckerStep.Beat) -> UInt32 {
        let beats = session.liveness?.beats ?? OpenBeats()
        switch beat {
        case .oldest: return beats.oldest
        case .newest: return beats.next &- 1
        case .never: return beats.next &+ 5
        }
    }

    private static func outcome(_ outcome: CheckerStep.Outcome) -> RenewalOutcome {
        switch outcome {
        case .renewed: .renewed(lifetime: nil)
        case .rejected: .rejected
        case .needsPerson: .needsPerson
        case .tryLater: .tryLater
        }
    }

    // MARK: The model does what is ordered

    private mutating func carryOut(_ orders: Orders, _ before: Session) {
        switch orders.slot {
        case .none: break
        case .request: slot = slot == .asked && session.generation == before.generation ? slot : .asked
        case .giveBack:
            if slot == .none { complain("gave back a slot it does not have") }
            slot = .none
        }
        switch orders.link {
        case .none: break
        case .connect:
            if socket != .none { complain("a second socket beside one that is \(socket)") }
            if slot != .granted { complain("connects without a slot") }
            socket = .open
        case .register:
            if socket != .open { complain("registers on a socket that is \(socket)") }
            socket = .asked
        case .close:
            if socket == .none { complain("closes a socket that is not there") }
            socket = .closing
        case .abort:
            socket = .none
        }
        if orders.releaseIncarnation { isReleasing = true }
        if session.state != .closed { isReleasing = false }
        if orders.renew { isRenewing = true }
        if orders.beat != nil, socket != .answered { complain("sends a heartbeat on a socket that is \(socket)") }
    }
}

// MARK: What must hold

extension CheckedSession {
    private mutating func judgeStale(_ before: Session, _ orders: Orders) {
        if session != before { complain("a stale event changed the session") }
        var expected = Orders.nothing
        expected.notes = orders.notes.intersection(.staleEvent)
        if orders != expected { complain("a stale event was answered with orders") }
    }

    /// Waiting ends at once when a person says so (F4).
    private mutating func judgeObeyed(_ command: SessionCommand, _ before: Session) {
        switch command {
        case .reconnect:
            if !session.isQueued, session.phase != .close { complain("told to reconnect, it still waits") }
        case .release, .enable:
            if command == .enable, before.isEnabled { return }
            let waits = session.nextAttemptAt != nil && session.quarantine == nil
            if waits, session.isEnabled { complain("told to \(command), it still waits") }
        case .disable, .reset, .renew, .restart, .quarantine:
            break
        }
    }

    private mutating func judge(_ orders: Orders, after step: CheckerStep, _ before: Session) {
        judgeTransitions(orders, before)
        judgeState(after: step)
        judgeTime(orders, after: step, before)
        judgeNotes(orders, after: step, before)
        if orders.notes.contains(.illegalTransition) { complain("asked for an illegal transition") }
        let isSweep = step == .sweep || step == .sweepOverdue
        if orders.notes.contains(.stuckReset), !isSweep { complain("reset as stuck without the sweep") }
        if case .failed(.handler, _) = step, session != before { complain("our own handler's failure touched it") }
        if session.generation != before.generation, session.generation != before.generation &+ 1 {
            complain("more than one generation in a step")
        }
    }

    private mutating func judgeTransitions(_ orders: Orders, _ before: Session) {
        var state = before.state
        orders.transitions.forEach { transition in
            if transition.from != state { complain("a transition from \(transition.from) in state \(state)") }
            if !TransitionOracle.allows(transition.from, transition.to) {
                complain("\(transition.from.name) → \(transition.to.name) is not legal")
            }
            if transition.to == .connected, socket != .answered { complain("connected without a registration") }
            edges.append(TransitionOracle.Edge(from: transition.from, to: transition.to))
            state = transition.to
        }
        if state != session.state { complain("the transitions end in \(state) and the session in \(session.state)") }
    }

    private mutating func judgeState(after step: CheckerStep) {
        let state = session.state
        if socket != .none, !session.holdsLink { complain("forgot a socket that is \(socket)") }
        if session.holdsLink, socket == .none { complain("believes in a socket that is not there") }
        if (slot == .granted) != (state == .connecting) { complain("\(state) with a slot that is \(slot)") }
        if (slot == .asked) != session.isQueued { complain("isQueued is \(session.isQueued), the slot \(slot)") }
        if !session.isEnabled, state != .disconnected, state != .closed { complain("switched off, and \(state)") }
        if session.isEnabled, !isLeftToAPerson, session.deadline == nil { complain("has nothing to wait for") }
        let mayRun = session.isEnabled && (session.quarantine?.healsByProbe ?? true)
        if !mayRun, state == .connecting || state == .connected || session.isQueued { complain("runs and must not") }
    }

    /// What is told and kept of a change must be told: the store and the alerts live on it.
    private mutating func judgeNotes(_ orders: Orders, after step: CheckerStep, _ before: Session) {
        let began = before.quarantine == nil && session.quarantine != nil
        let ended = before.quarantine != nil && session.quarantine == nil
        if orders.notes.contains(.quarantineBegan) != began {
            complain("a quarantine that began was not told, or none did")
        }
        if orders.notes.contains(.quarantineEnded) != ended {
            complain("a quarantine that ended was not told, or none did")
        }
        // The desk writes the beginning of a login down by itself.
        if session.memory != before.memory, !orders.notes.contains(.memoryChanged), step != .renewalStarted {
            complain("what must survive a restart changed and was not told")
        }
    }

    private var isLeftToAPerson: Bool { session.quarantine?.healsByProbe == false }

    private mutating func judgeTime(_ orders: Orders, after step: CheckerStep, _ before: Session) {
        switch step {
        case .deadline:
            if session == before { complain("was woken at its deadline and did nothing") }
            if let deadline = session.deadline, deadline <= now.instant {
                complain("its deadline is not in the future")
            }
        case .earlyWake:
            guard let deadline = before.deadline, deadline > now.instant else { return }
            if session != before || orders != .nothing { complain("was woken early and did something") }
        default:
            break
        }
    }
}
