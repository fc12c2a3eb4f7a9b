public import HoldfastCore

/// Everything that is known about one account, for a bug report (L4). Holds no secret.
public struct AccountReport: Sendable {
    public var at: WallTime
    public var process: ProcessFigures
    public var totals: FleetTotals
    public var readiness: [ReadinessReason]
    public var account: AccountView
    public var diagnosis: Diagnosis
    /// In force now; a failure's record has those that were in force then.
    public var settings: SessionSettings
    /// Newest first.
    public var timeline: [TimelineEntry]

    /// Entries at most; as many as are kept for an account (O6).
    public static let timelineLimit = 1_000
}

extension Fleet {
    /// What is the matter with an account; nil if there is none with this id.
    public func diagnosis(of id: String) async -> Diagnosis? {
        await account(id).map { Diagnosis(of: $0, at: ProcessClock.wall) }
    }

    /// Everything that is known about an account, as far back as asked for; nil if there is none with this id.
    public func report(on id: String, since: Duration) async -> AccountReport? {
        guard let account = await account(id), let settings = roster.find(id)?.account.configuration.settings,
            let timeline = await timeline(id, limit: AccountReport.timelineLimit)
        else { return nil }
        let now = ProcessClock.wall
        return AccountReport(
            at: now, process: board.process, totals: board.totals, readiness: readiness(), account: account,
            diagnosis: Diagnosis(of: account, at: now), settings: settings,
            timeline: timeline.filter { now.since($0.at) <= since })
    }
}
