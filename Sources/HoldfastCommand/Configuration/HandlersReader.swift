import Foundation
import HoldfastCore
import HoldfastFleet

/// Reads `handlers`: who answers which messages. The first that matches does.
enum HandlersReader {
    static let limit = 1_000

    /// - Parameter folder: where programs named by a relative path are.
    static func read(_ root: Section, folder: String, reading: Reading) -> [HandlerRoute] {
        if reading.reference != nil {
            let example = Section(path: "handlers[]", place: root.place, entries: [], reading: reading)
            _ = route(example, folder, reading)
        }
        guard let items = root.list("handlers") else { return [] }
        guard items.count <= limit else {
            root.report("handlers", "\(items.count) handlers are too many", "at most \(limit)")
            return []
        }
        return items.enumerated().compactMap { index, item in
            Section(item, path: "handlers[\(index)]", reading: reading).flatMap { route($0, folder, reading) }
        }
    }

    private static let kinds = ["webhook", "command", "rules"]

    private static func route(_ section: Section, _ folder: String, _ reading: Reading) -> HandlerRoute? {
        let match = match(section)
        var handlers: [any MessageHandler] = []
        let isReference = reading.reference != nil
        if let webhook = section.section("webhook") {
            handlers += [Self.webhook(webhook)].compactMap(\.self)
        }
        if let command = section.section("command") {
            handlers += [Self.command(command, folder)].compactMap(\.self)
        }
        if let rules = rules(section, reading) { handlers.append(RulesHandler(rules)) }
        let named = kinds.filter { section.has($0) }
        section.finish()
        guard !isReference else { return nil }
        guard named.count == 1 else {
            section.report(
                "match", named.isEmpty ? "has no handler" : "has \(named.count) handlers",
                "write one of \(kinds.joined(separator: ", ")) beside it")
            return nil
        }
        return handlers.first.map { HandlerRoute(match, $0) }
    }

    // MARK: Match

    private static func match(_ section: Section) -> HandlerMatch {
        section.describe("match", "all, or a mapping", preset: "all")
        guard let node = section.node("match") else { return describeMatch(section) }
        if case .scalar(let text, _) = node.content {
            if text != "all" {
                section.report("match", "is neither all nor a mapping", "write all, or { account, chat, text }")
            }
            return .all
        }
        return section.section("match").map { match(in: $0) } ?? .all
    }

    private static func describeMatch(_ section: Section) -> HandlerMatch {
        if section.reading.reference != nil { _ = match(in: section.empty("match")) }
        return .all
    }

    private static func match(in section: Section) -> HandlerMatch {
        var match = HandlerMatch(
            account: section.text("account", allowed: "an id; a * at the end stands for anything"),
            chat: section.text("chat", allowed: "the chat's id"),
            text: section.text("text", allowed: "a part of a message's text"))
        section.flag("everything", &match.wantsEverything)
        section.finish()
        return match
    }

    // MARK: Webhook

    private static func webhook(_ section: Section) -> WebhookHandler? {
        let url = section.webAddress()
        var timeout = Duration.seconds(10)
        section.duration("timeout", &timeout, in: .milliseconds(100)...(.seconds(600)))
        let secret = section.text("secret", allowed: "signs the requests").map { Secret($0) }
        section.finish()
        guard let url else { return nil }
        return WebhookHandler(url: url, timeout: timeout, secret: secret)
    }

    // MARK: Command

    private static func command(_ section: Section, _ folder: String) -> CommandHandler? {
        let program = section.program(in: folder)
        var configuration = CommandHandler.Configuration(command: program ?? [])
        section.duration("timeout", &configuration.timeout, in: .milliseconds(100)...(.seconds(600)))
        section.count("concurrency", &configuration.concurrency, in: 1...1_000)
        section.count("max_restarts", &configuration.restarts, in: 1...1_000)
        section.duration("restart_window", &configuration.window, in: .seconds(1)...(.seconds(3_600)))
        section.finish()
        return program == nil ? nil : CommandHandler(configuration)
    }

    // MARK: Rules

    private static func rules(_ section: Section, _ reading: Reading) -> [RulesHandler.Rule]? {
        if reading.reference != nil {
            _ = rule(
                Section(path: section.name(of: "rules[]"), place: section.place, entries: [], reading: reading), reading
            )
        }
        guard let items = section.list("rules") else { return nil }
        return items.prefix(limit).enumerated().compactMap { index, item in
            Section(item, path: section.name(of: "rules[\(index)]"), reading: reading).flatMap { rule($0, reading) }
        }
    }

    private static func rule(_ section: Section, _ reading: Reading) -> RulesHandler.Rule? {
        section.describe("keywords", "list", preset: "none", "texts, one of which is part of the message")
        let keywords = section.texts("keywords")
        let regex = section.text("regex", allowed: "a regular expression (ICU)")
        let item = section.text("item", allowed: "the item's id")
        let chat = section.text("chat", allowed: "the chat's id")
        let hours = section.section("hours").flatMap { Self.hours($0) }
        let reply = section.text("reply", allowed: "text with {name}, {text}, {item}, {chat}, {sender}, {account}")
        section.finish()
        guard reading.reference == nil else { return nil }
        var rule = RulesHandler.Rule(item: item, chat: chat, hours: hours)
        if keywords != nil, regex != nil {
            section.report("regex", "stands beside keywords", "write one of the two")
        } else if let keywords {
            rule.condition = .keywords(keywords)
        } else if let regex {
            guard let pattern = TextPattern(regex) else {
                section.report("regex", "is no regular expression", "see ICU's syntax")
                return nil
            }
            rule.condition = .pattern(pattern)
        }
        if let reply {
            rule.reply = ReplyTemplate(reply)
            if rule.reply == nil {
                let fields = ReplyTemplate.fields.map { "{\($0)}" }.joined(separator: ", ")
                section.report("reply", "has a field that there is not", "allowed: \(fields), and {{ for a brace")
            }
        }
        return rule
    }

    // MARK: Hours

    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private static func hours(_ section: Section) -> BusinessHours? {
        let from = section.text("from", allowed: "HH:MM")
        let to = section.text("to", allowed: "HH:MM, earlier than from: over midnight")
        section.describe("days", "list", preset: "every day", days.joined(separator: ", "))
        let names = section.texts("days") ?? []
        let zoneName = section.text("zone", preset: "UTC", allowed: "a name such as Asia/Shanghai")
        section.finish()
        guard section.reading.reference == nil else { return nil }
        func minutes(_ text: String?, _ key: String) -> Int? {
            let parts = (text ?? "").split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0...24).contains(hour),
                (0...59).contains(minute), hour * 60 + minute <= 1_440
            else {
                section.report(key, "is no time of day", "write HH:MM, between quotes")
                return nil
            }
            return hour * 60 + minute
        }
        var numbers: Set<Int> = []
        for name in names {
            guard let index = days.firstIndex(of: name) else {
                section.report(
                    "days", "\"\(Section.printable(name))\" is no day", "allowed: \(days.joined(separator: ", "))")
                continue
            }
            numbers.insert(index + 1)
        }
        let zone = zoneName.flatMap { TimeZone(identifier: $0) }
        if zoneName != nil, zone == nil {
            section.report("zone", "is no time zone", "write a name such as Asia/Shanghai or Europe/Berlin")
        }
        guard let from = minutes(from, "from"), let to = minutes(to, "to") else { return nil }
        return BusinessHours(from: from, to: to, days: numbers, zone: zone)
    }
}
