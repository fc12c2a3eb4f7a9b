/// One message to people about an alert: that it began (or became worse), that it still lasts, that it is over. Facts only:
/// whoever sends it puts it into words, in the language of whoever reads it.
public struct AlertNotification: Sendable, Hashable, Codable {
    /// Names this message for ever: the same over retries and restarts, so that a receiver can drop what it has.
    public var id: String
    /// The id of the alert; pairs what began with what ended.
    public var alert: String
    public var kind: Kind
    public var severity: AlertSeverity
    /// The weightiest rule that fires; of an alert that is over, the one that did.
    public var rule: AlertRule
    /// Every rule that fires, the weightiest first; of an alert that is over, those that did last.
    public var figures: [AlertFigure]
    public var scope: AlertScope
    public var cause: AlertCause
    /// How many accounts are concerned; of an alert that is over, how many were at its worst.
    public var affected: Int
    /// How many accounts there are where the alert is about.
    public var accounts: Int
    /// The ids of some of the accounts concerned, in order; at most `sampleLimit`.
    public var sample: [String]
    /// Names and values from the configuration, with `rule`, `severity`, `scope`, `cause` and, where there is one, `endpoint`
    /// and `account`.
    public var labels: [String: String]
    public var startsAt: WallTime
    /// Nil while it lasts.
    public var endsAt: WallTime?
    /// When this message was made.
    public var at: WallTime
    /// What else is known, as codes or in the words of whoever failed: the code that most failures have, or the store's own
    /// text. May be empty.
    public var detail: String

    /// The raw value is the name in the API.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// It began, or became worse.
        case firing
        case resolved
        /// It still lasts, and the last message is long ago.
        case `repeat`
    }

    public static let sampleLimit = 10

    public init(
        id: String, alert: String, kind: Kind, severity: AlertSeverity, rule: AlertRule, figures: [AlertFigure],
        scope: AlertScope, cause: AlertCause, affected: Int, accounts: Int, sample: [String], labels: [String: String],
        startsAt: WallTime, endsAt: WallTime? = nil, at: WallTime, detail: String = ""
    ) {
        self.id = id
        self.alert = alert
        self.kind = kind
        self.severity = severity
        self.rule = rule
        self.figures = figures
        self.scope = scope
        self.cause = cause
        self.affected = affected
        self.accounts = accounts
        self.sample = sample
        self.labels = labels
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.at = at
        self.detail = detail
    }
}
