import GRDB

/// The journal's statements, for the thread that writes. Confined to it.
final class JournalTables {
    private var database: Database?
    private var accounts: [String: Int64] = [:]
    private var statements: [Prepared: RawStatement] = [:]

    /// The statements that run for every message.
    enum Prepared: String {
        case insert = """
            INSERT INTO message
                (account, message_id, chat, received_at, sent_at, sender, name, text, item, flags, raw, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (message_id, account) DO NOTHING
            """
        case waiting = """
            SELECT delivery, message_id, chat, received_at, sent_at, sender, name, text, item, flags, raw
            FROM message WHERE id = ? AND state = 0
            """
        case handOut = "UPDATE message SET delivery = ? WHERE id = ?"
        case mark = "UPDATE message SET state = ? WHERE id = ? AND state = 0"
        case savepoint = "SAVEPOINT work"
        case release = "RELEASE work"
    }

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
    func add(_ message: JournalMessage, as state: JournalMessage.State, account: Int64) throws -> Int64? {
        let statement = try prepared(.insert)
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
        statement.bind(state.rawValue, at: 12)
        return try statement.run() > 0 ? statement.lastRow : nil
    }

    func beginSavepoint() throws { try prepared(.savepoint).run() }
    func releaseSavepoint() throws { try prepared(.release).run() }

    func prepared(_ name: Prepared) throws -> RawStatement {
        if let known = statements[name] { return known }
        let db = try db
        let statement = try RawStatement(db.makeStatement(sql: name.rawValue), db)
        statements[name] = statement
        return statement
    }
}
