import Dispatch
import GRDB

/// What is configured and known, and must survive: accounts and what their recovery depends on, sealed secrets, the
/// timeline, what people did. One SQLite file of its own, so that reading it never waits for the traffic (O1).
///
/// Methods that change something are of two kinds. Those that are awaited return when the change is durable. Those that
/// are not keep the change and write it as soon as that is possible; `problem` says when it is not.
public final class Register: Sendable {
    let pool: DatabasePool
    let writer: GroupedWriter
    /// Where a damaged file was put when this one was opened; worth a critical log line.
    public let setAside: String?

    public static let fileName = "register.sqlite"
    /// For each of at most five connections: it is read by people, now and then.
    static let cacheKiB = 256
    /// Timeline and audit rows that may wait for the disk; beyond it the oldest are dropped and counted.
    public static let waitingRowsLimit = 50_000

    /// Opens the register in this folder, or makes it. The folder is locked by whoever calls (`StoreLock`).
    public init(folder: String) throws(StoreError) {
        do {
            let file = try StoreFile.open(
                "\(folder)/\(Self.fileName)", migrator: RegisterSchema.migrator, cacheKiB: Self.cacheKiB)
            pool = file.pool
            setAside = file.setAside
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed("\(error)")
        }
        writer = GroupedWriter(pool: pool, droppableLimit: Self.waitingRowsLimit)
    }

    /// Why the last commit failed; nil while all is well.
    public var problem: String? { writer.problem }

    /// Rows of timelines and audit lost because the disk could not take them, and writes that failed by themselves.
    public var droppedRows: Int { writer.droppedRows }

    /// Returns when everything handed over so far is durable. Throws where the disk does not take it: then it is kept, and
    /// written when that is possible.
    public func flush() async throws(StoreError) {
        try await attempt { try await writer.flush() }
    }

    /// Writes what is waiting, as far as the disk takes it, and closes the file.
    public func close() async {
        try? await flush()
        writer.close()
        // So that the file is whole by itself, for whoever copies it while we are gone. If it fails, the WAL still has all.
        _ = try? await pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        try? pool.close()
    }

    /// For tests: lets the file grow no more, or again. A write then fails as on a full disk.
    package func limitGrowth(_ isFull: Bool) throws {
        try pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(isFull ? pages : 1_000_000)")
        }
    }

    /// For tests: lets nothing be written, as a disk that has become read-only.
    package func refuseWrites(_ isRefused: Bool) throws {
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA query_only = \(isRefused)") }
    }

    /// For tests: a disk that takes nothing, and says nothing, as long as `body` runs.
    package func stalled(_ body: () async throws -> Void) async throws {
        let (stream, goOn) = AsyncStream.makeStream(of: Void.self)
        let mayEnd = DispatchSemaphore(value: 0)
        pool.asyncWriteWithoutTransaction { _ in
            goOn.finish()
            mayEnd.wait()
        }
        for await _ in stream {}
        defer { mayEnd.signal() }
        try await body()
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw .failed("\(error)")
        }
    }

    func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws(StoreError) {
        try await attempt { try await writer.write(body) }
    }

    private func attempt(_ body: () async throws -> Void) async throws(StoreError) {
        do {
            try await body()
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed("\(error)")
        }
    }
}
