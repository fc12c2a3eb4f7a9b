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

extension Silence.Match {
    /// Whether an alert is meant. One with several rules, or about several accounts, is meant only if all of them are.
    public func fits(_ alert: Alert) -> Bool {
        if let rule, !alert.figures.allSatisfy({ $0.rule == rule }) { return false }
        if let severity, alert.severity != severity { return false }
        if let endpoint, !Self.fits(alert.cause.endpoint, endpoint) { return false }
        guard let account else { return true }
        guard alert.cause.isAboutAccounts, !alert.sample.isEmpty else { return false }
        return alert.sample.allSatisfy { Self.fits($0, account) }
    }

    /// Whether a text is as a pattern says: `*` stands for any run of characters, everything else for itself.
    static func fits(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
        var (at, place) = (0, 0)
        // Where the last star was, and how much of the text it has taken.
        var star: (place: Int, at: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == text[at] {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.place, last.at + 1)
                at = last.at + 1
                place = last.place + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension Silence.Match: CustomStringConvertible {
    /// `all`, or `rule=account_down account=shop-*`.
    public var description: String {
        let parts = [
            rule.map { "rule=\($0.rawValue)" }, severity.map { "severity=\($0.rawValue)" },
            endpoint.map { "endpoint=\($0)" }, account.map { "account=\($0)" },
        ]
        let text = parts.compactMap(\.self).joined(separator: " ")
        return text.isEmpty ? "all" : text
    }
}
