import Crypto
import Foundation
import GRDB
import HoldfastCore

extension Journal {
    /// Writes what pushes brought, together with whatever else waits. `done` is called on the writer's thread once it is
    /// durable: from then on it may be acknowledged. It is never called if the journal is closed before.
    ///
    /// - Parameter done: gets for each message of all entries, in order, its row; nil for a duplicate.
    public func add(_ entries: [JournalEntry], then done: @escaping @Sendable ([Int64?]) -> Void) {
        let bytes = entries.reduce(0) { $0 + $1.bytes }
        writer.add(
            JournalWriter.Work(isIntake: true, bytes: bytes) { [self] tables in
                var rows: [Int64?] = []
                var (waiting, letters) = (0, 0)
                for entry in entries {
                    let account = try tables.number(of: entry.account)
                    for message in entry.messages {
                        let state: JournalMessage.State =
                            message.isOwn ? .undecided : entry.isWanted ? .waiting : .handled
                        let row = try tables.add(message, as: state, account: account)
                        rows.append(row)
                        if row != nil, state == .waiting { waiting += 1 }
                    }
                    for item in entry.unreadable { try tables.add(item, account: account) }
                    letters += entry.unreadable.count
                }
                return { [rows, waiting, letters] in
                    self.counts.withLock { counts in
                        counts.waiting += waiting
                        counts.letters += letters
                    }
                    done(rows)
                }
            })
    }

    /// Messages that no handler has finished, oldest first: of all accounts, or of one.
    ///
    /// - Parameter row: only what came after this one.
    public func waiting(
        of account: String? = nil, after row: Int64 = 0, limit: Int
    ) async throws(StoreError) -> [WaitingMessage] {
        try await read { db in
            var arguments: StatementArguments = [row]
            if let account { arguments += [account] }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT message.id AS row, account.id AS account, chat FROM message
                    JOIN account ON account.number = message.account
                    WHERE state = 0 AND message.id > ? \(account == nil ? "" : "AND account.id = ?")
                    ORDER BY message.id LIMIT \(max(1, limit))
                    """, arguments: arguments
            ).map { WaitingMessage(account: $0["account"], chat: $0["chat"], row: $0["row"]) }
        }
    }

    /// Takes the oldest waiting messages of a chat for a handler; nil if none of them waits any more. Before it returns, what
    /// belongs together is written down, so that it comes again just so if it is not finished.
    ///
    /// - Parameter rows: what waits in the chat, oldest first. Of a delivery that was handed out before, only its messages
    ///   are taken, the first ones.
    public func handOut(account: String, chat: String, rows: [Int64]) async throws(StoreError) -> Delivery? {
        try await write(isPatient: true, rows: rows.count) { tables in
            let waiting = try rows.compactMap { try tables.waiting($0) }
            guard let first = waiting.first else { return nil }
            if let known = first.delivery {
                let again = waiting.filter { $0.delivery == known }
                return Self.delivery(known, account, chat, again, isRepeated: true)
            }
            let fresh = Array(waiting.prefix { $0.delivery == nil })
            let id = Self.deliveryID(account: account, chat: chat, messages: fresh.map(\.message.id))
            for row in fresh { try tables.handOut(row.id, as: id) }
            return Self.delivery(id, account, chat, fresh, isRepeated: false)
        }
    }

    /// The delivery has been handled: in one transaction its messages are marked and the replies are put into the outbox.
    /// Replies that are there already stay as they are.
    ///
    /// - Returns: the replies that are new, with their rows.
    public func finish(_ delivery: Delivery, replies: [OutboxMessage] = []) async throws(StoreError) -> [OutboxMessage]
    {
        try await write(isPatient: true, rows: delivery.rows.count + replies.count) { tables in
            let marked = try tables.mark(delivery.rows, as: .handled)
            return (marked, try replies.compactMap { try tables.add($0) })
        } then: { counts, written in
            counts.waiting -= written.0
            counts.outbox += written.1.count
        }.1
    }

    /// A person answers in their chat: these messages need no answer of ours.
    public func skip(rows: [Int64]) async throws(StoreError) {
        _ = try await write(isPatient: true, rows: rows.count) { tables in
            try tables.mark(rows, as: .skipped)
        } then: { counts, skipped in
            counts.waiting -= skipped
        }
    }

    private static func delivery(
        _ id: String, _ account: String, _ chat: String, _ rows: [WaitingRow], isRepeated: Bool
    ) -> Delivery {
        var delivery = Delivery(
            id: id, account: account, chat: chat, messages: rows.map(\.message), isRepeated: isRepeated)
        delivery.rows = rows.map(\.id)
        return delivery
    }

    /// The same for the same messages, on every machine and after every restart.
    public static func deliveryID(account: String, chat: String, messages: [String]) -> String {
        var hash = SHA256()
        for part in [account, chat] + messages {
            hash.update(data: Array(part.utf8))
            hash.update(data: [0])
        }
        return hash.finalize().prefix(16).map { byte in
            let hex = String(byte, radix: 16)
            return byte < 16 ? "0" + hex : hex
        }.joined()
    }
}

struct WaitingRow {
    var id: Int64
    var delivery: String?
    var message: JournalMessage
}

extension JournalTables {
    fileprivate func waiting(_ row: Int64) throws -> WaitingRow? {
        let statement = try prepared(.waiting)
        statement.bind(row, at: 1)
        return try statement.first { columns in
            let flags = columns.number(at: 9) ?? 0
            return WaitingRow(
                id: row, delivery: columns.text(at: 0),
                message: JournalMessage(
                    id: columns.text(at: 1) ?? "", chat: columns.text(at: 2) ?? "",
                    receivedAt: WallTime(milliseconds: columns.number(at: 3) ?? 0),
                    sentAt: columns.number(at: 4).map(WallTime.init(milliseconds:)), sender: columns.text(at: 5),
                    name: columns.text(at: 6), text: columns.text(at: 7), item: columns.text(at: 8),
                    isGroup: flags & 1 != 0, isOwn: flags & 2 != 0, raw: columns.bytes(at: 10)))
        }
    }

    fileprivate func handOut(_ row: Int64, as delivery: String) throws {
        let statement = try prepared(.handOut)
        statement.bind(delivery, at: 1)
        statement.bind(row, at: 2)
        try statement.run()
    }

    /// Returns how many of them still waited.
    func mark(_ rows: [Int64], as state: JournalMessage.State) throws -> Int {
        var marked = 0
        for row in rows {
            let statement = try prepared(.mark)
            statement.bind(state.rawValue, at: 1)
            statement.bind(row, at: 2)
            marked += try statement.run()
        }
        return marked
    }
}

extension JournalMessage {
    /// From a row of `message`, or of `letter`.
    init(_ row: Row) {
        let flags: Int64 = row["flags"]
        self.init(
            id: row["message_id"] ?? "", chat: row["chat"], receivedAt: WallTime(milliseconds: row["received_at"]),
            sentAt: (row["sent_at"] as Int64?).map(WallTime.init(milliseconds:)), sender: row["sender"],
            name: row["name"], text: row["text"], item: row["item"], isGroup: flags & 1 != 0, isOwn: flags & 2 != 0,
            raw: Array(row["raw"] as Data))
    }
}
