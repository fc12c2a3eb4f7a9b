/// What the whole fleet shares when it connects: how fast, how many at once, and when an endpoint is left alone.
public struct GateSettings: Hashable, Sendable {
    public var admission = AdmissionSettings()
    public var breaker = BreakerSettings()
    /// How long a grant may be out before it counts as lost: longer than all phases of an attempt together (45 s with
    /// the defaults). One attempt that outlives it costs nothing but a slot counted too little.
    public var grantLife: Duration = .seconds(60)

    public init() {}

    /// The same, with grants that live long enough for attempts with these deadlines.
    public func covering(_ phases: some Sequence<PhaseSettings>) -> GateSettings {
        var settings = self
        for phases in phases {
            let attempt = phases.resolve + phases.connect + phases.tls + phases.upgrade + phases.register
            settings.grantLife = max(settings.grantLife, attempt + Self.grantSlack)
        }
        return settings
    }

    /// For the hops between lane and gate, and for a wake-up that the sweep had to find.
    private static let grantSlack = Duration.seconds(15)
}

/// How many connections may begin, and how many may be between their beginning and their registration (F10).
/// Counts below 1 count as 1, and a rate below one in 1000 s counts as that: a gate that lets nobody through would be a
/// fleet that never comes back.
public struct AdmissionSettings: Hashable, Sendable {
    /// Connections begun per second, per endpoint, to a thousandth. 5 000 accounts come back in 25 s.
    public var connectsPerSecond = 200.0
    /// Connections per endpoint that may begin at once after a rest.
    public var burst = 50
    /// Handshakes under way at once, per endpoint. A gateway that takes longer than `concurrent` ÷
    /// `connectsPerSecond` (0.5 s) for a handshake is so asked more slowly by itself.
    public var concurrent = 100
    public var fleet = Fleet()

    /// The same for all endpoints together.
    public struct Fleet: Hashable, Sendable {
        public var connectsPerSecond = 1000.0
        public var concurrent = 500

        /// A quarter of a second's worth, which is what an endpoint's default burst is too. It is no setting of its
        /// own: what one gateway can take at once is a fact worth naming, what ours can begin at once is not.
        public var burst: Int { connectsPerSecond > 4 ? Int(min(1e9, connectsPerSecond / 4)) : 1 }

        public init() {}
    }

    public init() {}
}

/// When an endpoint counts as down, and how its return is found out (F9).
public struct BreakerSettings: Hashable, Sendable {
    /// The time over which attempts are counted.
    public var window: Duration = .seconds(30)
    /// Fewer attempts than this prove nothing. An endpoint with fewer accounts than this is judged by consecutive
    /// failures instead.
    public var minAttempts = 10
    /// Share of attempts ended by `network` or `server` failures from which on the endpoint is left alone.
    public var openAt = 0.5
    /// Time from one probe to the next while probes fail.
    public var probeEvery: Duration = .seconds(5)
    /// Answered probes in a row that end it.
    public var closeAfter = 3

    public init() {}
}
