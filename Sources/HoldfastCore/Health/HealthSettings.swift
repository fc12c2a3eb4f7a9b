/// What health is measured by (M1).
public struct HealthSettings: Hashable, Sendable {
    /// What one consecutive failure costs, of 100.
    public var perFailure = 10
    /// What each second of reply delay costs.
    public var perSecondOfDelay = 2
    /// Scores from here on are `healthy`.
    public var healthyFrom = 80
    /// Scores from here on are `degraded`, those below `unhealthy`.
    public var degradedFrom = 50
    /// An account that is not connected for this long is `unhealthy`.
    public var unhealthyAfter: Duration = .seconds(120)
    /// A message that arrived this much later than it was sent is a reason.
    public var messageDelayFrom: Duration = .seconds(30)

    public init() {}
}
