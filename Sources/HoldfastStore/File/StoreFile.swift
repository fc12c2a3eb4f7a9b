import Foundation
import GRDB

/// Opens one SQLite file of the store the way every one is opened: WAL, full synchronization on the writer, checked,
/// migrated; a damaged one is set aside and named, never overwritten (O1).
struct StoreFile {
    var pool: DatabasePool
    /// Where a damaged file was put; nil if the file was whole.
    var setAside: String?

    /// - Parameter cacheKiB: what each connection to the file may keep of it in memory; SQLite's own default is 2 000.
    static func open(_ path: String, migrator: DatabaseMigrator, cacheKiB: Int = 2000) throws -> StoreFile {
        do {
            return StoreFile(pool: try openWhole(path, migrator: migrator, cacheKiB), setAside: nil)
        } catch let error as DatabaseError where isDamage(error) {
            let aside = try moveAside(path)
            return StoreFile(pool: try openWhole(path, migrator: migrator, cacheKiB), setAside: aside)
        }
    }

    private static func openWhole(
        _ path: String, migrator: DatabaseMigrator, _ cacheKiB: Int
    ) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cache_size = -\(cacheKiB)") }
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: verdict)
            }
        }
        // A file from a newer Holdfast is not damaged; it must not be touched by an older one.
        let known = Set(migrator.migrations)
        let applied = try pool.read { db in try migrator.appliedIdentifiers(db) }
        guard applied.isSubset(of: known) else { throw StoreError.newer(path: path) }
        try migrator.migrate(pool)
        try pool.writeWithoutTransaction { db in
            // Only now: the pool sets NORMAL while it opens. A commit must be on the disk before anything is acknowledged.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw StoreError.unsafe(path: path)
            }
        }
        return pool
    }

    private static func isDamage(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    private static func moveAside(_ path: String) throws -> String {
        let stamp = Int(Date().timeIntervalSince1970)
        let aside = "\(path).damaged-\(stamp)"
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
        }
        return aside
    }
}

/// Why a file of the store cannot be used.
public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It was written by a newer Holdfast.
    case newer(path: String)
    /// The file system does not let a commit be made durable.
    case unsafe(path: String)
    /// A read or a write failed; the text is SQLite's.
    case failed(String)

    public var description: String {
        switch self {
        case .newer(let path):
            "\(path) was written by a newer version of Holdfast; run that version, or restore a backup made by this one"
        case .unsafe(let path):
            "\(path) cannot be written durably (PRAGMA synchronous is not FULL); put the store on a local file system"
        case .failed(let text):
            "the store failed: \(text)"
        }
    }
}
