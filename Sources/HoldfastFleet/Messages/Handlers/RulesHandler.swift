public import Foundation
import HoldfastCore
public import HoldfastStore

/// Answers by rules: the first that matches the newest message of a delivery replies with its text. What no rule matches is
/// handled without a reply.
public struct RulesHandler: MessageHandler {
    public struct Rule: Sendable {
        /// What the text must be like; nil: any.
        public var condition: Condition?
        /// The item that the chat is about; nil: any.
        public var item: String?
        public var chat: String?
        public var hours: BusinessHours?
        /// `{name}`, `{text}`, `{item}`, `{chat}`, `{sender}` and `{account}` stand for the message's own; `{{` is a brace. Nil:
        /// no reply.
        public var reply: ReplyTemplate?

        public init(
            _ condition: Condition? = nil, item: String? = nil, chat: String? = nil, hours: BusinessHours? = nil,
            reply: ReplyTemplate? = nil
        ) {
            self.condition = condition
            self.item = item
            self.chat = chat
            self.hours = hours
            self.reply = reply
        }
    }

    public enum Condition: Sendable {
        /// One of these is part of the text, whatever the case of its letters.
        case keywords([String])
        case pattern(TextPattern)
    }

    public let rules: [Rule]

    public init(_ rules: [Rule]) {
        self.rules = rules
    }

    public func handle(_ delivery: Delivery) async throws -> [String] {
        replies(to: delivery, at: ProcessClock.wall)
    }

    func replies(to delivery: Delivery, at now: WallTime) -> [String] {
        guard let last = delivery.messages.last else { return [] }
        // Together: "is it" and "still there?" may come as two messages.
        let text = delivery.messages.compactMap(\.text).joined(separator: "\n")
        let rule = rules.first { $0.matches(text, item: last.item, chat: delivery.chat, at: now) }
        return rule?.reply.map { [$0.text(for: last, in: delivery)] } ?? []
    }
}

extension RulesHandler.Rule {
    fileprivate func matches(_ text: String, item: String?, chat: String, at now: WallTime) -> Bool {
        if let wanted = self.item, wanted != item { return false }
        if let wanted = self.chat, wanted != chat { return false }
        if let hours, !hours.contain(now) { return false }
        switch condition {
        case nil: return true
        case .keywords(let words):
            let text = text.lowercased()
            return words.contains { text.contains($0.lowercased()) }
        case .pattern(let pattern): return pattern.matches(text)
        }
    }
}

/// A regular expression of the operator's, for the texts of strangers.
public struct TextPattern: Sendable {
    private let expression: NSRegularExpression

    /// Characters of a text that are looked at: the time a pattern takes may grow fast with the length.
    public static let textLimit = 2_000

    /// Nil if it is no regular expression (ICU's syntax). The case of letters does not matter.
    public init?(_ pattern: String) {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: [.caseInsensitive]) else {
            return nil
        }
        self.expression = expression
    }

    func matches(_ text: String) -> Bool {
        let part = String(text.prefix(Self.textLimit))
        return expression.firstMatch(in: part, range: NSRange(part.startIndex..., in: part)) != nil
    }
}

/// A reply with places for the message's own words.
public struct ReplyTemplate: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case text(String)
        case field(String)
    }

    public static let fields = ["name", "text", "item", "chat", "sender", "account"]
    private var parts: [Part] = []

    /// Nil if it names a field that there is not, or a brace is not closed.
    public init?(_ template: String) {
        var rest = Substring(template)
        var text = ""
        while let character = rest.popFirst() {
            guard character == "{" else {
                text.append(character)
                continue
            }
            if rest.first == "{" {
                rest.removeFirst()
                text.append("{")
                continue
            }
            let name = String(rest.prefix { $0 != "}" })
            guard Self.fields.contains(name) else { return nil }
            rest = rest.dropFirst(name.count)
            guard rest.popFirst() == "}" else { return nil }
            parts.append(.text(text))
            parts.append(.field(name))
            text = ""
        }
        parts.append(.text(text))
    }

    func text(for message: JournalMessage, in delivery: Delivery) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .field("name"): message.name ?? ""
            case .field("text"): message.text ?? ""
            case .field("item"): message.item ?? ""
            case .field("chat"): delivery.chat
            case .field("sender"): message.sender ?? ""
            case .field: delivery.account
            }
        }.joined()
    }
}

/// When a shop is open: hours of the day, on days of the week, somewhere in the world.
public struct BusinessHours: Sendable, Hashable {
    /// Minutes after midnight. If `from` is the later one, it is open over midnight; the day is that on which it opened.
    public var from: Int
    public var to: Int
    /// 1 is Monday; empty: every day.
    public var days: Set<Int>
    public var zone: TimeZone

    /// - Parameter zone: nil is UTC.
    public init(from: Int, to: Int, days: Set<Int> = [], zone: TimeZone? = nil) {
        self.from = from
        self.to = to
        self.days = days
        self.zone = zone ?? .gmt
    }

    func contain(_ time: WallTime) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
        let parts = calendar.dateComponents([.weekday, .hour, .minute], from: date)
        let minute = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        // Calendar counts from Sunday, which is 1.
        let today = ((parts.weekday ?? 1) + 5) % 7 + 1
        if from <= to { return minute >= from && minute < to && isOpen(on: today) }
        if minute >= from { return isOpen(on: today) }
        return minute < to && isOpen(on: (today + 5) % 7 + 1)
    }

    private func isOpen(on day: Int) -> Bool { days.isEmpty || days.contains(day) }
}
