import Foundation
import GRDB
public import HoldfastCore

extension Journal {
    /// The delivery cannot be handled: its messages become letters, one each.
    public func makeLetters(
        of delivery: Delivery, code: String, detail: String, at now: WallTime
    ) async throws(StoreError) {
        let rows = delivery.rows.isEmpty ? delivery.messages.count : 2 * delivery.rows.count
        _ = try await write(isPatient: true, rows: rows) { tables in
            var made = try tables.addLetters(of: delivery.rows, code: code, detail: detail, at: now)
            if delivery.rows.isEmpty {
                // They were in no journal.
                let account = try tables.number(of: delivery.account)
                for message in delivery.messages {
                    try tables.addLetter(of: message, account: account, code: code, detail: detail, at: now)
                    made += 1
                }
            }
            let marked = try tables.mark(delivery.rows, as: .letter)
            return (marked, made)
        } then: { counts, changed in
            counts.waiting -= changed.0
            counts.letters += changed.1
        }
    }

    /// Whatever waits in an account that is gone becomes letters. Returns how many there were. In steps, since there may be a
    /// hundred thousand; what comes meanwhile, because the account is back, stays.
    public func makeLetters(ofRemoved account: String, at now: WallTime) async throws(StoreError) -> Int {
        // What has been handed over for it is to be seen by the questions below.
        await barrier()
        let last = try await read { db in try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM message") } ?? 0
        var (place, sum): (Int64, Int) = (0, 0)
        while true {
            let rows = try await waiting(of: account, after: place, limit: Self.letterStep).map(\.row)
            sum += try await makeLetters(of: rows.filter { $0 <= last }, at: now)
            guard rows.count == Self.letterStep, let reached = rows.last, reached < last else { return sum }
            place = reached
        }
    }

    /// Each is two changes.
    private static let letterStep = 250

    private func makeLetters(of rows: [Int64], at now: WallTime) async throws(StoreError) -> Int {
        try await write(isPatient: true, rows: 2 * rows.count) { tables in
            _ = try tables.addLetters(
                of: rows, code: "account_removed", detail: "the account was removed before its message was handled",
                at: now)
            return try tables.mark(rows, as: .letter)
        } then: { counts, made in
            counts.waiting -= made
            counts.letters += made
        }
    }

    /// Letters, newest first, without what came, and of long texts only the beginning (`Letter.excerptLength`): a page is
    /// small, whatever is in it.
    ///
    /// - Parameters:
    ///   - code: only those with this code.
    ///   - chat: only those of this chat.
    ///   - cursor: `next` of the page before.
    public func letters(
        of account: String? = nil, code: String? = nil, chat: String? = nil, limit: Int, cursor: String? = nil
    ) async throws(StoreError) -> JournalPage<Letter> {
        let before = cursor.flatMap { Int64($0) } ?? .max
        return try await read { db in
            var wanted = "letter.id < ?"
            var arguments: StatementArguments = [before]
            for (column, value) in [("account.id", account), ("letter.code", code), ("letter.chat", chat)] {
                guard let value else { continue }
                wanted += " AND \(column) = ?"
                arguments += [value]
            }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT letter.id, account.id AS account_id, at, code, substr(detail, 1, \(Letter.excerptLength)) AS detail,
                        message_id, chat, received_at, sent_at, sender,
                        substr(name, 1, \(Letter.excerptLength)) AS name,
                        substr(text, 1, \(Letter.excerptLength)) AS text, item, flags, x'' AS raw
                    FROM letter JOIN account ON account.number = letter.account
                    WHERE \(wanted) ORDER BY letter.id DESC LIMIT \(max(1, limit) + 1)
                    """, arguments: arguments)
            return JournalPage(rows.map { Letter($0) }, limit: limit) { String($0.id) }
        }
    }

    /// One letter.
    public func letter(_ id: Int64) async throws(StoreError) -> Letter? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT letter.*, account.id AS account_id FROM letter JOIN account ON account.number = letter.account
                    WHERE letter.id = ?
                    """, arguments: [id]
            ).map { Letter($0) }
        }
    }

    /// Puts a letter's message back among the waiting ones, as if it had just come. Nil if there is no such letter, or it is
    /// of something that could not be read, which reading again would not mend.
    public func replay(letter id: Int64, at now: WallTime) async throws(StoreError) -> WaitingMessage? {
        try await write(isPatient: false) { tables -> WaitingMessage? in
            guard
                let row = try Row.fetchOne(
                    tables.db,
                    sql: """
                        SELECT letter.*, account.id AS account_id FROM letter
                        JOIN account ON account.number = letter.account
                        WHERE letter.id = ? AND message_id IS NOT NULL
                        """, arguments: [id])
            else { return nil }
            let letter = Letter(row)
            let number: Int64 = row["account"]
            guard var message = letter.message else { return nil }
            message.receivedAt = now
            try tables.execute(
                "DELETE FROM message WHERE account = ? AND message_id = ? AND state <> 0", [number, message.id])
            guard let added = try tables.add(message, as: message.isOwn ? .undecided : .waiting, account: number) else {
                return nil
            }
            try tables.execute("DELETE FROM letter WHERE id = ?", [id])
            return WaitingMessage(account: letter.account, chat: message.chat, row: added)
        } then: { counts, replayed in
            guard replayed != nil else { return }
            counts.waiting += 1
            counts.letters -= 1
        }
    }

    /// Throws a letter away. False if there is none.
    public func delete(letter id: Int64) async throws(StoreError) -> Bool {
        try await write(isPatient: false) { tables in
            try tables.execute("DELETE FROM letter WHERE id = ?", [id])
            return try tables.db.changesCount > 0
        } then: { counts, wasThere in
            if wasThere { counts.letters -= 1 }
        }
    }
}

extension JournalTables {
    func add(_ item: UnreadableItem, account: Int64) throws {
        try execute(
            """
            INSERT INTO letter (account, at, code, detail, chat, received_at, flags, raw)
            VALUES (?, ?, 'unreadable', ?, '', ?, 0, ?)
            """,
            [
                account, item.receivedAt.milliseconds, item.problem, item.receivedAt.milliseconds, Data(item.raw),
            ])
    }

    /// Of messages that wait. Returns how many still did.
    fileprivate func addLetters(of rows: [Int64], code: String, detail: String, at now: WallTime) throws -> Int {
        var made = 0
        for row in rows {
            try execute(
                """
                INSERT INTO letter (account, at, code, detail, message_id, chat, received_at, sent_at, sender, name, text, item,
                    flags, raw)
                SELECT account, ?, ?, ?, message_id, chat, received_at, sent_at, sender, name, text, item, flags, raw
                FROM message WHERE id = ? AND state = 0
                """, [now.milliseconds, code, detail, row])
            made += try db.changesCount
        }
        return made
    }

    fileprivate func addLetter(
        of message: JournalMessage, account: Int64, code: String, detail: String, at now: WallTime
    ) throws {
        try execute(
            """
            INSERT INTO letter (account, at, code, detail, message_id, chat, received_at, sent_at, sender, name, text, item,
                flags, raw)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                account, now.milliseconds, code, detail, message.id, message.chat, message.receivedAt.milliseconds,
                message.sentAt?.milliseconds, message.sender, message.name, message.text, message.item, message.flags,
                Data(message.raw),
            ])
    }
}

extension Letter {
    init(_ row: Row) {
        let hasMessage: Bool = row["message_id"] as String? != nil
        self.init(
            id: row["id"], account: row["account_id"], at: WallTime(milliseconds: row["at"]), code: row["code"],
            detail: row["detail"], message: hasMessage ? JournalMessage(row) : nil, raw: Array(row["raw"] as Data))
    }
}

extension JournalPage {
    /// - Parameter elements: one more than `limit`, if there are more.
    init(_ elements: [Element], limit: Int, cursor: (Element) -> String) {
        self.elements = Array(elements.prefix(max(1, limit)))
        next = elements.count > max(1, limit) ? self.elements.last.map(cursor) : nil
    }
}
