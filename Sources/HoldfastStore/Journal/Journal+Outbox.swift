import Crypto
import GRDB
public import HoldfastCore

extension Journal {
    /// Messages of one account that may be open at once, for whoever asks to send another one. What handlers reply is not
    /// refused: there are only so many handlers at work.
    public static let openOutboxLimit = 10_000

    /// Puts a message into the outbox.
    ///
    /// - Returns: what is in the outbox now: an earlier message with the same client id stays as it is. Nil if the account has
    ///   too many open messages (`openOutboxLimit`).
    public func queue(_ message: OutboxMessage) async throws(StoreError) -> (message: OutboxMessage, isNew: Bool)? {
        try await write(isPatient: false) { tables -> (OutboxMessage, Bool)? in
            if let known = try tables.outbox(message.account, message.clientID) { return (known, false) }
            guard try tables.hasRoomInOutbox(of: message.account) else { return nil }
            guard let added = try tables.add(message) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the outbox forgot a message")
            }
            return (added, true)
        } then: { counts, result in
            switch result {
            case .some((_, true)): counts.outbox += 1
            case .some: break
            case nil: counts.refusedOutbox &+= 1
            }
        }
    }

    /// Messages of an account that are still to be sent or confirmed, oldest first.
    public func openOutbox(of account: String, after row: Int64 = 0, limit: Int) async throws(StoreError)
        -> [OutboxMessage]
    {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT outbox.*, account.id AS account_id FROM outbox JOIN account ON account.number = outbox.account
                    WHERE account.id = ? AND state < 2 AND outbox.id > ? ORDER BY outbox.id LIMIT \(max(1, limit))
                    """, arguments: [account, row]
            ).map { OutboxMessage($0) }
        }
    }

    /// Accounts with messages that are still to be sent or confirmed.
    public func accountsWithOutbox() async throws(StoreError) -> [String] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM account WHERE number IN (SELECT account FROM outbox WHERE state < 2) ORDER BY id
                    """)
        }
    }

    /// Messages that were queued since then, whatever became of them, oldest first.
    public func recentOutbox(since: WallTime, limit: Int) async throws(StoreError) -> [OutboxMessage] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT outbox.*, account.id AS account_id FROM outbox JOIN account ON account.number = outbox.account
                    WHERE created_at >= ? ORDER BY outbox.id DESC LIMIT \(max(1, limit))
                    """, arguments: [since.milliseconds]
            ).map { OutboxMessage($0) }.reversed()
        }
    }

    /// One message of the outbox, by its client id.
    public func outbox(account: String, clientID: String) async throws(StoreError) -> OutboxMessage? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT outbox.*, account.id AS account_id FROM outbox JOIN account ON account.number = outbox.account
                    WHERE account.id = ? AND client_id = ?
                    """, arguments: [account, clientID]
            ).map { OutboxMessage($0) }
        }
    }

    /// Writes down what became of a message, as soon as that is possible. One that is confirmed, refused or expired stays so.
    ///
    /// - Parameter text: the gateway's name for a confirmed message, or why it was refused.
    public func note(_ row: Int64, became state: OutboxMessage.State, text: String? = nil, at now: WallTime) {
        writer.add(
            JournalWriter.Work(bytes: 128 + (text?.utf8.count ?? 0)) { [self] tables in
                try tables.execute(
                    """
                    UPDATE outbox SET state = ?1, sent_at = CASE WHEN ?1 = 1 THEN ?2 ELSE sent_at END,
                        remote_id = CASE WHEN ?1 = 2 THEN ?3 ELSE remote_id END,
                        problem = CASE WHEN ?1 >= 3 THEN ?3 ELSE problem END
                    WHERE id = ?4 AND state < 2
                    """, [state.number, now.milliseconds, text, row])
                let closed = try state.isOpen ? 0 : tables.db.changesCount
                return { self.counts.withLock { $0.outbox -= closed } }
            })
    }

    /// A client id in the form of a UUID (RFC 9562 version 8: made by a rule of one's own), the same for the same answer to the
    /// same message, however often it is made.
    public static func clientID(account: String, message: String, index: Int) -> String {
        uuid(of: ["holdfast reply", account, message, String(index)])
    }

    /// A client id for a message that somebody asked to send under a name of its own.
    public static func clientID(account: String, idempotencyKey: String) -> String {
        uuid(of: ["holdfast send", account, idempotencyKey])
    }

    private static func uuid(of parts: [String]) -> String {
        var hash = SHA256()
        for part in parts {
            hash.update(data: Array(part.utf8))
            hash.update(data: [0])
        }
        var bytes = Array(hash.finalize().prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return text
    }
}

extension JournalTables {
    /// The message with its row; nil if there is one with its client id.
    func add(_ message: OutboxMessage) throws -> OutboxMessage? {
        let account = try number(of: message.account)
        try execute(
            """
            INSERT INTO outbox (account, client_id, chat, receiver, text, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, client_id) DO NOTHING
            """,
            [
                account, message.clientID, message.chat, message.receiver, message.text,
                message.createdAt.milliseconds, message.expiresAt.milliseconds,
            ])
        guard try db.changesCount > 0 else { return nil }
        var message = message
        message.row = try db.lastInsertedRowID
        return message
    }

    fileprivate func hasRoomInOutbox(of account: String) throws -> Bool {
        let open = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE account = ? AND state < 2
                        LIMIT \(Journal.openOutboxLimit))
                    """), arguments: [try number(of: account)])
        return open ?? 0 < Journal.openOutboxLimit
    }

    func outbox(_ account: String, _ clientID: String) throws -> OutboxMessage? {
        try Row.fetchOne(
            db, sql: "SELECT *, ? AS account_id FROM outbox WHERE account = ? AND client_id = ?",
            arguments: [account, try number(of: account), clientID]
        ).map { OutboxMessage($0) }
    }
}

extension OutboxMessage.State {
    /// As it is in the file.
    fileprivate var number: Int64 {
        switch self {
        case .queued: 0
        case .sent: 1
        case .confirmed: 2
        case .refused: 3
        case .expired: 4
        }
    }

    fileprivate init(number: Int64) {
        switch number {
        case 0: self = .queued
        case 1: self = .sent
        case 2: self = .confirmed
        case 3: self = .refused
        default: self = .expired
        }
    }
}

extension OutboxMessage {
    init(_ row: Row) {
        self.init(
            account: row["account_id"], clientID: row["client_id"], chat: row["chat"], receiver: row["receiver"],
            text: row["text"], createdAt: WallTime(milliseconds: row["created_at"]),
            expiresAt: WallTime(milliseconds: row["expires_at"]))
        self.row = row["id"]
        state = State(number: row["state"])
        sentAt = (row["sent_at"] as Int64?).map(WallTime.init(milliseconds:))
        remoteID = row["remote_id"]
        problem = row["problem"]
    }
}
