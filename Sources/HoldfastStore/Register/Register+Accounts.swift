import GRDB
public import HoldfastCore

extension Register {
    /// Everything known about every account, by id.
    public func accounts() async throws(StoreError) -> [StoredAccount] {
        try await read { db in
            try Row.fetchCursor(db, sql: "SELECT * FROM account ORDER BY id").map(Self.account).array()
        }
    }

    /// What is known of one account; nil if nothing is.
    public func account(_ id: String) async throws(StoreError) -> StoredAccount? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM account WHERE id = ?", arguments: [id]).map(Self.account)
        }
    }

    /// The declarations of accounts that were added at run time, in the order of their ids.
    public func declarations(after id: String?, limit: Int) async throws(StoreError) -> [(id: String, text: String)] {
        try await read { db in
            try Row.fetchCursor(
                db,
                sql: """
                    SELECT id, declaration FROM account WHERE declaration IS NOT NULL AND id > ? ORDER BY id LIMIT ?
                    """, arguments: [id ?? "", max(0, limit)]
            ).map { ($0["id"], $0["declaration"]) }.array()
        }
    }

    /// Makes accounts known, each with its device; those that are known already keep what is known of them. Of those that
    /// were removed that is their device and when they logged in last.
    public func add(_ accounts: [StoredAccount]) async throws(StoreError) {
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO account (id, declaration, device) VALUES (?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET declaration = excluded.declaration, removed_at = NULL
                    """)
            for account in accounts {
                try statement.execute(arguments: [account.id, account.declaration, account.device])
            }
        }
    }

    /// Forgets an account with its secrets. Its timeline stays until it is old, and so does when it logged in last: whoever
    /// adds it again must not get a login out of that (F7).
    public func remove(_ account: String, at now: WallTime) async throws(StoreError) {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE account SET removed_at = ?, declaration = NULL, enabled = NULL, enabled_declared = NULL, rung = 0,
                    quarantine = NULL, quarantine_declared = NULL, restarts = '', login_needs_person = FALSE WHERE id = ?
                    """, arguments: [now.milliseconds, account])
            try db.execute(sql: "DELETE FROM secret WHERE account = ?", arguments: [account])
        }
    }

    /// Keeps what a person switched an account to, as soon as that is possible; nil forgets it.
    public func noteEnabled(_ enabled: StoredAccount.Override?, of account: String) {
        writer.note(key: "enabled \(account)") { db in
            try db.cachedStatement(
                sql: "UPDATE account SET enabled = ?, enabled_declared = ? WHERE id = ? AND removed_at IS NULL"
            )
            .execute(arguments: [enabled?.value, enabled?.declared, account])
        }
    }

    /// Keeps what the recovery of an account depends on, as soon as that is possible.
    ///
    /// A login that `beginLogin` has written down meanwhile is not forgotten: of the two the later start counts.
    ///
    /// - Parameter declared: what a quarantine was for, as `StoredAccount.quarantineDeclared` has it.
    public func noteMemory(_ memory: SessionMemory, of account: String, declared: String? = nil) {
        let restarts = memory.restarts.map { String($0.milliseconds) }.joined(separator: " ")
        let started = memory.renewal.startedAt?.milliseconds
        writer.note(key: "memory \(account)") { db in
            try db.cachedStatement(
                sql: """
                    UPDATE account SET rung = ?, quarantine = ?, quarantine_declared = ?, restarts = ?,
                    login_needs_person = ?, login_fruitless = CASE WHEN login_started_at > ? THEN login_fruitless ELSE ? END,
                    login_started_at = MAX(COALESCE(login_started_at, ?), COALESCE(?, login_started_at))
                    WHERE id = ? AND removed_at IS NULL
                    """
            ).execute(arguments: [
                memory.rung.rawValue, memory.quarantine?.rawValue, declared, restarts, memory.renewal.needsPerson,
                started,
                memory.renewal.fruitless, started, started, account,
            ])
        }
    }

    /// Writes down that a login begins. Returns when that is durable: the login may begin only then (F7).
    public func beginLogin(_ record: RenewalRecord, of account: String) async throws(StoreError) {
        try await write { db in
            try db.cachedStatement(sql: "UPDATE account SET login_started_at = ?, login_fruitless = ? WHERE id = ?")
                .execute(arguments: [record.startedAt?.milliseconds, record.fruitless, account])
            guard db.changesCount == 1 else { throw StoreError.failed("the register does not know \(account)") }
        }
    }

    private static func account(_ row: Row) -> StoredAccount {
        var memory = SessionMemory()
        memory.rung = Session.Rung(rawValue: row["rung"] ?? 0) ?? .none
        memory.quarantine = (row["quarantine"] as UInt8?).flatMap(Session.Quarantine.init(rawValue:))
        memory.restarts = (row["restarts"] as String? ?? "").split(separator: " ").compactMap { text in
            Int64(text).map(WallTime.init(milliseconds:))
        }
        memory.renewal.startedAt = (row["login_started_at"] as Int64?).map(WallTime.init(milliseconds:))
        memory.renewal.fruitless = row["login_fruitless"] ?? 0
        memory.renewal.needsPerson = row["login_needs_person"] ?? false
        var enabled: StoredAccount.Override?
        if let value = row["enabled"] as Bool? {
            enabled = StoredAccount.Override(value: value, declared: row["enabled_declared"] ?? true)
        }
        return StoredAccount(
            id: row["id"], declaration: row["declaration"], device: row["device"], enabled: enabled, memory: memory,
            quarantineDeclared: row["quarantine_declared"], isRemoved: (row["removed_at"] as Int64?) != nil)
    }
}

extension Cursor {
    func array() throws -> [Element] {
        var elements: [Element] = []
        while let element = try next() { elements.append(element) }
        return elements
    }
}
