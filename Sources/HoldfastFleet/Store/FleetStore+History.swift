import FoundationEssentials
import HoldfastCore
import HoldfastStore

extension FleetStore {
    /// Takes what a lane has reported into the timelines. The rows are made where they are written, not on a loop.
    func note(_ transitions: [LaneReport.Change]) {
        guard !transitions.isEmpty else { return }
        for settings in Set(transitions.compactMap { $0.note?.settings }) { _ = id(of: settings) }
        register.noteTransitions(transitions.count) {
            transitions.map { change in
                StoredTransition(
                    change.transition, of: change.account.id,
                    detail: change.note.flatMap { FailureRow($0, settings: self.id(of: $0.settings)).text })
            }
        }
    }

    /// The newest entries, newest first.
    func timeline(of account: String, limit: Int) async throws -> [TimelineEntry] {
        var settings: [String: String] = [:]
        var entries: [TimelineEntry] = []
        for row in try await register.timeline(of: account, limit: limit) {
            var entry = TimelineEntry(row)
            if let detail = row.detail.flatMap(FailureRow.read) {
                if settings[detail.settings] == nil {
                    settings[detail.settings] = try await register.settings(id: detail.settings) ?? "{}"
                }
                entry.record = detail.record(settings: settings[detail.settings] ?? "{}")
            }
            entries.append(entry)
        }
        return entries
    }

    /// The id under which the text of these settings is kept. There are few settings, however many accounts have them.
    private func id(of settings: SessionSettings) -> String {
        settingsIDs.withLock { known in
            if let id = known[settings] { return id }
            let text = SettingsText.of(settings)
            let id = KeyRing.mark(of: Secret(text), ring: nil, bytes: 8)
            register.noteSettings(text, id: id)
            if known.count >= Self.settingsLimit { known = [:] }
            known[settings] = id
            return id
        }
    }

    static let settingsLimit = 10_000
}

extension TimelineEntry {
    init(_ row: StoredTransition) {
        self.init(
            at: row.at, from: row.from, to: row.to, reason: row.reason, failures: Int(row.failures),
            generation: row.generation, incarnation: row.incarnation,
            failureClass: row.failureClass.flatMap(FailureClass.init(rawValue:)), failureCode: row.failureCode)
    }

    /// Whether both tell of the same change.
    func isSame(as other: TimelineEntry) -> Bool {
        at == other.at && from == other.from && to == other.to && reason == other.reason
            && generation == other.generation
            && incarnation == other.incarnation
    }
}
