import Foundation
import GRDB
public import HoldfastCore

extension Backup {
    /// What a restore has done.
    public struct Restored: Sendable, Hashable {
        /// Where the files are that were replaced; nil if there were none.
        public var replaced: String?
        /// Messages and replies that were on their way when the backup was made, and now wait for a person.
        public var parked: Int
    }

    /// Puts the store of this backup in the place of another one. Nothing is replaced before all of it has been checked,
    /// and what is replaced is kept.
    ///
    /// What was on its way when the backup was made becomes letters: customers must not be answered a second time.
    ///
    /// - Parameters:
    ///   - store: the store's folder, which the caller has locked.
    ///   - keys: the ids of the keys that the configuration names, which must open the secrets of the backup.
    public func restore(to store: String, keys: Set<String>, at now: WallTime) throws(BackupError) -> Restored {
        try check()
        let staging = "\(store)/.restore-\(now.milliseconds)"
        defer { try? FileManager.default.removeItem(atPath: staging) }
        do {
            try FileManager.default.createDirectory(
                atPath: staging, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            var parked = 0
            let names = manifest.files.map(\.name).filter(Self.stores.contains)
            for name in names {
                try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(staging)/\(name)")
                parked += try prepare(name, in: staging, keys: keys, at: now)
                try Self.synchronize("\(staging)/\(name)")
            }
            let replaced = try replace(names, in: store, from: staging, at: now)
            return Restored(replaced: replaced, parked: parked)
        } catch let error as BackupError {
            throw error
        } catch {
            throw .notRestored(path: path, reason: Self.plain(error))
        }
    }

    /// Makes a copy what the store needs: of this version, readable with our keys, with nothing on its way.
    private func prepare(_ name: String, in folder: String, keys: Set<String>, at now: WallTime) throws -> Int {
        let path = "\(folder)/\(name)"
        guard name == Register.fileName else { return try Self.park(path, at: now) }
        let file = try StoreFile.open(path, migrator: RegisterSchema.migrator)
        defer { try? file.pool.close() }
        let sealed = try file.pool.read { try Set(String.fetchAll($0, sql: "SELECT DISTINCT \"key\" FROM secret")) }
        guard let foreign = sealed.subtracting(keys).sorted().first else {
            _ = try file.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            return 0
        }
        throw BackupError.notRestored(
            path: self.path,
            reason: "its secrets are sealed with the key \(foreign), which is not the one in store.key")
    }

    /// What waits for a handler, and replies that were not confirmed, become letters: they may have been dealt with since.
    private static func park(_ path: String, at now: WallTime) throws -> Int {
        let file = try StoreFile.open(path, migrator: JournalSchema.migrator)
        defer { try? file.pool.close() }
        return try file.pool.writeWithoutTransaction { db in
            var parked = 0
            try db.inTransaction {
                try db.execute(
                    sql: """
                        INSERT INTO letter (account, at, code, detail, message_id, chat, received_at, sent_at, sender, name, text,
                            item, flags, raw)
                        SELECT account, ?, 'restored', 'it waited for a handler when the backup was made', message_id, chat,
                            received_at, sent_at, sender, name, text, item, flags, raw
                        FROM message WHERE state IN (0, 4) ORDER BY id
                        """, arguments: [now.milliseconds])
                try db.execute(sql: "UPDATE message SET state = 3, delivery = NULL WHERE state IN (0, 4)")
                parked += db.changesCount
                // Without a message's id: a reply is nothing that could be handed to a handler again.
                try db.execute(
                    sql: """
                        INSERT INTO letter (account, at, code, detail, chat, received_at, flags, raw)
                        SELECT account, ?, 'restored_reply', 'it was on its way when the backup was made', chat, created_at, 0,
                            CAST(text AS BLOB)
                        FROM outbox WHERE state < 2 ORDER BY id
                        """, arguments: [now.milliseconds])
                try db.execute(
                    sql: "UPDATE outbox SET state = 4, problem = 'parked by a restore' WHERE state < 2")
                parked += db.changesCount
                return .commit
            }
            _ = try db.checkpoint(.truncate)
            return parked
        }
    }

    private func replace(_ names: [String], in store: String, from staging: String, at now: WallTime) throws -> String?
    {
        let aside = "\(store)/replaced-\(now.milliseconds)"
        var replaced: String?
        for name in names {
            let current = "\(store)/\(name)"
            // The file as a whole, with what its log still holds; a log without its file must not meet the restored one.
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: current + suffix) {
                try FileManager.default.createDirectory(
                    atPath: aside, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                replaced = aside
                try FileManager.default.moveItem(atPath: current + suffix, toPath: "\(aside)/\(name)\(suffix)")
            }
            try FileManager.default.moveItem(atPath: "\(staging)/\(name)", toPath: current)
        }
        try Self.synchronize(store)
        return replaced
    }
}
