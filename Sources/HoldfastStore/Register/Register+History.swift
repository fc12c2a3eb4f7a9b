import GRDB
public import HoldfastCore

extension Register {
    /// Appends to timelines, as soon as that is possible. These are the only rows that may be lost, oldest first, when the
    /// disk takes nothing for long; that is counted.
    public func note(_ transitions: [StoredTransition]) {
        guard !transitions.isEmpty else { return }
        writer.note(rows: transitions.count, isDroppable: true) { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO timeline (account, at, from_state, to_state, reason, failures, generation, incarnation,
                    class, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for row in transitions {
                try statement.execute(arguments: [
                    row.account, row.at.milliseconds, row.from.rawValue, row.to.rawValue, row.reason, row.failures,
                    row.generation, row.incarnation, row.failureClass, row.failureCode, row.detail,
                ])
            }
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

    /// Writes down what a person did. Returns when it is durable.
    public func append(_ entry: AuditEntry) async throws(StoreError) {
        try await write { db in
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

    /// Deletes one batch of what is older than it is kept for. Call it again while it deletes something (O6).
    ///
    /// - Returns: how many rows it deleted.
    public func sweep(at now: WallTime, _ settings: RetentionSettings) async throws -> Int {
        let timelineBefore = now - settings.timelineAge
        let auditBefore = now - settings.auditAge
        return try await pool.write { db in
            try db.execute(
                sql: "DELETE FROM timeline WHERE id IN (SELECT id FROM timeline WHERE at < ? LIMIT ?)",
                arguments: [timelineBefore.milliseconds, settings.batchRows])
            var deleted = db.changesCount
            try db.execute(
                sql: "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? LIMIT ?)",
                arguments: [auditBefore.milliseconds, settings.batchRows])
            deleted += db.changesCount
            try db.execute(
                sql: """
                    DELETE FROM timeline WHERE id IN (
                        SELECT id FROM timeline WHERE account = (
                            SELECT account FROM timeline GROUP BY account HAVING COUNT(*) > ? LIMIT 1)
                        ORDER BY id DESC LIMIT ? OFFSET ?)
                    """,
                arguments: [settings.timelineRowsPerAccount, settings.batchRows, settings.timelineRowsPerAccount])
            return deleted + db.changesCount
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
