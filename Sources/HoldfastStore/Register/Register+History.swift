import GRDB
public import HoldfastCore

extension Register {
    /// Appends to timelines, as soon as that is possible. These are the only rows, beside those of the audit log, that may
    /// be lost, oldest first, when the disk takes nothing for long; that is counted.
    ///
    /// - Parameters:
    ///   - count: how many rows `rows` makes.
    ///   - rows: makes the rows, away from the caller's thread; called again if they could not be written.
    public func noteTransitions(_ count: Int, rows: @escaping @Sendable () -> [StoredTransition]) {
        guard count > 0 else { return }
        writer.note(rows: count, isDroppable: true) { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO timeline (account, at, from_state, to_state, reason, failures, generation, incarnation,
                    class, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for row in rows() {
                try statement.execute(arguments: [
                    row.account, row.at.milliseconds, row.from.rawValue, row.to.rawValue, row.reason, row.failures,
                    row.generation, row.incarnation, row.failureClass, row.failureCode, row.detail,
                ])
            }
        }
    }

    /// Keeps a text of settings that failure records refer to by this id.
    public func noteSettings(_ text: String, id: String) {
        writer.note(key: "settings \(id)") { db in
            try db.execute(
                sql: "INSERT INTO settings (id, text) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", arguments: [id, text])
        }
    }

    /// The settings that failure records refer to by this id; nil if they are not known.
    public func settings(id: String) async throws(StoreError) -> String? {
        try await read { db in
            try String.fetchOne(db, sql: "SELECT text FROM settings WHERE id = ?", arguments: [id])
        }
    }

    /// The newest changes of one account's state, newest first.
    public func timeline(of account: String, limit: Int) async throws(StoreError) -> [StoredTransition] {
        try await read { db in
            try Row.fetchCursor(
                db, sql: "SELECT * FROM timeline WHERE account = ? ORDER BY id DESC LIMIT ?",
                arguments: [account, max(0, limit)]
            ).map(Self.transition).array()
        }
    }

    /// The newest changes of one account's state, oldest first, as availability is computed from them. What is no change of
    /// state is left out.
    public func changes(of account: String, limit: Int) async throws(StoreError) -> [Availability.Change] {
        let off = Set([TransitionReason.disabled, .shutdown, .removed].map(\.text))
        return try await read { db in
            try Row.fetchCursor(
                db,
                sql: """
                    SELECT at, to_state, reason, class FROM timeline WHERE account = ? AND from_state <> to_state
                    ORDER BY id DESC LIMIT ?
                    """, arguments: [account, max(0, limit)]
            ).map { row -> Availability.Change in
                let reason: String = row["reason"]
                return Availability.Change(
                    at: WallTime(milliseconds: row["at"]), to: SessionState(rawValue: row["to_state"]) ?? .disconnected,
                    isFailure: (row["class"] as String?) != nil, isOff: off.contains(reason))
            }.array().reversed()
        }
    }

    /// Writes down what a person did, as soon as that is possible; `flush` waits for it.
    public func note(_ entry: AuditEntry) {
        writer.note(isDroppable: true) { db in
            try db.execute(
                sql: "INSERT INTO audit (at, who, origin, action, account, detail) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    entry.at.milliseconds, entry.who, entry.origin, entry.action, entry.account, entry.detail,
                ])
        }
    }

    /// What people did, newest first, from before the entry `before`.
    public func audit(before: Int64? = nil, limit: Int) async throws(StoreError) -> [AuditEntry] {
        try await read { db in
            try Row.fetchCursor(
                db, sql: "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                arguments: [before ?? .max, max(0, limit)]
            ).map { row in
                AuditEntry(
                    id: row["id"], at: WallTime(milliseconds: row["at"]), who: row["who"], origin: row["origin"],
                    action: row["action"], account: row["account"], detail: row["detail"])
            }.array()
        }
    }

    /// Deletes what is older than it is kept for, in small batches with pauses between them, so that nobody waits for it
    /// (O6).
    ///
    /// - Parameter settingsInUse: the ids of settings that failures to come may refer to; asked in the moment of deleting.
    /// - Returns: how many rows it deleted.
    @discardableResult
    public func sweep(
        at now: WallTime, _ settings: RetentionSettings, pause: Duration = .milliseconds(50),
        settingsInUse: @escaping @Sendable () -> Set<String> = { [] }
    ) async throws -> Int {
        var deleted = 0
        func batches(_ sql: String, _ values: StatementArguments) async throws {
            while true {
                let count = try await pool.write { db in
                    try db.execute(sql: sql, arguments: values)
                    return db.changesCount
                }
                deleted += count
                guard count >= settings.batchRows else { return }
                try await Task.sleep(for: pause)
            }
        }
        for (table, age) in [("timeline", settings.timelineAge), ("audit", settings.auditAge)] {
            try await batches(
                "DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE at < ? LIMIT ?)",
                [(now - age).milliseconds, settings.batchRows])
        }
        try await batches(
            "DELETE FROM alert WHERE number IN (SELECT number FROM alert WHERE ended_at < ? LIMIT ?)",
            [(now - settings.alertAge).milliseconds, settings.batchRows])
        try await batches(
            "DELETE FROM silence WHERE id IN (SELECT id FROM silence WHERE ends_at < ? LIMIT ?)",
            [(now - settings.alertAge).milliseconds, settings.batchRows])
        try await batches(
            "DELETE FROM account WHERE id IN (SELECT id FROM account WHERE removed_at < ? LIMIT ?)",
            [(now - settings.removedAge).milliseconds, settings.batchRows])
        // Found beside the writer, since that reads the whole timeline.
        for id in try await unusedSettings() {
            deleted += try await pool.write { db in
                guard !settingsInUse().contains(id) else { return 0 }
                try db.execute(sql: "DELETE FROM settings WHERE id = ?", arguments: [id])
                return db.changesCount
            }
        }
        let most = settings.timelineRowsPerAccount
        // Counting reads the whole index: done beside the writer, not in it.
        let crowded = try await pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT account FROM timeline GROUP BY account HAVING COUNT(*) > ?", arguments: [most])
        }
        for account in crowded {
            try await batches(
                """
                DELETE FROM timeline WHERE id IN (
                    SELECT id FROM timeline WHERE account = ? ORDER BY id DESC LIMIT ? OFFSET ?)
                """, [account, settings.batchRows, most])
        }
        return deleted
    }

    /// Texts of settings that no failure in any timeline refers to any more.
    private func unusedSettings() async throws -> [String] {
        try await pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM settings EXCEPT
                    SELECT json_extract(detail, '$.settings') FROM timeline WHERE json_valid(detail)
                    """)
        }
    }

    private static func transition(_ row: Row) -> StoredTransition {
        StoredTransition(
            account: row["account"], at: WallTime(milliseconds: row["at"]),
            from: SessionState(rawValue: row["from_state"]) ?? .disconnected,
            to: SessionState(rawValue: row["to_state"]) ?? .disconnected, reason: row["reason"],
            failures: row["failures"], generation: row["generation"], incarnation: row["incarnation"],
            failureClass: row["class"], failureCode: row["code"], detail: row["detail"])
    }
}
