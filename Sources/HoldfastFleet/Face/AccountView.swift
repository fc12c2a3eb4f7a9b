public import HoldfastCore

/// One account as people and programs see it: `GET /api/v1/accounts/{id}` field by field.
public struct AccountView: Sendable, Hashable {
    public var id: String
    /// Without user, password, query values or anything else that could be a secret.
    public var url: String
    public var dialect: String
    public var origin: AccountConfiguration.Origin
    public var isEnabled: Bool
    public var state: SessionState
    public var status: AccountStatus
    /// 0 … 100.
    public var health: Int
    /// Why the health is not full, the weightiest first.
    public var reasons: [HealthReason]
    /// Consecutive failures.
    public var failures: Int
    public var generation: UInt32
    public var incarnation: UInt32
    public var lastMessageAt: WallTime?
    public var lastHeartbeatSentAt: WallTime?
    public var lastHeartbeatReplyAt: WallTime?
    public var lastConnectedAt: WallTime?
    public var lastStateChangeAt: WallTime?
    /// How long the last heartbeat's reply took on this connection, in milliseconds.
    public var replyMilliseconds: Double?
    /// How long the replies of this account took, those of earlier connections included: half of them at most so long, and
    /// all but one in a hundred. Within 19 %; nil before the first.
    public var replyP50: Duration?
    public var replyP99: Duration?
    /// How much later than it was sent the last message came; nil if there was none, or its own time is not known.
    public var messageDelay: Duration?
    public var nextAttemptAt: WallTime?
    public var ladder: Session.Rung
    /// Why automatic healing has ended, if it has.
    public var quarantine: Session.Quarantine?
    public var lastFailure: FailureView?
    /// How the last login went; nil if there was none in this process.
    public var lastLogin: LoginView?
}

/// How reliable an account was.
public struct AvailabilityView: Sendable, Hashable {
    public var hour: Availability
    public var day: Availability
    public var week: Availability

    /// As many changes of state as an account's timeline has (O6).
    public static let changesLimit = 1_000
}

/// The last login of an account, for people.
public struct LoginView: Sendable, Hashable {
    public var at: WallTime
    public var outcome: ProviderOutcome
    /// Why it did not bring another credential; empty if it did.
    public var reason: String
}

/// The last failure of an account, for people.
public struct FailureView: Sendable, Hashable {
    public var at: WallTime
    public var `class`: FailureClass
    /// `class.detail`, from the documented list.
    public var code: String
    /// What went wrong, the chain of causes, and what a person can do.
    public var message: String
    public var phase: Phase
    /// What the peer said, word for word: the reason of its close frame, or the body of its refusal. It is in `message`, too.
    public var said: String?
}
