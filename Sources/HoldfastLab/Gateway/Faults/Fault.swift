/// One thing that the gateway does wrong on purpose, and for whom.
///
/// A list of faults stands until it is replaced; the first entry that matches an account decides what happens to it. Faults of a
/// session touch those that are open already and every later one; faults of the way to it touch later ones only.
public struct Fault: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        // On the way to a session.

        /// The connection is accepted and reset. For everyone, as the first entry of the list: the listener is closed.
        case refuse
        /// The upgrade is answered with an HTTP status.
        case upgradeStatus = "upgrade_status"
        /// The registration is answered with a code that is not 200.
        case rejectRegister = "reject_register"
        /// The registration is not answered.
        case ignoreRegister = "ignore_register"
        /// What accounts hold is void: open sessions are closed with 1008, registrations with the same token get 401.
        case expireToken = "expire_token"

        // To a session.

        /// The socket is reset (RST).
        case reset
        /// The stream ends (FIN) without a closing handshake.
        case eof
        /// A clean closing handshake.
        case close
        /// TCP stays open; nothing is read, nothing is written.
        case blackhole
        /// Heartbeats are not answered; everything else is.
        case mute
        /// Everything the gateway sends in a session comes late.
        case slow
        /// A stream of text frames that mean nothing.
        case garbage
        /// One frame that is larger than any client should take.
        case oversize
    }

    public var kind: Kind
    /// `close`, `expire_token`: the WebSocket close code (1000, 1008). `reject_register`: the answer's code (401).
    /// `garbage`: 1002 makes it bytes that are no frame at all, which breaks the protocol at once.
    public var code: Int?
    /// Whom it is for, and the rest. `status` (503) and `retry_after` are for `upgrade_status`. `delay` counts from the fault's
    /// beginning or the session's, whichever is later; for `slow` it is how late everything is (6 s if zero), for `garbage` the
    /// time between two frames (10 ms if zero).
    public var terms: FaultTerms

    public init(
        _ kind: Kind, for account: String = FaultMatch.everyone, share: Double = 1, code: Int? = nil,
        status: Int? = nil,
        retryAfterSeconds: Int? = nil, delay: Duration = .zero, lasting duration: Duration? = nil
    ) {
        self.kind = kind
        self.code = code
        self.terms = FaultTerms(
            match: FaultMatch(account: account, share: share), status: status, retryAfterSeconds: retryAfterSeconds,
            delay: delay,
            lasting: duration)
    }
}

extension Fault {
    /// The code that a fault without one uses.
    var effectiveCode: Int {
        code ?? (kind == .rejectRegister ? 401 : kind == .expireToken ? 1008 : 1000)
    }

    var effectiveStatus: Int { terms.status ?? 503 }

    /// How late a slow gateway is when nothing else is said: later than what a session calls a slow reply (5 s).
    static let slowDelay = Duration.seconds(6)
    /// The time between two frames of garbage when nothing else is said.
    static let garbageInterval = Duration.milliseconds(10)

    var effectiveDelay: Duration {
        switch kind {
        case .slow: terms.delay == .zero ? Self.slowDelay : terms.delay
        case .garbage: terms.delay == .zero ? Self.garbageInterval : terms.delay
        default: terms.delay
        }
    }

    /// Whether this entry, as the first of the list, shuts the listener instead of resetting connection by connection.
    var closesListener: Bool { kind == .refuse && terms.match.coversEveryone }
}
