import Foundation
import GRDB
import HoldfastCore
import Synchronization

@testable import HoldfastStore

let noon = WallTime(milliseconds: 1_763_712_000_000)

func message(
    _ id: String, chat: String = "c", text: String = "hello", at: WallTime = noon, isOwn: Bool = false
) -> JournalMessage {
    JournalMessage(
        id: id, chat: chat, receivedAt: at, sentAt: at, sender: "2001", name: "Buyer", text: text, item: "7",
        isOwn: isOwn, raw: Array(#"{"id":"\#(id)"}"#.utf8))
}

func reply(_ text: String, to message: String, index: Int = 0, account: String = "a", chat: String = "c")
    -> OutboxMessage
{
    OutboxMessage(
        account: account, clientID: Journal.clientID(account: account, message: message, index: index), chat: chat,
        receiver: "2001", text: text, createdAt: noon, expiresAt: noon + .seconds(600))
}

extension Journal {
    /// The rows of messages once they are durable; nil for a duplicate.
    @discardableResult
    func take(
        _ messages: JournalMessage..., account: String = "a", unreadable: [UnreadableItem] = [], isWanted: Bool = true
    ) async -> [Int64?] {
        let entry = JournalEntry(account: account, messages: messages, unreadable: unreadable, isWanted: isWanted)
        return await withCheckedContinuation { continuation in
            add([entry]) { continuation.resume(returning: $0) }
        }
    }

    /// A delivery of what waits in a chat.
    func next(_ account: String = "a", _ chat: String = "c") async throws -> Delivery? {
        let rows = try await waiting(of: account, limit: 1_000).filter { $0.chat == chat }.map(\.row)
        return try await handOut(account: account, chat: chat, rows: rows)
    }

    /// A disk that is full, as SQLite sees it: the file may not grow any more.
    func fill(_ isFull: Bool) throws {
        try pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(isFull ? pages : 1_000_000)")
        }
    }
}

/// What `onPressure` said, and a way to wait for it.
final class Pressures: Sendable {
    let stream: AsyncStream<JournalPressure>
    private let continuation: AsyncStream<JournalPressure>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func heard(_ pressure: JournalPressure) { continuation.yield(pressure) }

    func next() async -> JournalPressure? {
        for await pressure in stream { return pressure }
        return nil
    }
}
