import GRDB
public import HoldfastCore

/// How long the journal keeps what is done with (O6).
public struct JournalRetention: Sendable, Hashable {
    /// Ids of handled messages, by which a second delivery is known (T2).
    public var handled = Duration.seconds(3_600)
    public var letters = Duration.seconds(30 * 86_400)
    /// Messages of ours that are confirmed, refused or expired; an idempotency key is as good as long.
    public var outbox = Duration.seconds(86_400)
    /// How many messages of ours are kept at most; beyond it the oldest closed ones go before their time.
    public var outboxCount = 1_000_000

    public init() {}
}

extension Journal {
    /// How many rows one step looks at, so that no acknowledgement waits for it for long.
    static let sweepStep = 500

    /// Takes the next step through what is old. Call it every second; a step takes a few milliseconds at most.
    ///
    /// - Returns: whether there may be more to do at once.
    @discardableResult
    public func sweep(_ retention: JournalRetention, at now: WallTime) async throws(StoreError) -> Bool {
        let (start, tooMany) = counts.withLock { ($0.sweptUpTo, $0.letters - options.letterLimit) }
        let (next, closed, letters, dropped, forgotten) = try await write(isPatient: false, rows: Self.sweepStep) {
            tables in
            let next = try tables.sweepMessages(after: start, before: now - retention.handled)
            let forgotten = try tables.sweepOutbox(retention, at: now)
            try tables.execute(
                "UPDATE outbox SET state = 4, problem = 'expired' WHERE state < 2 AND expires_at <= ?",
                [now.milliseconds])
            let closed = try tables.db.changesCount
            try tables.execute(
                "DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE at < ? ORDER BY id LIMIT ?)",
                [(now - retention.letters).milliseconds, Self.sweepStep])
            let letters = try tables.db.changesCount
            // The oldest of too many, whatever they are about: what nobody could read makes letters, too.
            try tables.execute(
                "DELETE FROM letter WHERE id IN (SELECT id FROM letter ORDER BY id LIMIT ?)",
                [min(max(0, tooMany - letters), Self.sweepStep)])
            let dropped = try tables.db.changesCount
            try tables.execute("DELETE FROM pause WHERE until <= ?", [now.milliseconds])
            return (next, closed, letters, dropped, forgotten)
        } then: { counts, changed in
            counts.sweptUpTo = changed.0
            counts.outbox -= changed.1
            counts.letters -= changed.2 + changed.3
            counts.droppedLetters &+= UInt64(changed.3)
            counts.droppedOutbox &+= UInt64(changed.4.early)
        }
        return next != 0 || [closed, letters, dropped, forgotten.old, forgotten.early].contains(Self.sweepStep)
    }
}

extension JournalTables {
    /// Forgets closed messages of ours: the old ones, and the oldest of too many. Rows count upwards, so their distance to the
    /// newest says how many there can be.
    fileprivate func sweepOutbox(
        _ retention: JournalRetention, at now: WallTime
    ) throws -> (old: Int, early: Int) {
        try execute(
            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE created_at < ? AND state >= 2 LIMIT ?)",
            [(now - retention.outbox).milliseconds, Journal.sweepStep])
        let old = try db.changesCount
        try execute(
            """
            DELETE FROM outbox WHERE id IN (SELECT id FROM outbox
                WHERE id <= (SELECT MAX(id) FROM outbox) - ? AND state >= 2 ORDER BY id LIMIT ?)
            """, [retention.outboxCount, Journal.sweepStep])
        return (old, try db.changesCount)
    }

    /// Looks at the rows behind a place, in the order in which they came, and deletes those that are old and done with.
    /// Returns the place for the next step; 0 when there is nothing old left, to begin anew.
    fileprivate func sweepMessages(after place: Int64, before limit: WallTime) throws -> Int64 {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT id, state, received_at FROM message WHERE id > ? ORDER BY id LIMIT ?"),
            arguments: [place, Journal.sweepStep])
        for row in rows {
            let (id, state, receivedAt): (Int64, Int64, Int64) = (row["id"], row["state"], row["received_at"])
            guard receivedAt < limit.milliseconds else { return 0 }
            if state != JournalMessage.State.waiting.rawValue {
                try execute("DELETE FROM message WHERE id = ?", [id])
            }
        }
        guard rows.count == Journal.sweepStep, let last = rows.last else { return 0 }
        return last["id"]
    }
}
