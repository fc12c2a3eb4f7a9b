import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// Moves what was committed from the write-ahead log into the file, beside the writer.
///
/// A checkpoint by the writer itself would hold up every commit behind it. So most of it is made on another connection,
/// while commits go on; what they added meanwhile is little, and the writer moves that itself, after which SQLite begins the
/// log anew. So the log stays about as long as `startPages`.
final class Checkpointer: Sendable {
    /// From this length of the log on, in pages of 4 KiB.
    static let startPages: Int32 = 8_192

    private enum Step {
        case rest, running, nearlyDone
    }

    private let queue: DatabaseQueue
    private let dispatch = DispatchQueue(label: "journal.checkpoint")
    private let step = Mutex(Step.rest)
    /// Pages in the log after the latest commit.
    private let pages = Atomic<Int32>(0)

    init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .immediateError
        queue = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Counts the log's pages by the writer's own connection, which must not outlive this object.
    func watch(_ db: Database) {
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().committed(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func committed(_ pages: Int32) {
        self.pages.store(pages, ordering: .relaxed)
        guard pages >= Self.startPages else { return }
        let mustStart = step.withLock { step in
            guard step == .rest else { return false }
            step = .running
            return true
        }
        guard mustStart else { return }
        dispatch.async { [self] in
            _ = try? queue.writeWithoutTransaction { db in try db.checkpoint(.passive) }
            step.withLock { $0 = .nearlyDone }
        }
    }

    /// Called by the writer between two commits.
    func finishIfNearlyDone(_ pool: DatabasePool) {
        guard step.withLock({ $0 == .nearlyDone }) else { return }
        step.withLock { $0 = .rest }
        // If it fails, the log is as good as the file; it will be tried again.
        _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(.passive) }
    }

    func close() {
        dispatch.sync {}
        try? queue.close()
    }
}
