import GRDB

/// The journal's statements, for the thread that writes. Confined to it.
final class JournalTables {
    private var database: Database?
    private var accounts: [String: Int64] = [:]
    private var insert: RawStatement?
    private var savepoint: RawStatement?
    private var release: RawStatement?

    /// Lends the connection for the time of `body`.
    func use(_ db: Database, _ body: () throws -> Void) throws {
        database = db
        defer { database = nil }
        try body()
    }

    var db: Database {
        get throws {
            guard let database else {
                throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "used outside of its transaction")
            }
            return database
        }
    }

    /// What was looked up may have been rolled back.
    func forget() {
        accounts = [:]
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The number that stands for an account in every row.
    func number(of account: String) throws -> Int64 {
        if let known = accounts[account] { return known }
        let db = try db
        try execute("INSERT INTO account (id) VALUES (?) ON CONFLICT DO NOTHING", [account])
        guard let number = try Int64.fetchOne(db, sql: "SELECT number FROM account WHERE id = ?", arguments: [account])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an account has no number") }
        accounts[account] = number
        return number
    }

    /// The message's row; nil if it is there already.
    func add(_ message: JournalMessage, account: Int64) throws -> Int64? {
        let statement = try insertStatement()
        statement.bind(account, at: 1)
        statement.bind(message.id, at: 2)
        statement.bind(message.chat, at: 3)
        statement.bind(message.receivedAt.milliseconds, at: 4)
        statement.bind(message.sentAt?.milliseconds, at: 5)
        statement.bind(message.sender, at: 6)
        statement.bind(message.name, at: 7)
        statement.bind(message.text, at: 8)
        statement.bind(message.item, at: 9)
        statement.bind(message.flags, at: 10)
        statement.bind(message.raw, at: 11)
        let state = message.isOwn ? JournalMessage.State.undecided : .waiting
        statement.bind(state.rawValue, at: 12)
        return try statement.run() > 0 ? statement.lastRow : nil
    }

    func beginSavepoint() throws { try prepared("SAVEPOINT work", in: \.savepoint).run() }
    func releaseSavepoint() throws { try prepared("RELEASE work", in: \.release).run() }

    private func insertStatement() throws -> RawStatement {
        try prepared(
            """
            INSERT INTO message
                (account, message_id, chat, received_at, sent_at, sender, name, text, item, flags, raw, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (message_id, account) DO NOTHING
            """, in: \.insert)
    }

    private func prepared(
        _ sql: String, in place: ReferenceWritableKeyPath<JournalTables, RawStatement?>
    ) throws -> RawStatement {
        if let known = self[keyPath: place] { return known }
        let db = try db
        let statement = try RawStatement(db.makeStatement(sql: sql), db)
        self[keyPath: place] = statement
        return statement
    }
}
