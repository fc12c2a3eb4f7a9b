import DequeModule
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import HoldfastCore
import Synchronization

/// The one thread that writes to the journal.
///
/// Whatever is handed over while a commit is under way goes into the next one, in the order in which it came; with
/// nothing under way it is written at once. So a lone message waits for one commit, a flood for two, and the slower
/// the disk is the more of them share a commit. Nobody waits for the thread, event loops least of all.
///
/// What gateways wait for goes before the rest, of which a commit takes only some: when the handlers of a thousand chats
/// end together, acknowledgements do not wait for their marks.
///
/// When the disk fails, patient work stays where it is and is tried again every second; the rest is told. The waiting work
/// is counted in bytes: at the high mark, and while the disk fails, `pressure` says that nothing more should be taken
/// in. What has been taken in already is kept all the same.
final class JournalWriter: Sendable {
    /// Writes, and returns what is to be done once the commit is durable. May run again if the commit fails.
    typealias Write = @Sendable (JournalTables) throws -> Completion
    typealias Completion = @Sendable () -> Void

    struct Work: Sendable {
        /// A gateway waits for it.
        var isIntake = false
        /// About how many rows it touches; of work that is not intake.
        var rows = 1
        var bytes = 0
        /// Is kept when the disk fails, until it can be written.
        var isPatient = true
        var write: Write
        /// It will never be written: the writer ends, the statement itself fails, or the disk fails and it is not patient.
        var failed: @Sendable (StoreError) -> Void = { _ in }
    }

    private struct State {
        var intake: [Work] = []
        var rest: Deque<Work> = []
        /// Of everything that is not durable yet.
        var bytes = 0
        var isIdle = true
        var isClosing = false
        var problem: String?
        var pressure = JournalPressure.none
        var commits: UInt64 = 0
        var writes: UInt64 = 0
        var faults: UInt64 = 0
    }

    private let pool: DatabasePool
    private let options: JournalOptions
    private let onPressure: @Sendable (JournalPressure) -> Void
    private let state = Mutex(State())
    /// Raised once when work comes while the thread rests, and to end it.
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let checkpointer: Checkpointer

    init(
        pool: DatabasePool, path: String, options: JournalOptions,
        onPressure: @escaping @Sendable (JournalPressure) -> Void
    ) throws {
        self.pool = pool
        self.options = options
        self.onPressure = onPressure
        checkpointer = try Checkpointer(path: path)
        try pool.writeWithoutTransaction { db in
            // Checkpoints are made beside the writer, not by whoever happens to fill a page too many.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            try db.execute(sql: "PRAGMA cache_size = -\(options.cacheBytes / 1024)")
            checkpointer.watch(db)
        }
        let thread = Thread { [self] in run() }
        thread.name = "journal"
        thread.start()
    }

    var problem: String? { state.withLock { $0.problem } }
    var pressure: JournalPressure { state.withLock { $0.pressure } }
    var figures: (queuedBytes: Int, commits: UInt64, writes: UInt64, faults: UInt64) {
        state.withLock { ($0.bytes, $0.commits, $0.writes, $0.faults) }
    }

    func add(_ work: Work) {
        let verdict = state.withLock { state -> (mustRing: Bool, isRefused: Bool, pressure: JournalPressure?) in
            guard !state.isClosing else { return (false, true, nil) }
            if work.isIntake { state.intake.append(work) } else { state.rest.append(work) }
            state.bytes += work.bytes
            defer { state.isIdle = false }
            return (state.isIdle, false, newPressure(&state))
        }
        if verdict.isRefused { return work.failed(.failed("the journal is closed")) }
        if let pressure = verdict.pressure { onPressure(pressure) }
        if verdict.mustRing { bell.signal() }
    }

    /// Writes what is waiting, as far as the disk lets it, and ends the thread. False if that has been asked for before.
    func close() -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return false }
        bell.signal()
        ended.wait()
        return true
    }

    // MARK: The thread

    private func run() {
        writeUntilClosed()
        // Only now, with its statements gone, may the connection be closed.
        checkpointer.close()
        ended.signal()
    }

    private func writeUntilClosed() {
        let tables = JournalTables()
        while true {
            let (group, isClosing) = state.withLock { state -> ([Work], Bool) in
                let group = Self.nextGroup(&state)
                if group.isEmpty { state.isIdle = true }
                return (group, state.isClosing)
            }
            if group.isEmpty {
                if isClosing { break }
                bell.wait()
                continue
            }
            let left = write(group, tables)
            guard !left.isEmpty else { continue }
            if isClosing {
                for work in left { work.failed(.failed("the journal is closed")) }
                continue
            }
            state.withLock { state in
                state.intake.insert(contentsOf: left.filter(\.isIntake), at: 0)
                state.rest.prepend(contentsOf: left.filter { !$0.isIntake })
            }
            // The disk may have room again in a moment. A close does not wait for it.
            _ = bell.wait(timeout: .now() + options.retryAfter.inSeconds)
        }
    }

    /// All of the intake, and as much of the rest as a commit should take with it. Nothing of the rest goes before intake
    /// that came earlier.
    private static func nextGroup(_ state: inout State) -> [Work] {
        var group = state.intake
        state.intake = []
        var rows = 0
        while rows < restRowsPerCommit, let work = state.rest.popFirst() {
            rows += work.rows
            group.append(work)
        }
        return group
    }

    /// Rows that the rest of a commit may touch, by the last of its works too many: a few milliseconds.
    private static let restRowsPerCommit = 500

    /// Returns what is to be tried again.
    private func write(_ group: [Work], _ tables: JournalTables) -> [Work] {
        do {
            checkpointer.finishIfNearlyDone(pool)
            let completions = try pool.writeWithoutTransaction { db in try commit(group, tables, db) }
            taken(group, because: nil)
            for completion in completions { completion() }
            return []
        } catch {
            // Numbers given to accounts in this group were never written.
            tables.forget()
            let patient = group.filter(\.isPatient)
            let told = group.filter { !$0.isPatient }
            taken(told, because: "\(error)")
            for work in told { work.failed(.failed("\(error)")) }
            return patient
        }
    }

    private func commit(_ group: [Work], _ tables: JournalTables, _ db: Database) throws -> [Completion] {
        var completions: [Completion] = []
        completions.reserveCapacity(group.count)
        try tables.use(db) {
            try db.execute(sql: "BEGIN IMMEDIATE")
            do {
                for work in group { completions.append(try attempt(work, tables, db)) }
                try db.execute(sql: "COMMIT")
            } catch {
                // SQLite may have rolled back by itself.
                try? db.execute(sql: "ROLLBACK")
                throw error
            }
        }
        return completions
    }

    /// One piece of work in its own savepoint, so that a faulty one spoils no other. Throws only where nothing can be written.
    private func attempt(_ work: Work, _ tables: JournalTables, _ db: Database) throws -> Completion {
        try tables.beginSavepoint()
        do {
            let completion = try work.write(tables)
            try tables.releaseSavepoint()
            return completion
        } catch let error as DatabaseError where error.isOfTheDisk {
            throw error
        } catch {
            try db.execute(sql: "ROLLBACK TO work; RELEASE work")
            tables.forget()
            state.withLock { $0.faults &+= 1 }
            let failed = work.failed
            return { failed(.failed("\(error)")) }
        }
    }

    /// Work that needs no more room; `problem` says whether the disk failed.
    private func taken(_ works: [Work], because problem: String?) {
        let pressure = state.withLock { state -> JournalPressure? in
            state.bytes -= works.reduce(0) { $0 + $1.bytes }
            state.problem = problem
            if problem == nil {
                state.commits &+= 1
                state.writes &+= UInt64(works.count)
            }
            return newPressure(&state)
        }
        if let pressure { onPressure(pressure) }
    }

    /// The pressure, if it is another than before.
    private func newPressure(_ state: inout State) -> JournalPressure? {
        let old = state.pressure
        if state.problem != nil {
            state.pressure = .failing
        } else if state.bytes >= options.highMarkBytes {
            state.pressure = .full
        } else if state.bytes <= options.lowMarkBytes || old == .failing {
            state.pressure = .none
        }
        return state.pressure == old ? nil : state.pressure
    }
}

extension DatabaseError {
    /// It is not the statement that is wrong: nothing can be written.
    var isOfTheDisk: Bool {
        switch resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_NOMEM, .SQLITE_CORRUPT,
            .SQLITE_BUSY:
            true
        default:
            false
        }
    }
}

/// How the journal is written. The defaults are for a whole fleet.
public struct JournalOptions: Sendable {
    /// Bytes that may wait to be written before nothing more should be taken in, and from which on it may be again.
    public var highMarkBytes = 32 << 20
    public var lowMarkBytes = 8 << 20
    /// What SQLite keeps of the file in memory.
    public var cacheBytes = 16 << 20
    /// How long the disk is left alone after it failed.
    public var retryAfter = Duration.seconds(1)
    /// Letters kept; a sweep drops the oldest of more, and counts them.
    public var letterLimit = 100_000

    public init() {}
}

/// Whether the journal can take more.
public enum JournalPressure: Sendable, Hashable {
    case none
    /// More waits to be written than should.
    case full
    /// The disk does not take anything.
    case failing
}
