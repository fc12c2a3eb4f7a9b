import Foundation
import HoldfastCore
import HoldfastFleet

/// Reads `alerts`: what people are told of, and when.
enum AlertsReader {
    static let labelsLimit = 20

    static func read(_ section: Section, _ settings: inout AlertSettings) {
        var window = Duration.seconds(60 * settings.windowMinutes)
        let range = AlertSettings.windowMinutesRange
        section.duration(
            "window", &window, in: .seconds(60 * range.lowerBound)...(.seconds(60 * range.upperBound)))
        // In whole minutes: what is counted is counted by the minute.
        settings.windowMinutes = min(max(Int(window.components.seconds / 60), range.lowerBound), range.upperBound)
        section.count("min_samples", &settings.minSamples, in: 1...1_000_000)
        section.duration("group_wait", &settings.groupWait, in: .zero...(.seconds(3_600)))
        section.duration("regroup", &settings.regroup, in: .zero...(.seconds(86_400)))
        section.duration("recover_after", &settings.recoverAfter, in: .zero...(.seconds(86_400)))
        section.duration("repeat_every", &settings.repeatEvery, in: .seconds(60)...(.seconds(30 * 86_400)))
        labels(section, &settings)
        if let rules = section.section("rules") { self.rules(rules, &settings) }
        section.finish()
    }

    private static func rules(_ section: Section, _ settings: inout AlertSettings) {
        rule(section, .connectedShare, &settings.connectedShareBelow) { $0.number("below", &$1, in: 0.01...0.99) }
        rule(section, .heartbeatMisses, &settings.heartbeatMissesAbove) { $0.number("above", &$1, in: 0.01...0.99) }
        rule(section, .connectFailures, &settings.connectFailuresAbove) { $0.number("above", &$1, in: 0.01...0.99) }
        let times = Duration.milliseconds(100)...(.seconds(300))
        rule(section, .slowReplies, &settings.slowRepliesAbove) { $0.duration("above", &$1, in: times) }
        // Replies of one account are known to the second.
        rule(section, .accountSlow, &settings.accountSlowAbove) {
            $0.duration("above", &$1, in: .seconds(1)...(.seconds(250)))
        }
        rule(section, .accountDown, &settings.accountDownAfter) {
            $0.duration("after", &$1, in: .seconds(1)...(.seconds(86_400)))
        }
        rule(section, .accountFlapping, &settings.accountLossesAbove) { $0.count("above", &$1, in: 1...1_000) }
        rule(section, .accountQuarantined, &settings.tellsQuarantine)
        rule(section, .storeDown, &settings.tellsStore)
        rule(section, .descriptors, &settings.tellsDescriptors)
        section.finish()
    }

    /// A rule with a limit; one that is off has none.
    private static func rule<Limit>(
        _ rules: Section, _ rule: AlertRule, _ limit: inout Limit?, _ read: (Section, inout Limit) -> Void
    ) {
        guard let section = rules.section(rule.rawValue), var value = limit else { return }
        var isOn = true
        section.flag("enabled", &isOn)
        read(section, &value)
        section.finish()
        limit = isOn ? value : nil
    }

    private static func rule(_ rules: Section, _ rule: AlertRule, _ isOn: inout Bool) {
        guard let section = rules.section(rule.rawValue) else { return }
        section.flag("enabled", &isOn)
        section.finish()
    }

    private static func labels(_ section: Section, _ settings: inout AlertSettings) {
        section.describe("labels", "mapping", preset: "none", "up to \(labelsLimit) names and texts")
        guard section.has("labels"), let labels = section.section("labels") else { return }
        guard labels.keys.count <= labelsLimit else {
            return section.report("labels", "has \(labels.keys.count) labels", "at most \(labelsLimit)")
        }
        for name in labels.keys {
            let isName = name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
            guard isName, !name.isEmpty else {
                labels.report(name, "is no name of a label", "letters and _")
                continue
            }
            if let text = labels.text(name) { settings.labels[name] = text }
        }
    }
}

/// Reads `silences`: when nobody is told of what.
enum SilencesReader {
    static let limit = 1_000

    static func read(_ root: Section, reading: Reading) -> [MaintenanceWindow] {
        if reading.reference != nil {
            _ = window(Section(path: "silences[]", place: root.place, entries: [], reading: reading), isReference: true)
        }
        guard let items = root.list("silences") else { return [] }
        guard items.count <= limit else {
            root.report("silences", "\(items.count) silences are too many", "at most \(limit)")
            return []
        }
        return items.enumerated().compactMap { index, item in
            Section(item, path: "silences[\(index)]", reading: reading).flatMap { window($0, isReference: false) }
        }
    }

    private static func window(_ section: Section, isReference: Bool) -> MaintenanceWindow? {
        var match = Silence.Match()
        match.rule = word(section, "rule", AlertRule.allCases.map(\.rawValue)).flatMap(AlertRule.init)
        match.severity = word(section, "severity", AlertSeverity.allCases.map(\.rawValue)).flatMap(AlertSeverity.init)
        match.endpoint = section.text("endpoint", allowed: "scheme://host:port; * stands for anything")
        match.account = section.text("account", allowed: "an id; * stands for anything")
        let comment = section.text("comment", allowed: "why") ?? ""
        let from = section.text("from", allowed: "a time such as 2026-03-01T08:00:00Z, or 02:00 of each day")
        let until = section.text("to", allowed: "the same")
        section.describe("days", "list", preset: "every day", "sun, mon, tue, wed, thu, fri, sat")
        let days = self.days(section)
        let zone = section.text("zone", preset: "UTC", allowed: "a time zone such as Asia/Shanghai")
        section.finish()
        guard !isReference else { return nil }
        guard let from, let until else {
            section.report(from == nil ? "from" : "to", "is missing", "say when it begins and when it ends")
            return nil
        }
        guard let time = time(section, from, until, days, zone) else { return nil }
        return MaintenanceWindow(match: match, time: time, comment: comment)
    }

    private static func time(
        _ section: Section, _ from: String, _ until: String, _ days: Set<MaintenanceWindow.Weekday>?, _ zone: String?
    ) -> MaintenanceWindow.Time? {
        if let start = WallTime(rfc3339: from) {
            guard let end = WallTime(rfc3339: until), end > start else {
                section.report("to", "is no time after \"from\"", "write it as 2026-03-01T10:00:00Z")
                return nil
            }
            guard days == nil, zone == nil else {
                section.report("days", "belongs to a time of day", "write \"from\" as 02:00, or leave it out")
                return nil
            }
            return .once(from: start, until: end)
        }
        guard let start = minutes(from) else {
            section.report("from", "is no time", "write 2026-03-01T08:00:00Z, or 02:00 for each day")
            return nil
        }
        guard let end = minutes(until), end != start else {
            section.report("to", "is no other time of day than \"from\"", "write it as 04:00")
            return nil
        }
        let name = zone ?? "UTC"
        guard TimeZone(identifier: name) != nil else {
            section.report(
                "zone", "is no time zone that this machine knows",
                "a name such as UTC or Asia/Shanghai (package tzdata)")
            return nil
        }
        return .weekly(
            days: days ?? Set(MaintenanceWindow.Weekday.allCases), from: start, until: end, zone: name)
    }

    private static func days(_ section: Section) -> Set<MaintenanceWindow.Weekday>? {
        guard let items = section.list("days") else { return nil }
        var days: Set<MaintenanceWindow.Weekday> = []
        for item in items {
            guard case .scalar(let text, _) = item.content, let day = MaintenanceWindow.Weekday(rawValue: text) else {
                section.report("days", "has something that is no day", "sun, mon, tue, wed, thu, fri, sat")
                return nil
            }
            days.insert(day)
        }
        return days
    }

    /// `02:30` as minutes after midnight.
    private static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func word(_ section: Section, _ key: String, _ known: [String]) -> String? {
        guard let text = section.text(key, preset: "any", allowed: known.joined(separator: ", ")) else { return nil }
        guard known.contains(text) else {
            section.report(
                key, "\"\(Section.printable(text))\" is not known", "allowed: \(known.joined(separator: ", "))")
            return nil
        }
        return text
    }
}
