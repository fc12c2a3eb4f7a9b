import GRDB
import Synchronization

/// Writes to one file in groups: what is handed over while a commit is under way goes into the next one, in the order
/// in which it came. Nobody waits on a lock, an event loop least of all; a slow disk makes groups larger, not callers
/// slower.
///
/// A write is either awaited (its caller goes on when it is durable, or hears why it is not) or noted (kept and tried
/// again until it is durable). What is noted is bounded, however long the disk takes nothing: rows that may be lost by
/// `droppableLimit`, beyond which the oldest are dropped and counted; values by their keys, since a newer one takes the
/// place of an older one that still waits.
final class GroupedWriter: Sendable {
    typealias Work = @Sendable (Database) throws -> Void

    private struct Write {
        var work: Work
        var rows: Int
        var isDroppable: Bool
        var continuation: CheckedContinuation<Void, any Error>?
        /// What is written: a later write with the same key makes this one needless.
        var key: String?
    }

    private struct State {
        var waiting: [Write] = []
        /// The newest value for each key.
        var values: [String: Write] = [:]
        var droppableRows = 0
        var droppedRows = 0
        var isRunning = false
        var isClosed = false
        var problem: String?
    }

    private let pool: DatabasePool
    private let droppableLimit: Int
    private let retryAfter: Duration
    private let state = Mutex(State())

    init(pool: DatabasePool, droppableLimit: Int, retryAfter: Duration = .seconds(1)) {
        self.pool = pool
        self.droppableLimit = droppableLimit
        self.retryAfter = retryAfter
    }

    /// Rows dropped because the disk could not take them in time.
    var droppedRows: Int { state.withLock { $0.droppedRows } }

    /// Why the last commit failed; nil if it did not.
    var problem: String? { state.withLock { $0.problem } }

    /// Returns when the work is durable. Throws if the commit fails; then nothing of it is in the file.
    func write(_ work: @escaping Work) async throws {
        try await withCheckedThrowingContinuation { continuation in
            add(Write(work: work, rows: 1, isDroppable: false, continuation: continuation))
        }
    }

    /// Writes as soon as it can be written.
    func note(rows: Int = 1, isDroppable: Bool = false, _ work: @escaping Work) {
        add(Write(work: work, rows: rows, isDroppable: isDroppable, continuation: nil))
    }

    /// Writes a value as soon as it can be written, unless a newer one with the same key comes first. It is written after
    /// everything else of its group.
    func note(key: String, _ work: @escaping Work) {
        add(Write(work: work, rows: 1, isDroppable: false, continuation: nil, key: key))
    }

    /// Returns when everything that was handed over before is durable, but for faulty writes, which are given up and counted.
    /// Throws where the disk does not take it; what was noted is kept and tried again.
    func flush() async throws {
        try await write { _ in }
    }

    /// From now on what the disk does not take is lost, and counted, instead of tried again: the file is about to be closed.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    private func add(_ write: Write) {
        let mustStart = state.withLock { state in
            if let key = write.key { state.values[key] = write } else { state.waiting.append(write) }
            if write.isDroppable {
                state.droppableRows += write.rows
                drop(from: &state)
            }
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { Task { await self.run() } }
    }

    private func drop(from state: inout State) {
        while state.droppableRows > droppableLimit,
            let index = state.waiting.firstIndex(where: { $0.isDroppable })
        {
            state.droppableRows -= state.waiting[index].rows
            state.droppedRows += state.waiting[index].rows
            state.waiting.remove(at: index)
        }
    }

    private func run() async {
        while true {
            let group = state.withLock { state -> [Write] in
                let group = state.waiting + state.values.values
                state.waiting = []
                state.values = [:]
                state.droppableRows = 0
                if group.isEmpty { state.isRunning = false }
                return group
            }
            if group.isEmpty { return }
            do {
                try await commit(group)
                state.withLock { $0.problem = nil }
            } catch {
                await putBack(group, because: error)
            }
        }
    }

    private func commit(_ group: [Write]) async throws {
        let works = group.map(\.work)
        let failures = try await pool.write { db in
            try works.map { work in try Self.attempt(work, db) }
        }
        for (write, failure) in zip(group, failures) {
            if let failure {
                write.continuation?.resume(throwing: failure)
            } else {
                write.continuation?.resume()
            }
        }
        // A noted write that fails by itself would fail for ever: it is given up and counted.
        let lost = zip(group, failures).filter { $0.continuation == nil && $1 != nil }
        guard !lost.isEmpty else { return }
        state.withLock { state in
            state.droppedRows += lost.reduce(0) { $0 + $1.0.rows }
        }
    }

    /// One write in its own savepoint, so that a faulty one spoils no other. Throws only where the whole group cannot be
    /// written: no space, no disk.
    private static func attempt(_ work: Work, _ db: Database) throws -> StoreError? {
        do {
            try db.inSavepoint {
                try work(db)
                return .commit
            }
            return nil
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_NOMEM, .SQLITE_CORRUPT:
                throw error
            default:
                return .failed("\(error)")
            }
        } catch {
            return .failed("\(error)")
        }
    }

    /// Those who wait are told; what was only noted is tried again a little later.
    private func putBack(_ group: [Write], because error: any Error) async {
        let isClosed = state.withLock { state -> Bool in
            state.problem = "\(error)"
            guard !state.isClosed else {
                state.droppedRows += group.reduce(0) { $0 + ($1.continuation == nil ? $1.rows : 0) }
                return true
            }
            let kept = group.filter { $0.continuation == nil && $0.key == nil }
            for write in group {
                guard let key = write.key, state.values[key] == nil else { continue }
                state.values[key] = write
            }
            state.waiting = kept + state.waiting
            state.droppableRows += kept.reduce(0) { $0 + ($1.isDroppable ? $1.rows : 0) }
            drop(from: &state)
            return false
        }
        // Only now: who is told finds the problem named, and what waits counted.
        for write in group { write.continuation?.resume(throwing: StoreError.failed("\(error)")) }
        guard !isClosed else { return }
        // The disk may have room again in a moment; until then the waiting rows are bounded, and nobody is held up.
        try? await Task.sleep(for: retryAfter)
    }
}
