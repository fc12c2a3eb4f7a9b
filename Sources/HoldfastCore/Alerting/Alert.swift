/// One cause for which a person may be needed, from its beginning to its end: what the API lists and the register keeps.
public struct Alert: Sendable, Hashable, Codable {
    /// Made of the cause and the beginning; safe in a URL.
    public var id: String
    public var cause: AlertCause
    public var scope: AlertScope
    /// The highest it has had.
    public var severity: AlertSeverity
    /// The rules that fire, the weightiest first; of one that is over, those that did last. Never empty.
    public var figures: [AlertFigure]
    /// How many accounts are concerned now, and at the worst.
    public var affected = 0
    public var worst = 0
    /// How many accounts there are where the alert is about.
    public var accounts = 0
    /// The accounts concerned, in order; of many the first `sampleLimit`.
    public var sample: [String] = []
    /// The code that most failures have, or the text of whoever failed. May be empty.
    public var detail = ""
    public var startsAt: WallTime
    /// Nil while it lasts.
    public var endsAt: WallTime?
    /// Why nobody is told of it, if so.
    public var suppression: Suppression?
    /// What people have been told. Nil: nothing, so there will be no recovery notice either.
    public var told: Told?

    public enum Suppression: Sendable, Hashable, Codable {
        /// The alert of this id explains it.
        case inhibited(by: String)
        /// The silence of this id.
        case silenced(by: String)
    }

    /// What the last message said; what comes later is held against it.
    public struct Told: Sendable, Hashable, Codable {
        public var at: WallTime
        /// How many messages there were.
        public var messages = 1
        public var severity: AlertSeverity

        public init(at: WallTime, messages: Int = 1, severity: AlertSeverity) {
            self.at = at
            self.messages = messages
            self.severity = severity
        }
    }

    /// - Parameter figures: not empty; the weightiest first.
    public init(cause: AlertCause, scope: AlertScope, figures: [AlertFigure], startsAt: WallTime) {
        id = Self.id(of: cause, at: startsAt)
        self.cause = cause
        self.scope = scope
        self.figures = figures
        severity = figures.map(\.rule.severity).max() ?? .warning
        self.startsAt = startsAt
    }

    public static let sampleLimit = 100

    /// The weightiest rule.
    public var rule: AlertRule { figures.first?.rule ?? .accountDown }

    public var isActive: Bool { endsAt == nil }

    /// 16 hexadecimal digits: FNV-1a over cause and time (the offset basis and prime of its 64-bit form).
    private static func id(of cause: AlertCause, at time: WallTime) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(cause.kind.rawValue) \(cause.endpoint) \(time.milliseconds)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits
    }
}
