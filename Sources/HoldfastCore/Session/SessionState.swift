/// The six states of a session (C1). "Disabled" and "quarantined" are intents, shown as status; they are no states.
public enum SessionState: UInt8, Hashable, Sendable, CaseIterable {
    /// At rest, or queued for its first attempt. May go to: connecting.
    case disconnected
    /// An attempt is under way. May go to: connected, reconnecting, failed, closed.
    case connecting
    /// The gateway has positively answered the registration. May go to: reconnecting, closed.
    case connected
    /// Waiting for the next attempt. May go to: connecting, failed, closed, disconnected.
    case reconnecting
    /// Too many consecutive failures; the ladder decides. May go to: reconnecting, closed, disconnected.
    case failed
    /// An incarnation is being released. May go to: disconnected.
    case closed

    /// The name in the API, the metrics and the logs.
    public var name: String {
        switch self {
        case .disconnected: "disconnected"
        case .connecting: "connecting"
        case .connected: "connected"
        case .reconnecting: "reconnecting"
        case .failed: "failed"
        case .closed: "closed"
        }
    }

    /// The one table of legal transitions. Everything that checks a transition asks here.
    public func mayGo(to next: SessionState) -> Bool {
        switch (self, next) {
        case (.disconnected, .connecting): true
        case (.connecting, .connected), (.connecting, .reconnecting), (.connecting, .failed), (.connecting, .closed):
            true
        case (.connected, .reconnecting), (.connected, .closed): true
        case (.reconnecting, .connecting), (.reconnecting, .failed), (.reconnecting, .closed),
            (.reconnecting, .disconnected):
            true
        case (.failed, .reconnecting), (.failed, .closed), (.failed, .disconnected): true
        case (.closed, .disconnected): true
        default: false
        }
    }
}

/// Why a state was entered. The text is the `reason` of the timeline and the logs.
public enum TransitionReason: UInt8, Hashable, Sendable, CaseIterable {
    case slotGranted
    case registered
    case failure
    case tooManyFailures
    case retryDue
    case probeDue
    case disabled
    case released
    case operatorReconnect
    case operatorReset
    case operatorRestart
    case operatorRelease
    case ladderRestart
    case quarantined
    case settingsChanged
    case stuck
    case shutdown
    case renewing
    case renewed
    case gatewayAsked
    case removed
    /// What a login came to, where it brought nothing: such an entry of the timeline changes no state.
    case loginRejected
    case loginNeedsPerson
    case loginPutOff

    public var text: String {
        switch self {
        case .slotGranted: "slot_granted"
        case .registered: "registered"
        case .failure: "failure"
        case .tooManyFailures: "too_many_failures"
        case .retryDue: "retry_due"
        case .probeDue: "probe_due"
        case .disabled: "disabled"
        case .released: "released"
        case .operatorReconnect: "operator_reconnect"
        case .operatorReset: "operator_reset"
        case .operatorRestart: "operator_restart"
        case .operatorRelease: "operator_release"
        case .ladderRestart: "ladder_restart"
        case .quarantined: "quarantined"
        case .settingsChanged: "settings_changed"
        case .stuck: "stuck"
        case .shutdown: "shutdown"
        case .renewing: "renewing"
        case .renewed: "renewed"
        case .gatewayAsked: "gateway_asked"
        case .removed: "removed"
        case .loginRejected: "login_rejected"
        case .loginNeedsPerson: "login_needs_person"
        case .loginPutOff: "login_try_later"
        }
    }
}

/// One change of state, as it goes to the timeline (C2).
public struct Transition: Hashable, Sendable {
    public var at: WallTime
    public var from: SessionState
    public var to: SessionState
    public var reason: TransitionReason
    public var failures: UInt32
    public var generation: UInt32
    public var incarnation: UInt32
    /// The failure that caused it, where one did.
    public var failure: Failure?

    public init(
        at: WallTime, from: SessionState, to: SessionState, reason: TransitionReason, failures: UInt32,
        generation: UInt32, incarnation: UInt32, failure: Failure?
    ) {
        self.at = at
        self.from = from
        self.to = to
        self.reason = reason
        self.failures = failures
        self.generation = generation
        self.incarnation = incarnation
        self.failure = failure
    }
}
