import Foundation
import GRDB
import HoldfastCore
import Synchronization

/// What has come and must not be lost: messages, letters, the outbox, pauses. One SQLite file of its own with one writer
/// of its own, so that no page view ever waits for an acknowledgement, nor the other way round (O1).
///
/// - `Journal+Messages.swift`: from the gateway into the journal, and on to a handler.
/// - `Journal+Outbox.swift`, `Journal+Letters.swift`, `Journal+Pauses.swift`: what their names say.
/// - `Journal+Sweep.swift`: what is old goes.
///
/// What changes something is durable when it returns, or when its callback is called. While the disk fails, callers
/// outside the way of the messages are told; messages wait.
public final class Journal: Sendable {
    let pool: DatabasePool
    let writer: JournalWriter
    let options: JournalOptions
    let path: String
    /// Where a damaged file was put when this one was opened; worth a critical log line.
    public let setAside: String?
    /// Counted when the file is opened, and kept up with every commit.
    let counts: Mutex<Counts>

    struct Counts {
        var waiting = 0
        var outbox = 0
        var letters = 0
        var droppedLetters: UInt64 = 0
        var refusedOutbox: UInt64 = 0
        var droppedOutbox: UInt64 = 0
        /// Where the sweep goes on.
        var sweptUpTo: Int64 = 0
    }

    public static let fileName = "journal.sqlite"

    /// Opens the journal in this folder, or makes it. The folder is locked by whoever calls (`StoreLock`).
    ///
    /// - Parameter onPressure: told when the journal can take no more for now, and when it can again. Called on any thread.
    public init(
        folder: String, options: JournalOptions = JournalOptions(),
        onPressure: @escaping @Sendable (JournalPressure) -> Void = { _ in }
    ) throws(StoreError) {
        do {
            path = "\(folder)/\(Self.fileName)"
            self.options = options
            let file = try StoreFile.open(path, migrator: JournalSchema.migrator)
            pool = file.pool
            setAside = file.setAside
            counts = Mutex(try pool.read(Self.count))
            writer = try JournalWriter(pool: pool, path: path, options: options, onPressure: onPressure)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Why the last commit failed; nil while all is well.
    public var problem: String? { writer.problem }

    public var pressure: JournalPressure { writer.pressure }

    public var figures: JournalFigures {
        let counts = counts.withLock { $0 }
        let written = writer.figures
        var figures = JournalFigures()
        figures.waiting = counts.waiting
        figures.outbox = counts.outbox
        figures.letters = counts.letters
        figures.droppedLetters = counts.droppedLetters
        figures.refusedOutbox = counts.refusedOutbox
        figures.droppedOutbox = counts.droppedOutbox
        figures.queuedBytes = written.queuedBytes
        figures.commits = written.commits
        figures.writes = written.writes
        figures.faults = written.faults
        figures.fileBytes = ["", "-wal"].reduce(0) { $0 + Self.size(of: path + $1) }
        return figures
    }

    /// Writes what is waiting, as far as the disk lets it, and closes the file. What is left was never acknowledged.
    /// A second call does nothing.
    public func close() {
        guard writer.close() else { return }
        // So that the file is whole by itself, for whoever copies it while we are gone. If it fails, the WAL still has all.
        _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        try? pool.close()
    }

    private static func count(_ db: Database) throws -> Counts {
        Counts(
            waiting: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM message WHERE state = 0") ?? 0,
            outbox: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM outbox WHERE state < 2") ?? 0,
            letters: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM letter") ?? 0)
    }

    private static func size(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Returns when everything handed over before has been written, or the disk has failed.
    public func barrier() async {
        _ = try? await write(isPatient: false) { _ in }
    }

    // MARK: For the other parts

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// Returns when the change is durable, with what `body` returned.
    ///
    /// - Parameters:
    ///   - isPatient: waits while the disk fails, instead of being told.
    ///   - rows: about how many it touches.
    ///   - committed: called first once the change is durable.
    func write<Value: Sendable>(
        isPatient: Bool, rows: Int = 1, _ body: @escaping @Sendable (JournalTables) throws -> Value,
        then committed: @escaping @Sendable (inout Counts, Value) -> Void = { _, _ in }
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            writer.add(
                JournalWriter.Work(rows: rows, isPatient: isPatient) { [self] tables in
                    let value = try body(tables)
                    return {
                        self.counts.withLock { committed(&$0, value) }
                        continuation.resume(returning: Result<Value, StoreError>.success(value))
                    }
                } failed: { error in
                    continuation.resume(returning: .failure(error))
                })
        }
        return try result.get()
    }
}
