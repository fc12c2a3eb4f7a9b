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
    /// All or nothing: once everything is ready, one renaming decides, and what is left to be done is finished by
    /// `finishRestore`, here or, if the machine goes down meanwhile, at the next start.
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
            try Self.synchronize(staging)
            try FileManager.default.moveItem(atPath: staging, toPath: "\(store)/\(Self.readyPrefix)\(now.milliseconds)")
            try Self.synchronize(store)
            return Restored(replaced: try Self.finishRestore(in: store), parked: parked)
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

    /// A folder of this name holds what is restored; the rest of it is when.
    private static let readyPrefix = ".restore-ready-"

    /// Does what is left of a restore that was decided. Each step can be done again, so it may be interrupted and begun anew
    /// as often as it takes. Called with the store's lock held, before its files are opened.
    ///
    /// - Returns: where the files are that were replaced; nil if there was nothing to do, or nothing was there before.
    @discardableResult
    public static func finishRestore(in store: String) throws(BackupError) -> String? {
        var replaced: String?
        do {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: store)) ?? []
            for folder in names.filter({ $0.hasPrefix(readyPrefix) }).sorted() {
                let aside = "\(store)/replaced-\(folder.dropFirst(readyPrefix.count))"
                for name in try FileManager.default.contentsOfDirectory(atPath: "\(store)/\(folder)")
                where stores.contains(name) {
                    try replace(name, in: store, from: "\(store)/\(folder)", aside: aside)
                }
                try synchronize(store)
                try FileManager.default.removeItem(atPath: "\(store)/\(folder)")
                if FileManager.default.fileExists(atPath: aside) { replaced = aside }
            }
        } catch {
            throw .notFinished(store: store, reason: plain(error))
        }
        return replaced
    }

    /// The file as a whole, with what its log still holds; a log without its file must not meet the restored one.
    private static func replace(_ name: String, in store: String, from ready: String, aside: String) throws {
        let current = "\(store)/\(name)"
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: current + suffix) {
            try FileManager.default.createDirectory(
                atPath: aside, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.moveItem(atPath: current + suffix, toPath: "\(aside)/\(name)\(suffix)")
        }
        try FileManager.default.moveItem(atPath: "\(ready)/\(name)", toPath: current)
    }
}
