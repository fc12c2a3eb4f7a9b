public import HoldfastCore
public import HoldfastStore

extension Fleet {
    /// The account as it is now; nil if there is none with this id.
    public func account(_ id: String) async -> AccountView? {
        guard let (entry, lane) = locate(id) else { return nil }
        return await lane.onLoop { $0.view(of: entry) } ?? nil
    }

    /// A page of accounts. Which accounts match and the totals are up to a second old; the accounts shown are as they are
    /// now.
    public func accounts(_ query: AccountQuery) async -> AccountPage {
        let board = board.snapshot
        let directory = roster.directory
        let limit = min(max(query.limit, 1), AccountQuery.largestLimit)
        let matcher = AccountMatcher(query.filter)
        if query.order == .worst {
            let worst = WorstAccounts(of: directory, board, matching: matcher, limit: limit).entries
            return AccountPage(accounts: await views(of: worst), next: nil, totals: board.totals)
        }
        var found: [Directory.Entry] = []
        var next: String?
        for entry in directory.entries[directory.index(after: query.cursor)...]
        where matcher.matches(entry.account.id, board.row(entry.key)) {
            if found.count == limit {
                next = found.last?.account.id
                break
            }
            found.append(entry)
        }
        return AccountPage(accounts: await views(of: found), next: next, totals: board.totals)
    }

    /// The newest changes of an account's state, newest first; nil if there is no account with this id.
    ///
    /// With a store they come from there, together with those that it could not take yet.
    public func timeline(_ id: String, limit: Int) async -> [TimelineEntry]? {
        guard let (entry, lane) = locate(id), let engine = state.withLock({ $0.engine }) else { return nil }
        let limit = max(0, limit)
        let recent = await lane.onLoop { lane -> [TimelineEntry]? in
            lane.sendReport(at: lane.observe())
            return lane.find(entry.key.slot, id: entry.account.id).map { lane.timeline($0, limit: limit) }
        }
        guard let recent = recent ?? nil else { return nil }
        guard let store = engine.control.store else { return recent }
        await engine.control.catchUp()
        try? await store.flush()
        guard let stored = try? await store.timeline(of: id, limit: limit) else { return recent }
        let unwritten = recent.filter { entry in !stored.prefix(recent.count).contains { $0.isSame(as: entry) } }
        return Array((unwritten + stored).prefix(limit))
    }

    /// How reliable an account was in the last hour, day and week, by its timeline; nil if there is no account with this id,
    /// or no store. What the disk has not taken yet is missing.
    public func availability(_ id: String) async -> AvailabilityView? {
        guard roster.find(id) != nil, let store = state.withLock({ $0.store }),
            let changes = try? await store.register.changes(of: id, limit: AvailabilityView.changesLimit)
        else { return nil }
        let now = ProcessClock.wall
        func last(_ hours: Int) -> Availability {
            Availability(changes, from: now - .seconds(hours * 3_600), until: now)
        }
        return AvailabilityView(hour: last(1), day: last(24), week: last(168))
    }

    /// Carries out a command and returns the account as it is after that.
    ///
    /// What was asked for is in force and durable when this returns.
    ///
    /// - Parameter hand: who wants it, for the audit log.
    /// - Throws: why nothing was done; or `unwritten`: it is in force, and the store could not take it yet.
    @discardableResult
    public func perform(
        _ command: SessionCommand, on id: String, by hand: Hand = .program
    ) async throws(CommandRefusal) -> AccountView {
        let view: AccountView
        do throws(CommandRefusal) {
            view = try await carryOut(command, on: id)
        } catch {
            try? await audit(command.rawValue, account: id, detail: "refused: \(error.code)", by: hand)
            throw error
        }
        try await audit(command.rawValue, account: id, by: hand)
        return view
    }

    private func carryOut(_ command: SessionCommand, on id: String) async throws(CommandRefusal) -> AccountView {
        guard let lanes = runningLanes else { throw .notRunning }
        guard let entry = roster.find(id) else { throw .notFound }
        let answer = await lanes[Int(entry.key.lane)].onLoop { lane -> Result<AccountView, CommandRefusal> in
            guard let index = lane.find(entry.key.slot, id: id) else { return .failure(.notFound) }
            return Result { () throws(CommandRefusal) in
                try lane.perform(command, on: index)
                guard let view = lane.view(index) else { throw .notFound }
                return view
            }
        }
        guard let answer else { throw .notRunning }
        return try answer.get()
    }

    /// Carries out a command on every account that matches; accounts to which it does not apply are left as they are. What
    /// was asked for is in force and durable when this returns.
    ///
    /// - Throws: `notRunning`; or `unwritten`: it is in force, and the store could not take it yet.
    @discardableResult
    public func perform(
        _ command: SessionCommand, matching filter: AccountFilter, by hand: Hand = .program
    ) async throws(CommandRefusal) -> (matched: Int, applied: Int) {
        guard let lanes = runningLanes else { throw .notRunning }
        let board = board.snapshot
        let matcher = AccountMatcher(filter)
        let matched = roster.directory.entries.filter { matcher.matches($0.account.id, board.row($0.key)) }
        var applied = 0
        for (lane, entries) in zip(lanes, byLane(matched)) {
            // In portions, so that a command to all accounts holds up no heartbeat.
            for start in stride(from: 0, to: entries.count, by: Self.portion) {
                let portion = entries[start..<min(start + Self.portion, entries.count)]
                applied += await lane.onLoop { $0.perform(command, on: portion) } ?? 0
            }
        }
        for lane in lanes { await lane.onLoop { $0.sendReport(at: $0.observe()) } }
        try await audit(
            command.rawValue, detail: "\(filter): \(applied) of \(matched.count) accounts", by: hand)
        return (matched.count, applied)
    }

    /// What people did, newest first; nothing in a fleet without a store.
    ///
    /// - Parameter before: the id of the entry at which the page before ended; nil for the newest.
    public func audit(before: Int64? = nil, limit: Int) async throws -> [AuditEntry] {
        guard let store = state.withLock({ $0.store }) else { return [] }
        try? await store.flush()
        return try await store.register.audit(before: before, limit: limit)
    }

    /// Writes down what somebody did, and waits until that, and what it changed, is durable. What was asked for is cut: a year
    /// of it is kept, and what is refused may be a text of any length.
    ///
    /// - Throws: `unwritten`, if the store does not take it.
    func audit(
        _ action: String, account: String? = nil, detail: String? = nil, by hand: Hand
    ) async throws(CommandRefusal) {
        guard let engine = state.withLock({ $0.engine }), let store = engine.control.store else { return }
        store.register.note(
            AuditEntry(
                at: ProcessClock.wall, who: hand.name, origin: hand.address, action: action,
                account: account?.cut(toBytes: AccountConfiguration.idLimit),
                detail: detail?.cut(toBytes: Self.auditDetailLimitBytes)))
        if let account, let (_, lane) = locate(account) { await lane.onLoop { $0.sendReport(at: $0.observe()) } }
        await engine.control.catchUp()
        do throws(StoreError) { try await store.flush() } catch { throw .unwritten("\(error)") }
    }

    static let auditDetailLimitBytes = 1_000

    /// What happens from now on, beginning after the event `id` as far as it is still kept (`FleetEvent.kept`).
    /// A subscriber that does not keep up loses the oldest events; the gap shows in their ids. Ends with the fleet.
    public func events(after id: UInt64? = nil) -> AsyncStream<FleetEvent> {
        events.subscribe(after: id)
    }

    /// Waits until the fleet cannot go on, and returns why: a lane cannot be woken any more, or has shown no progress for a
    /// minute. The process should then end with an error, so that it is started anew; `shutdown` may wait in vain for what is
    /// dead. Nil if the fleet is shut down first, or the task is cancelled.
    public func breakdownReason() async -> String? {
        await breakdown.reason()
    }

    /// The id of the newest event; 0 before the first one.
    public var lastEventID: UInt64 { events.lastID }

    /// How many accounts one turn of a loop takes a command for.
    private static let portion = 256

    var runningLanes: [Lane]? {
        state.withLock { state in
            state.phase == .running || state.phase == .starting ? state.engine?.lanes : nil
        }
    }

    private func locate(_ id: String) -> (Directory.Entry, Lane)? {
        guard let lanes = state.withLock({ $0.engine?.lanes }), let entry = roster.find(id) else { return nil }
        return (entry, lanes[Int(entry.key.lane)])
    }

    /// One hop per lane, all at the same time.
    private func views(of entries: [Directory.Entry]) async -> [AccountView] {
        guard !entries.isEmpty, let lanes = state.withLock({ $0.engine?.lanes }) else { return [] }
        var views: [AccountView] = []
        await withTaskGroup(of: [AccountView].self) { group in
            for (lane, entries) in zip(lanes, byLane(entries)) where !entries.isEmpty {
                group.addTask {
                    await lane.onLoop { lane in entries.compactMap { lane.view(of: $0) } } ?? []
                }
            }
            for await part in group { views += part }
        }
        let order = Dictionary(
            entries.enumerated().map { ($1.account.id, $0) }, uniquingKeysWith: { first, _ in first })
        return views.sorted { (order[$0.id] ?? 0) < (order[$1.id] ?? 0) }
    }

    private func byLane(_ entries: [Directory.Entry]) -> [[Directory.Entry]] {
        var lanes: [[Directory.Entry]] = Array(repeating: [], count: laneCount)
        for entry in entries { lanes[Int(entry.key.lane)].append(entry) }
        return lanes
    }
}

/// A filter made ready to be asked thousands of times.
struct AccountMatcher {
    private let state: SessionState?
    private let status: AccountStatus?
    private let text: [UInt8]

    init(_ filter: AccountFilter) {
        state = filter.state
        status = filter.status
        text = (filter.text ?? "").utf8.map(Self.lowercase)
    }

    func matches(_ id: String, _ row: AccountRow) -> Bool {
        if let state, row.state != state { return false }
        if let status, row.status != status { return false }
        guard !text.isEmpty else { return true }
        let id = id.utf8.map(Self.lowercase)
        guard id.count >= text.count else { return false }
        return (0...(id.count - text.count)).contains { id[$0...].starts(with: text) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
