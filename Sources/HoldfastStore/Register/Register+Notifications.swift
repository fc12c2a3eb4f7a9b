import GRDB
public import HoldfastCore

extension Register {
    /// The first message that waits on this channel, due or not; nil if none does.
    ///
    /// Messages leave a channel in their order: one that is over must not be told of before it was told that it began. So a
    /// message that is tried again later holds up those behind it, until it is delivered or given up.
    public func nextNotification(on channel: String) async throws(StoreError) -> QueuedNotification? {
        try await read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT * FROM notification WHERE channel = ? ORDER BY number", arguments: [channel])
            while let row = try rows.next() {
                if let message = Self.message(row) { return message }
            }
            return nil
        }
    }

    /// How many messages wait, by channel.
    public func waitingNotifications() async throws(StoreError) -> [String: Int] {
        try await read { db in
            var counts: [String: Int] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT channel, COUNT(*) AS n FROM notification GROUP BY channel")
            while let row = try rows.next() { counts[row["channel"]] = row["n"] }
            return counts
        }
    }

    /// Puts a message into the queue of its channel, beside what `keep(_:queueing:)` puts there. Returns when it is durable.
    public func queue(_ message: QueuedNotification) async throws(StoreError) {
        try await write { db in
            try Self.queue(message, db)
            _ = try Self.shorten(message.channel, db)
        }
    }

    /// It has been delivered, or was given up: it waits no more. Returns when that is durable.
    public func notificationDone(_ id: String, on channel: String) async throws(StoreError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM notification WHERE channel = ? AND id = ?", arguments: [channel, id])
        }
    }

    /// It could not be delivered, and is to be tried again.
    public func notificationFailed(
        _ id: String, on channel: String, because problem: String, retryAt: WallTime
    ) async throws(StoreError) {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE notification SET attempts = attempts + 1, due_at = ?, problem = ? WHERE channel = ? AND id = ?
                    """, arguments: [retryAt.milliseconds, problem, channel, id])
        }
    }

    /// Gives up messages that have waited too long, and those of channels that are no longer there.
    ///
    /// - Returns: how many were given up, by channel.
    public func pruneNotifications(
        at now: WallTime, channels: Set<String>
    ) async throws(StoreError) -> [String: Int] {
        let oldest = (now - QueuedNotification.longestWait).milliseconds
        let pruned = Tally()
        try await write { db in
            pruned.reset()
            let rows = try Row.fetchAll(db, sql: "SELECT number, channel, queued_at FROM notification")
            for row in rows {
                let (number, channel, queuedAt): (Int64, String, Int64) = (
                    row["number"], row["channel"], row["queued_at"]
                )
                guard queuedAt < oldest || !channels.contains(channel) else { continue }
                try db.execute(sql: "DELETE FROM notification WHERE number = ?", arguments: [number])
                pruned.add(1, to: channel)
            }
        }
        return pruned.counts
    }

    static func queue(_ message: QueuedNotification, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO notification (channel, id, queued_at, due_at, attempts, problem, body)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [
            message.channel, message.notification.id, message.queuedAt.milliseconds, message.dueAt.milliseconds,
            message.attempts, message.problem, try text(message.notification),
        ])
    }

    /// Deletes what is too much for the queue of a channel, oldest first; returns how many went.
    static func shorten(_ channel: String, _ db: Database) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM notification WHERE channel = ? AND number <= (
                    SELECT number FROM notification WHERE channel = ? ORDER BY number DESC LIMIT 1 OFFSET ?)
                """, arguments: [channel, channel, QueuedNotification.limitPerChannel])
        return db.changesCount
    }

    private static func message(_ row: Row) -> QueuedNotification? {
        guard let notification: AlertNotification = value(row["body"]) else { return nil }
        return QueuedNotification(
            channel: row["channel"], notification: notification, queuedAt: WallTime(milliseconds: row["queued_at"]),
            dueAt: WallTime(milliseconds: row["due_at"]), attempts: row["attempts"], problem: row["problem"])
    }
}
