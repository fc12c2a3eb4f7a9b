/// What is known about one account when somebody asks how it is doing: evidence only, no socket's opinion (M1).
///
/// Score, status and reasons follow from it and from nothing else.
public struct HealthEvidence: Hashable, Sendable {
    public var isEnabled = true
    /// Why automatic healing has ended (`Session.Quarantine.name`); nil if it has not.
    public var quarantine: String?
    /// Its login needs a person (`Session.needsPerson`).
    public var needsPerson = false
    public var state = SessionState.connected
    /// Consecutive failures.
    public var failures: UInt32 = 0
    /// Code of the last failure, for the reason's detail.
    public var failureCode: String?
    /// How long the account is not connected already; nil while it is.
    public var notConnectedFor: Duration?
    /// How long the last reply on this connection took; nil before the first.
    public var lastReply: Duration?
    /// How long the oldest heartbeat without a reply is out; nil if none is.
    public var oldestOpenBeat: Duration?
    /// Heartbeats missed in a row.
    public var misses = 0
    /// From which time on a reply is slow (`HeartbeatSettings.slowAfter`).
    public var slowAfter = HeartbeatSettings().slowAfter
    /// No business message for `HeartbeatSettings.quietAfter`.
    public var isQuiet = false
    /// Reading is paused, because what arrives cannot be taken.
    public var isReadingPaused = false
    /// The endpoint's breaker lets nobody through but probes.
    public var isBreakerOpen = false
    /// How late the last message was; nil if there was none, or its own time is not known.
    public var messageDelay: Duration?

    public init() {}

    /// The larger of the last reply's delay and the age of the oldest open beat.
    public var replyDelay: Duration {
        max(.zero, lastReply ?? .zero, oldestOpenBeat ?? .zero)
    }

    /// 100 − 10 × failures − 2 × reply delay in seconds, within 0 … 100, rounded to the nearest whole number.
    public func score(_ settings: HealthSettings = HealthSettings()) -> Int {
        let failures = Double(failures) * Double(settings.perFailure)
        let delay = replyDelay.inSeconds * Double(settings.perSecondOfDelay)
        return Int(max(0, min(100, 100 - failures - delay)) + 0.5)
    }

    /// Disabled, quarantined and failed outrank every score; an account that is not connected is at best degraded.
    public func status(_ settings: HealthSettings = HealthSettings()) -> AccountStatus {
        if !isEnabled { return .disabled }
        if quarantine != nil { return .quarantined }
        if state == .failed { return .failed }
        let score = score(settings)
        if score < settings.degradedFrom { return .unhealthy }
        guard state != .connected else { return score < settings.healthyFrom || needsPerson ? .degraded : .healthy }
        return (notConnectedFor ?? .zero) >= settings.unhealthyAfter ? .unhealthy : .degraded
    }
}
