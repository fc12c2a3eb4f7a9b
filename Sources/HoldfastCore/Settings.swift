/// Every number that decides something about a session, with its default: the one home the requirements ask for.
///
/// A value of this type is immutable and shared: accounts with the same settings hold the same object, so that a fleet
/// of 20 000 accounts has one copy and not 20 000.
public final class SessionSettings: Sendable, Hashable {
    public let heartbeat: HeartbeatSettings
    public let phases: PhaseSettings
    public let retry: RetrySettings
    public let recovery: RecoverySettings

    public init(
        heartbeat: HeartbeatSettings = HeartbeatSettings(),
        phases: PhaseSettings = PhaseSettings(),
        retry: RetrySettings = RetrySettings(),
        recovery: RecoverySettings = RecoverySettings()
    ) {
        self.heartbeat = heartbeat
        self.phases = phases
        self.retry = retry
        self.recovery = recovery
    }

    public static func == (left: SessionSettings, right: SessionSettings) -> Bool {
        left === right
            || (left.heartbeat == right.heartbeat && left.phases == right.phases && left.retry == right.retry
                && left.recovery == right.recovery)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(heartbeat)
        hasher.combine(phases)
        hasher.combine(retry)
        hasher.combine(recovery)
    }
}

/// How a session finds out whether its peer is alive (requirements H1–H7).
public struct HeartbeatSettings: Hashable, Sendable {
    /// How the deadline for a reply is found.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// From the reply times seen so far (RFC 6298's estimator), and probing at once after a miss.
        case adaptive
        /// Always `timeout`, and waiting for the next regular beat after a miss: the reference's rule.
        case fixed
    }

    public var mode: Mode = .adaptive
    /// Time between two beats.
    public var interval: Duration = .seconds(15)
    /// What the interval may stretch to on a link that has long been healthy. Equal to `interval`: never stretches.
    public var maxInterval: Duration = .seconds(15)
    /// Reply deadline in `fixed` mode, and the most it can be in `adaptive` mode.
    public var timeout: Duration = .seconds(30)
    /// The least the reply deadline can be in `adaptive` mode; a later reply counts as slow in every mode.
    public var slowAfter: Duration = .seconds(5)
    /// How long the socket may take to accept a beat before it counts as missed.
    public var sendTimeout: Duration = .seconds(2)
    /// Misses in a row after which the peer is dead.
    public var maxMisses: Int = 3
    /// Deadline of a probe, the beat sent at once after a miss in `adaptive` mode.
    public var probeTimeout: Duration = .seconds(3)
    /// Silence (no business message) after which one probe goes out and the session is marked `quiet`.
    public var quietAfter: Duration = .seconds(30)

    public init() {}

    /// The most beats that can wait for their reply at the same time; configurations that would need more are refused.
    public static let openBeatsLimit = 8

    /// What an interval that a gateway dictates is clamped to.
    public static let dictatedIntervals: ClosedRange<Duration> = .seconds(1)...(.seconds(300))
}

/// Deadlines of the phases of one attempt (C6).
public struct PhaseSettings: Hashable, Sendable {
    public var resolve: Duration = .seconds(5)
    public var connect: Duration = .seconds(10)
    public var tls: Duration = .seconds(10)
    public var upgrade: Duration = .seconds(10)
    public var register: Duration = .seconds(10)
    public var close: Duration = .seconds(5)

    public init() {}
}

/// How long a session waits before it tries again (F2, F3).
public struct RetrySettings: Hashable, Sendable {
    /// The ceiling of the delay before attempt n+1 after n consecutive failures is min(n × step, cap).
    public struct Ceiling: Hashable, Sendable {
        public var step: Duration
        public var cap: Duration

        public init(step: Duration, cap: Duration) {
            self.step = step
            self.cap = cap
        }
    }

    /// How the delay is drawn below its ceiling.
    public enum Jitter: String, Hashable, Sendable, CaseIterable {
        /// Evenly between `shortest` and the ceiling.
        case full
        /// Evenly between half of the ceiling and the ceiling.
        case equal
        /// The ceiling itself: every session of a wave comes back in the same instant. Only for comparison.
        case none
    }

    public var dropped = Ceiling(step: .seconds(3), cap: .seconds(15))
    public var network = Ceiling(step: .seconds(10), cap: .seconds(60))
    public var other = Ceiling(step: .seconds(5), cap: .seconds(30))
    public var jitter: Jitter = .full
    /// The shortest delay that is ever drawn.
    public var shortest: Duration = .milliseconds(100)
    /// The longest `Retry-After` that is obeyed.
    public var longestRetryAfter: Duration = .seconds(3600)
    /// Consecutive failures at which the session is `failed` and the ladder decides.
    public var maxFailures: Int = 5
    /// Time of connection after which failures are forgotten.
    public var stableAfter: Duration = .seconds(60)

    public init() {}
}

/// What happens when retrying does not help (F5–F8).
public struct RecoverySettings: Hashable, Sendable {
    /// Classes of failure that climb the ladder (renew, restart, quarantine). The others go on at their ceiling.
    public var climb: Set<FailureClass> = [.auth, .dropped, .protocol]
    /// The account has a provider that can get it another credential. Without one the ladder has no first rung.
    public var canRenew = false
    /// Rest between two renewals of one account, doubling up to `longestRenewCooldown` while they do not help.
    public var renewCooldown: Duration = .seconds(60)
    public var longestRenewCooldown: Duration = .seconds(3600)
    /// Planned refresh of a token whose provider names no lifetime (K3).
    public var refreshEvery: Duration = .seconds(72_000)
    /// Rest after a failed planned refresh, where half of what is left is not shorter.
    public var refreshRetry: Duration = .seconds(7200)
    /// How long a business message puts off a planned refresh.
    public var refreshRest: Duration = .seconds(300)
    /// Restarts of one instance within `restartWindow` beyond which it is quarantined.
    public var maxRestarts: Int = 5
    public var restartWindow: Duration = .seconds(600)
    /// How often a quarantined account that may heal by itself tries once.
    public var probeEvery: Duration = .seconds(900)
    /// How long the release of an incarnation may take before it is forced.
    public var releaseTimeout: Duration = .seconds(8)

    public init() {}
}

/// How the fleet notices that one of its sessions is stuck (C7), and how long a grant lives.
public enum SweepSettings {
    /// How often each lane looks at all its sessions.
    public static let interval: Duration = .seconds(5)
    /// How late a session's deadline may be before the session counts as stuck.
    public static let tolerance: Duration = .seconds(10)
    /// How long a session waits for a slot before it asks again: a lost grant costs this much, not for ever.
    public static let askAgainAfter: Duration = .seconds(30)
}
