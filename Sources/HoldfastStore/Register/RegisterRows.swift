public import HoldfastCore

/// What the register knows of one account.
public struct StoredAccount: Sendable, Hashable {
    public var id: String
    /// The declaration of an account that was added at run time, as JSON; nil for those a configuration declares.
    public var declaration: String?
    /// The identity of the "device" this account registers as: made once, and the same for ever.
    public var device: String
    /// What a person switched it to; nil if nobody did. Holds until the configuration's own value changes (K5).
    public var enabled: Override?
    public var memory: SessionMemory
    /// A fingerprint of what was declared when the quarantine began, or a login needed a person: neither outlives a change
    /// of that (K5).
    public var quarantineDeclared: String?
    /// It was removed, and what is kept is only what guards its login.
    public var isRemoved: Bool

    public struct Override: Sendable, Hashable {
        public var value: Bool
        /// What the configuration said when the person acted.
        public var declared: Bool

        public init(value: Bool, declared: Bool) {
            self.value = value
            self.declared = declared
        }
    }

    public init(
        id: String, declaration: String? = nil, device: String, enabled: Override? = nil,
        memory: SessionMemory = SessionMemory(), quarantineDeclared: String? = nil, isRemoved: Bool = false
    ) {
        self.id = id
        self.declaration = declaration
        self.device = device
        self.enabled = enabled
        self.memory = memory
        self.quarantineDeclared = quarantineDeclared
        self.isRemoved = isRemoved
    }
}

/// A sealed secret with what is known about it in the clear.
public struct StoredSecret: Sendable, Hashable {
    public var account: String
    public var kind: SecretKind
    public var sealed: SealedSecret
    /// `KeyRing.fingerprint` of the configuration's own value when this one was stored; nil if it had none. The stored one
    /// holds until the configuration's value is another (K5).
    public var declared: String?
    public var obtainedAt: WallTime
    /// How long it lives; nil if nobody said.
    public var lifetime: Duration?

    public init(
        account: String, kind: SecretKind, sealed: SealedSecret, declared: String?, obtainedAt: WallTime,
        lifetime: Duration?
    ) {
        self.account = account
        self.kind = kind
        self.sealed = sealed
        self.declared = declared
        self.obtainedAt = obtainedAt
        self.lifetime = lifetime
    }
}

/// One row of an account's timeline.
public struct StoredTransition: Sendable, Hashable {
    public var account: String
    public var at: WallTime
    public var from: SessionState
    public var to: SessionState
    public var reason: String
    public var failures: UInt32
    public var generation: UInt32
    public var incarnation: UInt32
    public var failureClass: String?
    public var failureCode: String?
    /// The rest of a failure record (L2), as JSON.
    public var detail: String?

    public init(_ transition: Transition, of account: String, detail: String? = nil) {
        self.account = account
        at = transition.at
        from = transition.from
        to = transition.to
        reason = transition.reason.text
        failures = transition.failures
        generation = transition.generation
        incarnation = transition.incarnation
        failureClass = transition.failure?.class.rawValue
        failureCode = transition.failure?.code
        self.detail = detail
    }

    init(
        account: String, at: WallTime, from: SessionState, to: SessionState, reason: String, failures: UInt32,
        generation: UInt32, incarnation: UInt32, failureClass: String?, failureCode: String?, detail: String?
    ) {
        self.account = account
        self.at = at
        self.from = from
        self.to = to
        self.reason = reason
        self.failures = failures
        self.generation = generation
        self.incarnation = incarnation
        self.failureClass = failureClass
        self.failureCode = failureCode
        self.detail = detail
    }
}

/// What a person did, and from where.
public struct AuditEntry: Sendable, Hashable {
    public var id: Int64
    public var at: WallTime
    public var who: String
    /// The address it came from.
    public var origin: String
    public var action: String
    public var account: String?
    public var detail: String?

    public init(
        id: Int64 = 0, at: WallTime, who: String, origin: String, action: String, account: String? = nil,
        detail: String? = nil
    ) {
        self.id = id
        self.at = at
        self.who = who
        self.origin = origin
        self.action = action
        self.account = account
        self.detail = detail
    }
}

/// A message to people that has not been delivered on one channel yet.
public struct QueuedNotification: Sendable, Hashable {
    public var channel: String
    public var notification: AlertNotification
    public var queuedAt: WallTime
    /// When it is to be tried next.
    public var dueAt: WallTime
    /// How often it has been tried in vain.
    public var attempts: Int
    /// Why the last attempt failed.
    public var problem: String?

    public init(
        channel: String, notification: AlertNotification, queuedAt: WallTime, dueAt: WallTime, attempts: Int = 0,
        problem: String? = nil
    ) {
        self.channel = channel
        self.notification = notification
        self.queuedAt = queuedAt
        self.dueAt = dueAt
        self.attempts = attempts
        self.problem = problem
    }

    /// Messages that wait on one channel; beyond it the oldest goes.
    public static let limitPerChannel = 1_000
    /// How long a message is tried; what is older helps nobody.
    public static let longestWait = Duration.seconds(86_400)
}

/// How long things are kept (O6).
public struct RetentionSettings: Sendable, Hashable {
    public var timelineAge: Duration = .seconds(30 * 86_400)
    public var timelineRowsPerAccount = 1_000
    /// How long it is known of a removed account when it logged in last. Longer than any cooldown.
    public var removedAge: Duration = .seconds(7 * 86_400)
    public var auditAge: Duration = .seconds(365 * 86_400)
    /// Of alerts that are over.
    public var alertAge: Duration = .seconds(90 * 86_400)
    /// Rows deleted in one transaction, so that a sweep never holds up a write for long.
    public var batchRows = 500

    public init() {}
}
