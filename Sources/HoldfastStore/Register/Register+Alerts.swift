import FoundationEssentials
import GRDB
public import HoldfastCore
import Synchronization

extension Register {
    /// Keeps alerts as they are now, and puts messages about them into the queue: all of it or nothing, so that a restart
    /// neither repeats a message nor forgets one. Returns when that is durable.
    ///
    /// A message that is in the queue of its channel already is not put there again. A full queue loses its oldest.
    ///
    /// - Returns: how many messages were lost because the queue of their channel was full.
    @discardableResult
    public func keep(
        _ alerts: [Alert], queueing messages: [QueuedNotification] = []
    ) async throws(StoreError) -> [String: Int] {
        let lost = Tally()
        try await write { db in
            lost.reset()
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO alert (id, started_at, ended_at, body) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, body = excluded.body
                    """)
            for alert in alerts {
                try statement.execute(arguments: [
                    alert.id, alert.startsAt.milliseconds, alert.endsAt?.milliseconds, try Self.text(alert),
                ])
            }
            for message in messages { try Self.queue(message, db) }
            for channel in Set(messages.map(\.channel)) { lost.add(try Self.shorten(channel, db), to: channel) }
        }
        return lost.counts
    }

    /// The alerts that are not over, oldest first.
    public func activeAlerts() async throws(StoreError) -> [Alert] {
        try await read { db in
            try String.fetchAll(db, sql: "SELECT body FROM alert WHERE ended_at IS NULL ORDER BY number")
                .compactMap(Self.value)
        }
    }

    /// Alerts, the latest to begin first, from before the one with the number `before`.
    ///
    /// - Parameter isActive: nil: those that last and those that are over.
    public func alerts(
        before: Int64? = nil, isActive: Bool? = nil, limit: Int
    ) async throws(StoreError) -> [(number: Int64, alert: Alert)] {
        let condition = isActive.map { $0 ? "AND ended_at IS NULL" : "AND ended_at IS NOT NULL" } ?? ""
        return try await read { db in
            try Row.fetchCursor(
                db, sql: "SELECT number, body FROM alert WHERE number < ? \(condition) ORDER BY number DESC LIMIT ?",
                arguments: [before ?? .max, max(0, limit)]
            ).map { row -> (number: Int64, alert: Alert?) in (row["number"], Self.value(row["body"])) }
                .array().compactMap { row in row.alert.map { (row.number, $0) } }
        }
    }

    /// One alert; nil if there is none with this id.
    public func alert(_ id: String) async throws(StoreError) -> Alert? {
        try await read { db in
            try String.fetchOne(db, sql: "SELECT body FROM alert WHERE id = ?", arguments: [id]).flatMap(Self.value)
        }
    }

    // MARK: Silences

    /// Every silence that is not over, those to come included; the next to end first.
    public func silences(at now: WallTime) async throws(StoreError) -> [Silence] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT body FROM silence WHERE ends_at > ? ORDER BY ends_at, id",
                arguments: [now.milliseconds]
            ).compactMap(Self.value)
        }
    }

    /// Keeps a silence, in place of one with the same id. Returns when it is durable.
    public func keep(_ silence: Silence) async throws(StoreError) {
        try await write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO silence (id, ends_at, body) VALUES (?, ?, ?)",
                arguments: [silence.id, silence.endsAt.milliseconds, try Self.text(silence)])
        }
    }

    /// Forgets a silence. Returns when that is durable.
    public func removeSilence(_ id: String) async throws(StoreError) {
        try await write { db in try db.execute(sql: "DELETE FROM silence WHERE id = ?", arguments: [id]) }
    }

    // MARK: As JSON

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Nil for what this version cannot read: one strange row must not hide the others.
    static func value<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

/// What a write has counted, for its caller.
final class Tally: Sendable {
    private let state = Mutex<[String: Int]>([:])

    /// Those that are not zero.
    var counts: [String: Int] { state.withLock { $0 } }

    func add(_ count: Int, to name: String) {
        guard count > 0 else { return }
        state.withLock { $0[name, default: 0] += count }
    }

    /// Before a write that may be tried for the second time.
    func reset() { state.withLock { $0 = [:] } }
}
