import Foundation
import GRDB
public import HoldfastCore

extension Journal {
    /// Silences automatic replies in a chat. A later end replaces an earlier one.
    ///
    /// - Returns: the pause that holds now.
    @discardableResult
    public func pause(_ pause: StoredPause) async throws(StoreError) -> StoredPause {
        try await write(isPatient: false) { tables in
            try tables.add(pause)
            var held = pause
            held.until = try tables.end(of: pause) ?? pause.until
            return held
        }
    }

    /// Ends a pause before its time. False if there was none.
    public func lift(account: String, chat: String) async throws(StoreError) -> Bool {
        try await write(isPatient: false) { tables in
            try tables.execute(
                "DELETE FROM pause WHERE account = ? AND chat = ?", [try tables.number(of: account), chat])
            return try tables.db.changesCount > 0
        }
    }

    /// Pauses that are not over, by account and chat.
    ///
    /// - Parameter cursor: `next` of the page before.
    public func pauses(
        of account: String? = nil, at now: WallTime, limit: Int, cursor: String? = nil
    ) async throws(StoreError) -> JournalPage<StoredPause> {
        // Account ids have no blanks.
        let place = cursor?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
        return try await read { db in
            var sql = """
                SELECT account.id AS id, chat, until FROM pause JOIN account ON account.number = pause.account
                WHERE until > ?
                """
            var arguments: StatementArguments = [now.milliseconds]
            if let account {
                sql += " AND account.id = ?"
                arguments += [account]
            }
            if place.count == 2 {
                sql += " AND (account.id, chat) > (?, ?)"
                arguments += [place[0], place[1]]
            }
            sql += " ORDER BY account.id, chat LIMIT \(max(1, limit) + 1)"
            let pauses = try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
                StoredPause(account: row["id"], chat: row["chat"], until: WallTime(milliseconds: row["until"]))
            }
            return JournalPage(pauses, limit: limit) { "\($0.account) \($0.chat)" }
        }
    }

    /// Messages of the accounts' own that nobody has yet told from a person's, oldest first.
    public func undecided(limit: Int) async throws(StoreError) -> [(account: String, message: JournalMessage)] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT message.*, account.id AS account_id FROM message
                    JOIN account ON account.number = message.account
                    WHERE state = 4 ORDER BY message.id LIMIT \(max(1, limit))
                    """
            ).map { (account: $0["account_id"], message: JournalMessage($0)) }
        }
    }

    /// It has been found out who wrote a message of the account's own. If it was a person, the pause that follows from it is
    /// written in the same transaction.
    public func decide(account: String, message: String, pause: StoredPause?) async throws(StoreError) {
        _ = try await write(isPatient: true) { tables in
            let number = try tables.number(of: account)
            try tables.execute(
                "UPDATE message SET state = ? WHERE account = ? AND message_id = ? AND state = 4",
                [JournalMessage.State.handled.rawValue, number, message])
            if let pause { try tables.add(pause) }
        }
    }
}

extension JournalTables {
    fileprivate func add(_ pause: StoredPause) throws {
        try execute(
            """
            INSERT INTO pause (account, chat, until) VALUES (?, ?, ?)
            ON CONFLICT (account, chat) DO UPDATE SET until = MAX(until, excluded.until)
            """, [try number(of: pause.account), pause.chat, pause.until.milliseconds])
    }

    fileprivate func end(of pause: StoredPause) throws -> WallTime? {
        try Int64.fetchOne(
            db, sql: "SELECT until FROM pause WHERE account = ? AND chat = ?",
            arguments: [try number(of: pause.account), pause.chat]
        ).map(WallTime.init(milliseconds:))
    }
}
