import FoundationEssentials
public import HoldfastCore
import HoldfastStore

/// What a lane knows of a failure in the moment it happens, without a text made of it.
struct FailureNote: Sendable, Hashable {
    var chain: [String]
    /// What the peer said, word for word; it is in the chain, too.
    var said: String?
    var settings: SessionSettings
    var process: ProcessFigures
    var retry: Int
    var delay: Duration?
    var rung: Session.Rung

    var record: FailureRecord {
        FailureRecord(
            chain: chain, settings: SettingsText.of(settings), process: process, retry: retry, delay: delay,
            rung: rung.name)
    }
}

extension FailureRecord {
    /// Settings as records have them, to compare them with.
    public static func text(of settings: SessionSettings) -> String { SettingsText.of(settings) }
}

/// The record of a failure as it lies in the timeline's row. The settings are the same for thousands of failures, so they
/// have a table of their own.
struct FailureRow: Codable {
    var chain: [String]
    var settings: String
    var residentBytes: Int
    var openDescriptors: Int
    var loopLagMs: Int64
    var retry: Int
    var delayMs: Int64?
    var rung: String

    init(_ note: FailureNote, settings: String) {
        chain = note.chain
        self.settings = settings
        residentBytes = note.process.residentBytes
        openDescriptors = note.process.openDescriptors
        loopLagMs = note.process.loopLag.wholeMilliseconds
        retry = note.retry
        delayMs = note.delay?.wholeMilliseconds
        rung = note.rung.name
    }

    var text: String? {
        (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func read(_ text: String) -> FailureRow? {
        try? JSONDecoder().decode(FailureRow.self, from: Data(text.utf8))
    }

    func record(settings: String) -> FailureRecord {
        var process = ProcessFigures()
        process.residentBytes = residentBytes
        process.openDescriptors = openDescriptors
        process.loopLag = .milliseconds(loopLagMs)
        return FailureRecord(
            chain: chain, settings: settings, process: process, retry: retry,
            delay: delayMs.map { .milliseconds($0) }, rung: rung)
    }
}

/// Settings as a text, made from the values themselves, so that none can be forgotten.
enum SettingsText {
    /// One line of JSON: `{"heartbeat":{"interval":"15.0 seconds",…},…}`.
    static func of(_ settings: SessionSettings) -> String {
        var parts: [String: [String: String]] = [:]
        for part in Mirror(reflecting: settings).children {
            var values: [String: String] = [:]
            for value in Mirror(reflecting: part.value).children {
                values[value.label ?? ""] = text(value.value)
            }
            parts[part.label ?? ""] = values
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(parts)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func text(_ value: Any) -> String {
        guard let classes = value as? Set<FailureClass> else { return "\(value)" }
        return classes.map(\.rawValue).sorted().joined(separator: " ")
    }
}
