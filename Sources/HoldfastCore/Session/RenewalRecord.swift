/// What the next login of an account depends on: when the last one began, and how many in a row led to nothing (F7).
/// Kept in the store, and written there before a login is tried, so that a crash cannot make Holdfast hammer a login.
public struct RenewalRecord: Hashable, Sendable {
    /// When the last login began; nil if there was none.
    public var startedAt: WallTime?
    /// Logins since the last stable connection, failed or not.
    public var fruitless: UInt8 = 0
    /// The last login asked for a person: none begins by itself until one has acted.
    public var needsPerson = false

    public init() {}

    /// When the next login may begin: `renewCooldown` after the last, doubling up to `longestRenewCooldown` while logins
    /// do not lead to a stable connection. Nil: at once.
    public func nextStart(_ settings: RecoverySettings) -> WallTime? {
        guard let startedAt else { return nil }
        let doublings = min(Int(fruitless), Self.mostDoublings + 1) - 1
        let cooldown = doublings > 0 ? settings.renewCooldown * (1 << doublings) : settings.renewCooldown
        return startedAt + min(cooldown, max(settings.renewCooldown, settings.longestRenewCooldown))
    }

    /// Whether a login may begin now. A time stamp from the future (the wall clock was set back) counts as now.
    public func mayStart(at now: WallTime, _ settings: RecoverySettings) -> Bool {
        remaining(at: now, settings) == .zero
    }

    /// How long the cooldown still lasts; zero if it is over.
    public func remaining(at now: WallTime, _ settings: RecoverySettings) -> Duration {
        var record = self
        record.clamp(at: now)
        guard let next = record.nextStart(settings), next > now else { return .zero }
        return next.since(now)
    }

    /// A time stamp from the future counts as now, from now on: the cooldown ends, although the clock still runs behind
    /// it.
    mutating func clamp(at now: WallTime) {
        if let startedAt, startedAt > now { self.startedAt = now }
    }

    /// A login begins.
    public mutating func start(at now: WallTime) {
        startedAt = now
        if fruitless < .max { fruitless += 1 }
    }

    /// 2^16 minutes is far beyond every sensible longest cooldown.
    private static let mostDoublings = 16
}

/// What became of a login.
public enum RenewalOutcome: Hashable, Sendable {
    /// Another credential or token is in place. `lifetime` is what the provider said; nil if it said nothing.
    case renewed(lifetime: Duration?)
    /// The provider does not accept the credential.
    case rejected
    /// A person must act: a captcha, a second factor.
    case needsPerson
    /// Not now: the provider said so, did not answer in time, or answered rubbish.
    case tryLater
}

/// The part of a session that survives a restart of the process (design, decision 8). Failure counts do not.
public struct SessionMemory: Hashable, Sendable {
    public var rung = Session.Rung.none
    public var quarantine: Session.Quarantine?
    public var restarts: [WallTime] = []
    public var renewal = RenewalRecord()

    public init() {}
}
