/// What alerts are raised by (M2), and how people are told (M3): every number with its default.
public struct AlertSettings: Sendable, Hashable {
    /// Connected ÷ should-be-connected accounts of an endpoint below which a person is needed. Nil, here and below: the rule
    /// is off.
    public var connectedShareBelow: Double? = 0.7
    /// Missed ÷ sent heartbeats.
    public var heartbeatMissesAbove: Double? = 0.2
    /// Failed ÷ attempted connects.
    public var connectFailuresAbove: Double? = 0.3
    /// Mean reply time of an endpoint.
    public var slowRepliesAbove: Duration? = .seconds(5)
    /// Mean reply time of one account.
    public var accountSlowAbove: Duration? = .seconds(5)
    /// How long one account may be down.
    public var accountDownAfter: Duration? = .seconds(120)
    /// How often one account may lose its connection in ten minutes.
    public var accountLossesAbove: Int? = 6
    public var tellsQuarantine = true
    public var tellsStore = true
    public var tellsDescriptors = true

    /// What the rules about endpoints and the fleet look at: the last so many minutes, the present one included.
    public var windowMinutes = 5
    /// Attempts, heartbeats, replies or accounts without which there is no verdict.
    public var minSamples = 10
    /// How long a condition has to be over before its alert is.
    public var recoverAfter: Duration = .seconds(120)
    /// How long people are not told yet, so that what belongs together is told together.
    public var groupWait: Duration = .seconds(30)
    /// How long single accounts are gathered after people have been told of others with the same cause.
    public var regroup: Duration = .seconds(300)
    /// When people are told again of what still lasts.
    public var repeatEvery: Duration = .seconds(4 * 3_600)
    /// Added to every message.
    public var labels: [String: String] = [:]

    public init() {}

    public static let windowMinutesRange = 1...MinuteWindow.most
    /// How far a figure has to fall below its limit, as a share of it, before it counts as over (hysteresis).
    static let clearFactor = 0.8
    /// How long an account may wait for its first turn to connect before it counts as one that should be connected: a
    /// large fleet needs its time to start.
    static let firstTurn = Duration.seconds(300)
    /// Alerts about accounts at the same time, beyond which accounts of all endpoints are told of together.
    public static let accountAlertsLimit = 200
}
