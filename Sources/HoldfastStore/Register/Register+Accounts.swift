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

    /// Makes accounts known, each with its device; those that are known already keep what is known of them.
    public func add(_ accounts: [StoredAccount]) async throws(StoreError) {
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO account (id, declaration, device) VALUES (?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET declaration = excluded.declaration
                    """)
            for account in accounts {
                try statement.execute(arguments: [account.id, account.declaration, account.device])
            }
        }
    }

    /// Forgets an account with its secrets. Its timeline stays until it is old.
    public func remove(_ account: String) async throws(StoreError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM account WHERE id = ?", arguments: [account])
            try db.execute(sql: "DELETE FROM secret WHERE account = ?", arguments: [account])
        }
    }

    /// Keeps what a person switched an account to, as soon as that is possible; nil forgets it.
    public func noteEnabled(_ enabled: StoredAccount.Override?, of account: String) {
        writer.note(key: "enabled \(account)") { db in
            try db.cachedStatement(sql: "UPDATE account SET enabled = ?, enabled_declared = ? WHERE id = ?")
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
                    login_fruitless = CASE WHEN login_started_at > ? THEN login_fruitless ELSE ? END,
                    login_started_at = MAX(COALESCE(login_started_at, ?), COALESCE(?, login_started_at))
                    WHERE id = ?
                    """
            ).execute(arguments: [
                memory.rung.rawValue, memory.quarantine?.rawValue, declared, restarts, started,
                memory.renewal.fruitless, started, started, account,
            ])
        }
    }

    /// Writes down that a login begins. Returns when that is durable: the login may begin only then (F7).
    public func beginLogin(_ record: RenewalRecord, of account: String) async throws(StoreError) {
        try await write { db in
            try db.cachedStatement(sql: "UPDATE account SET login_started_at = ?, login_fruitless = ? WHERE id = ?")
                .execute(arguments: [record.startedAt?.milliseconds, record.fruitless, account])
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
        var enabled: StoredAccount.Override?
        if let value = row["enabled"] as Bool? {
            enabled = StoredAccount.Override(value: value, declared: row["enabled_declared"] ?? true)
        }
        return StoredAccount(
            id: row["id"], declaration: row["declaration"], device: row["device"], enabled: enabled, memory: memory,
            quarantineDeclared: row["quarantine_declared"])
    }
}

extension Cursor {
    func array() throws -> [Element] {
        var elements: [Element] = []
        while let element = try next() { elements.append(element) }
        return elements
    }
}
