/// The rules of one account's session, as a value. It is told what happened (events, each a mutating method that takes
/// the time) and answers what is to be done (`Orders`). It never does anything itself, so the same code runs in
/// production, in the simulated world, in the model checker and in tests.
///
/// - `Session.swift`: what a session knows, and what can be read off it.
/// - `Session+StateMachine.swift`: the events of an attempt and a connection.
/// - `Session+Ladder.swift`: what follows from a failure.
/// - `Session+Renewal.swift`: other credentials, asked for and planned.
/// - `Session+Commands.swift`: what people ask for.
public struct Session: Hashable, Sendable {
    public internal(set) var settings: SessionSettings
    var machine = Machine.resting

    /// Number of the current attempt. An event that carries another one changes nothing (C5).
    public internal(set) var generation: UInt32 = 0
    /// Number of the current life, from start to release.
    public internal(set) var incarnation: UInt32 = 0
    /// Consecutive failures; forgotten after `stableAfter` of connection.
    public internal(set) var failures: UInt32 = 0
    /// The account is meant to be connected.
    public internal(set) var isEnabled = false
    /// Why automatic healing has ended, if it has (F6).
    public internal(set) var quarantine: Quarantine?
    /// How far the ladder has been climbed in this outage (F5).
    public internal(set) var rung = Rung.none
    public internal(set) var lastFailure: Failure?
    public internal(set) var lastFailureAt: WallTime?

    /// Failures in a row of classes that climb the ladder: one drop amid refusals must not climb it.
    var climbing: UInt8 = 0
    /// Rejections of our credential since the last stable connection.
    var rejections: UInt8 = 0
    var outage = Outage.none
    /// Times of the restarts within the window; empty for nearly every account.
    var restarts: [WallTime] = []
    /// The logins of this account, as far as the next one depends on them (F7).
    var renewal = RenewalRecord()
    /// When the token is to be refreshed as planned (K3); nil where it never expires.
    var refresh: Refresh?

    // C3: what people ask about first.
    public internal(set) var lastMessageAt: WallTime?
    public internal(set) var lastHeartbeatSentAt: WallTime?
    public internal(set) var lastHeartbeatReplyAt: WallTime?
    public internal(set) var lastConnectedAt: WallTime?
    public internal(set) var lastStateChangeAt: WallTime?
    /// Since when the account is not connected although it is meant to be; nil while it is connected.
    public internal(set) var notConnectedSince: Instant?

    public init(settings: SessionSettings) {
        self.settings = settings
    }

    /// Where the session stands, with exactly the data that exists there.
    enum Machine: Hashable, Sendable {
        /// `disconnected`: switched off, quarantined, or not started yet.
        case resting
        /// `disconnected`: a new incarnation waits before its first attempt.
        case pausing(until: Instant)
        /// `disconnected`: asked for a slot for the first attempt of this incarnation.
        case queuedFirst(askAgainAt: Instant)
        case connecting(Attempt)
        case connected(Connection)
        /// `reconnecting`: a planned close is under way; the next attempt follows at once.
        case leaving(deadline: Instant)
        /// `reconnecting`: waits for the next attempt.
        case waiting(until: Instant)
        /// `reconnecting`: asked for a slot.
        case queued(askAgainAt: Instant)
        /// `failed`: goes on by itself at this instant: at the ceiling, or as a probe of a quarantined account.
        case failedWaiting(until: Instant)
        /// `failed`: asked the renewal desk for another credential.
        case renewing(askAgainAt: Instant)
        /// `failed`: will ask the renewal desk when its cooldown is over.
        case cooling(until: Instant)
        /// `failed`: waits for a person, or for another credential.
        case parked
        /// `closed`: the incarnation is being released.
        case releasing(Release)

        var state: SessionState {
            switch self {
            case .resting, .pausing, .queuedFirst: .disconnected
            case .connecting: .connecting
            case .connected: .connected
            case .leaving, .waiting, .queued: .reconnecting
            case .failedWaiting, .renewing, .cooling, .parked: .failed
            case .releasing: .closed
            }
        }
    }

    struct Attempt: Hashable, Sendable {
        var phase: Phase
        /// It goes through a proxy, which has not led to the gateway yet: what goes wrong is the proxy's.
        var isAtProxy = false
        /// When the current phase began.
        var since: Instant
        var deadline: Instant
        /// The heartbeats' interval that the gateway has asked for.
        var dictatedInterval: Duration?
    }

    struct Connection: Hashable, Sendable {
        var since: Instant
        /// In tenths of a second after `since`, rounded up: few connections have it, and all pay for its size.
        private var leaveAfterTenths: UInt32?
        var isStable = false
        /// A planned refresh has been ordered and not answered.
        var isRefreshing = false
        var liveness: Liveness

        init(since: Instant, liveness: Liveness) {
            self.since = since
            self.liveness = liveness
        }

        /// When to leave it, because the gateway has asked us to.
        var leaveAt: Instant? {
            get { leaveAfterTenths.map { since + .milliseconds(100 * Int64($0)) } }
            set {
                leaveAfterTenths = newValue.map {
                    UInt32(clamping: $0.since(since).wholeMilliseconds.addingSaturated(99) / 100)
                }
            }
        }
    }

    struct Release: Hashable, Sendable {
        var deadline: Instant
        var linkIsOpen: Bool
        var workIsOpen = true
        /// How long the next incarnation waits before its first attempt.
        var pause: Duration
    }

    /// How far one outage has been told, so that it is two lines in the log and not two hundred (L1).
    enum Outage: UInt8, Hashable, Sendable {
        case none
        /// Begun and told.
        case open
        /// Connected again and told, not stable yet.
        case recovering
        /// Failed again before it was stable; the next thing told is stability.
        case flapping
    }

    public var state: SessionState { machine.state }

    /// When `wake` must be called at the latest. Nil only where the session waits for a person, for its credential or
    /// for being switched on.
    public var deadline: Instant? {
        switch machine {
        case .resting, .parked: nil
        case .pausing(let until), .waiting(let until), .failedWaiting(let until), .cooling(let until): until
        case .queuedFirst(let askAgainAt), .queued(let askAgainAt), .renewing(let askAgainAt): askAgainAt
        case .connecting(let attempt): attempt.deadline
        case .leaving(let deadline): deadline
        case .releasing(let release): release.deadline
        case .connected(let connection): deadline(of: connection)
        }
    }

    private func deadline(of connection: Connection) -> Instant {
        var earliest = connection.liveness.deadline(settings.heartbeat)
        if !connection.isStable { earliest = min(earliest, connection.since + settings.retry.stableAfter) }
        if let leaveAt = connection.leaveAt { earliest = min(earliest, leaveAt) }
        if !connection.isRefreshing, !renewal.needsPerson, let refresh { earliest = min(earliest, refresh.dueAt) }
        return earliest
    }

    /// When the next attempt begins, where that is decided already.
    public var nextAttemptAt: Instant? {
        switch machine {
        case .pausing(let until), .waiting(let until), .failedWaiting(let until): until
        case .resting, .queuedFirst, .connecting, .connected, .leaving, .queued, .renewing, .cooling, .parked,
            .releasing:
            nil
        }
    }

    /// When this connection is left, or its token refreshed, as planned: the earliest thing on it that is more than a
    /// heartbeat. Nil where nothing is planned, and without a connection.
    public var plannedChangeAt: Instant? {
        guard case .connected(let connection) = machine else { return nil }
        let refreshAt = connection.isRefreshing ? nil : refresh?.dueAt
        guard let leaveAt = connection.leaveAt else { return refreshAt }
        return min(leaveAt, refreshAt ?? leaveAt)
    }

    /// An attempt waits for its slot.
    public var isQueued: Bool {
        switch machine {
        case .queued, .queuedFirst: true
        default: false
        }
    }

    /// Its login needs a person, and none begins by itself until one has acted.
    public var needsPerson: Bool { renewal.needsPerson }

    /// It lost its connection again before it was stable: the outage that was told goes on.
    public var isFlapping: Bool { outage == .flapping }

    /// There is, or may be, a socket of the current generation.
    public var holdsLink: Bool {
        switch machine {
        case .connecting, .connected, .leaving: true
        case .releasing(let release): release.linkIsOpen
        case .resting, .pausing, .queuedFirst, .waiting, .queued, .failedWaiting, .renewing, .cooling, .parked: false
        }
    }

    /// The phase of the attempt under way; `established` once connected; nil where there is no connection.
    public var phase: Phase? {
        switch machine {
        case .connecting(let attempt): attempt.phase
        case .connected: .established
        case .leaving: .close
        case .releasing(let release): release.linkIsOpen ? .close : nil
        case .resting, .pausing, .queuedFirst, .waiting, .queued, .failedWaiting, .renewing, .cooling, .parked: nil
        }
    }

    /// The evidence of a connected session; nil in every other state.
    public var liveness: Liveness? {
        if case .connected(let connection) = machine { connection.liveness } else { nil }
    }

    /// Why an account is left alone (F6).
    public enum Quarantine: UInt8, Hashable, Sendable, CaseIterable {
        /// Its credential was rejected twice.
        case auth
        /// Its login needs a person: a captcha, a second factor.
        case login
        /// A person put it there.
        case person
        /// Renewing and restarting did not help.
        case ladder
        /// Trying again cannot help: wrong URL, wrong certificate.
        case permanent
        /// It was restarted too often.
        case restarts

        /// Whether one probe every `probeEvery` may end it. Otherwise no attempt until the credential changes or a
        /// person releases it.
        public var healsByProbe: Bool {
            switch self {
            case .auth, .login, .person: false
            case .ladder, .permanent, .restarts: true
            }
        }

        /// Whether it is a matter of the account alone, which its endpoint's recovery would not end. The others may be what an
        /// outage of the endpoint has led to.
        public var isItsOwn: Bool {
            switch self {
            case .auth, .login, .person, .permanent: true
            case .ladder, .restarts: false
            }
        }

        public var name: String {
            switch self {
            case .auth: "auth"
            case .login: "login_needs_person"
            case .person: "person"
            case .ladder: "ladder"
            case .permanent: "permanent"
            case .restarts: "restarts"
            }
        }
    }

    /// The rungs of the ladder, in climbing order (F5).
    public enum Rung: UInt8, Hashable, Sendable, Comparable, CaseIterable {
        case none, renew, restart, quarantine

        public static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }

        /// The name in the API.
        public var name: String {
            switch self {
            case .none: "none"
            case .renew: "renew"
            case .restart: "restart"
            case .quarantine: "quarantine"
            }
        }
    }
}
