import HoldfastCore

/// The language in which people are told.
public enum NotificationLanguage: String, Sendable, Hashable, CaseIterable {
    case english = "en"
    case chinese = "zh"
}

/// A notification in words: what a person reads on a phone at night. First what it is, in one line; then since when, how bad, who,
/// why, and what to do.
struct NotificationText: Sendable, Hashable {
    /// Fits on one line: grade, place, what happened.
    var subject: String
    var facts: [Fact]
    /// What to do; nil where there is nothing to do, for instance because it is over.
    var advice: String?
    /// The alerts in the console; nil if nobody said where that is.
    var link: String?

    struct Fact: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// A detail is cut after so many characters: it may be an error message of anybody.
    static let detailLimit = 300

    init(_ notification: AlertNotification, language: NotificationLanguage, console: String?) {
        let words: any NotificationWords = language == .english ? EnglishWords() : ChineseWords()
        link = console.map { "\($0)/#alerts" }
        guard !notification.isTest else {
            (subject, facts) = (words.test, [words.time(notification)])
            return
        }
        subject = words.subject(notification, headline: words.headline(notification))
        facts = Self.facts(notification, words)
        advice = notification.kind == .resolved ? nil : words.advice(for: notification.cause.kind)
    }

    /// Everything as plain lines, the subject first.
    func plain() -> String {
        var lines = [subject, ""] + facts.map { "\($0.name): \($0.value)" }
        if let advice { lines += ["", advice] }
        if let link { lines += ["", link] }
        return lines.joined(separator: "\n")
    }

    private static func facts(_ notification: AlertNotification, _ words: any NotificationWords) -> [Fact] {
        var facts = [words.time(notification)]
        facts += notification.figures.map { words.figure($0) }
        if !notification.sample.isEmpty {
            facts.append(
                words.accounts(notification.sample, more: max(0, notification.affected - notification.sample.count)))
        }
        let detail = Self.oneLine(notification.detail)
        if !detail.isEmpty { facts.append(words.detail(detail)) }
        facts.append(words.alert(notification.alert))
        return facts
    }

    /// What somebody else wrote, so that it stays what it is: one line, no control characters, not too long.
    static func oneLine(_ text: String) -> String {
        let plain = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(detailLimit * 4).map {
                    $0.properties.generalCategory == .control || $0.properties.generalCategory == .format ? " " : $0
                }))
        return plain.count > detailLimit ? plain.prefix(detailLimit) + "…" : plain
    }
}

/// What a language has to say.
protocol NotificationWords {
    /// The subject of a message that only tries a channel.
    var test: String { get }
    func subject(_ notification: AlertNotification, headline: String) -> String
    /// What happened, without the grade.
    func headline(_ notification: AlertNotification) -> String
    /// Since when, or from when to when.
    func time(_ notification: AlertNotification) -> NotificationText.Fact
    func figure(_ figure: AlertFigure) -> NotificationText.Fact
    func accounts(_ sample: [String], more: Int) -> NotificationText.Fact
    func detail(_ text: String) -> NotificationText.Fact
    func alert(_ id: String) -> NotificationText.Fact
    func advice(for cause: AlertCause.Kind) -> String
}

extension NotificationWords {
    /// `2026-03-01 08:15:30 UTC`: a reader may sit anywhere, so the zone is said.
    func clock(_ time: WallTime) -> String {
        let text = time.rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// A share as a percentage, without needless digits.
    func percent(_ share: Double) -> String {
        let tenths = (max(0, min(share, 10)) * 1_000).rounded()
        return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10)) %" : "\(tenths / 10) %"
    }

    /// A figure in its unit.
    func number(_ value: Double, _ unit: AlertRule.Unit) -> String {
        switch unit {
        case .share: return percent(value)
        case .seconds:
            let hundredths = (max(0, min(value, 1e9)) * 100).rounded()
            return hundredths >= 6_000 || hundredths.truncatingRemainder(dividingBy: 100) == 0
                ? "\(Int(hundredths / 100)) s" : "\(hundredths / 100) s"
        case .count: return "\(Int(max(0, min(value, 1e15))))"
        }
    }
}

extension AlertNotification {
    /// Where it is: the endpoint, or the one account it is about.
    var account: String? {
        if case .account(let id) = scope { return id }
        return affected == 1 ? sample.first : nil
    }
}
