/// For a while nobody is told of the alerts that match; they are listed all the same.
public struct Silence: Sendable, Hashable, Codable {
    /// Unique; safe in a URL.
    public var id: String
    public var match: Match
    public var startsAt: WallTime
    public var endsAt: WallTime
    /// Who asked for it.
    public var author: String
    public var comment: String

    /// What it is about: everything that is given must fit. Texts may hold `*` for any run of characters.
    public struct Match: Sendable, Hashable, Codable {
        public var rule: AlertRule?
        public var severity: AlertSeverity?
        /// `scheme://host:port`
        public var endpoint: String?
        /// The id of an account. Alerts about an endpoint or the fleet do not fit.
        public var account: String?

        public init(
            rule: AlertRule? = nil, severity: AlertSeverity? = nil, endpoint: String? = nil, account: String? = nil
        ) {
            self.rule = rule
            self.severity = severity
            self.endpoint = endpoint
            self.account = account
        }
    }

    public init(
        id: String, match: Match, startsAt: WallTime, endsAt: WallTime, author: String = "", comment: String = ""
    ) {
        self.id = id
        self.match = match
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.author = author
        self.comment = comment
    }

    /// Silences kept at the same time, beside those of the configuration.
    public static let limit = 1_000

    public func isInForce(at now: WallTime) -> Bool { startsAt <= now && now < endsAt }
}
