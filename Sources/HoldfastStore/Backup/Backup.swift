import Crypto
import Foundation
import GRDB
public import HoldfastCore

/// A copy of a store and of the configuration it runs with, in a folder of its own (O2). Made while the store is in use;
/// secrets in it are sealed as they are in the store, and the key is never part of it.
///
/// A folder without `manifest.json` is no backup: the manifest is written last, and the folder gets its name when all of
/// it is on the disk.
public struct Backup: Sendable {
    /// The folder of this backup.
    public let path: String
    public let manifest: Manifest

    /// What a backup holds, as `manifest.json`.
    public struct Manifest: Codable, Sendable, Hashable {
        /// The form of this file; a reader refuses one it does not know.
        public var format = 1
        /// Milliseconds since 1970, in UTC.
        public var madeAtMilliseconds: Int64
        public var files: [File]

        public struct File: Codable, Sendable, Hashable {
            public var name: String
            public var sizeBytes: Int
            /// In hexadecimal.
            public var sha256: String
        }
    }

    static let manifestName = "manifest.json"
    static let stores = [Register.fileName, Journal.fileName]

    /// Copies the store and the files of the configuration into a new folder below `folder`.
    ///
    /// - Parameters:
    ///   - store: the store's folder. It may be in use; each file is copied as it is at one instant.
    ///   - configuration: the files of the configuration.
    ///   - key: is taken out of the configuration's files, where it stands in one of them.
    ///   - folder: where backups are kept; made if it is missing.
    public static func make(
        of store: String, configuration: [String], without key: Secret? = nil, in folder: String, at now: WallTime
    ) throws(BackupError) -> Backup {
        let partial = "\(folder)/.partial-\(now.milliseconds)-\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: partial, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for name in stores where FileManager.default.fileExists(atPath: "\(store)/\(name)") {
                try copy(database: "\(store)/\(name)", to: "\(partial)/\(name)")
            }
            for (index, file) in configuration.enumerated() {
                // Two files of one name, from two folders, must not become one.
                let name = URL(fileURLWithPath: file).lastPathComponent
                let isTaken = FileManager.default.fileExists(atPath: "\(partial)/\(name)")
                try copy(configuration: file, to: "\(partial)/\(isTaken ? "\(index)-\(name)" : name)", without: key)
            }
            let manifest = try Manifest(
                madeAtMilliseconds: now.milliseconds,
                files: FileManager.default.contentsOfDirectory(atPath: partial).sorted().map { name in
                    try describe(name, in: partial)
                })
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(manifest).write(to: URL(fileURLWithPath: "\(partial)/\(manifestName)"))
            for name in try FileManager.default.contentsOfDirectory(atPath: partial) {
                try synchronize("\(partial)/\(name)")
            }
            try synchronize(partial)
            let path = try place(partial, in: folder, at: now)
            return Backup(path: path, manifest: manifest)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw .notMade(folder: folder, reason: Self.plain(error))
        }
    }

    /// Opens a backup and reads its manifest; `check` reads the rest.
    public init(at path: String) throws(BackupError) {
        guard let data = FileManager.default.contents(atPath: "\(path)/\(Self.manifestName)") else {
            throw .noBackup(path: path)
        }
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: data), manifest.format == 1 else {
            throw .unreadable(path: path, reason: "its manifest is not one this version knows")
        }
        // Names come from a file: none may lead out of the folder.
        guard manifest.files.allSatisfy({ !$0.name.contains("/") && $0.name != ".." }) else {
            throw .unreadable(path: path, reason: "its manifest names files outside of it")
        }
        self.init(path: path, manifest: manifest)
    }

    init(path: String, manifest: Manifest) {
        self.path = path
        self.manifest = manifest
    }

    public var madeAt: WallTime { WallTime(milliseconds: manifest.madeAtMilliseconds) }

    /// Makes sure that all is there and as it was written, and that each database is whole.
    public func check() throws(BackupError) {
        do {
            for file in manifest.files {
                guard try Self.describe(file.name, in: path) == file else {
                    throw BackupError.unreadable(path: path, reason: "\(file.name) is not as it was written")
                }
            }
            for file in manifest.files where Self.stores.contains(file.name) {
                var configuration = Configuration()
                configuration.readonly = true
                let queue = try DatabaseQueue(path: "\(path)/\(file.name)", configuration: configuration)
                defer { try? queue.close() }
                let verdict = try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
                guard verdict == "ok" else {
                    throw BackupError.unreadable(path: path, reason: "\(file.name): \(verdict ?? "no verdict")")
                }
            }
        } catch let error as BackupError {
            throw error
        } catch {
            throw .unreadable(path: path, reason: Self.plain(error))
        }
    }

    /// The backups in a folder, the oldest first. What is no backup is passed over.
    public static func all(in folder: String) -> [Backup] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.compactMap { try? Backup(at: "\(folder)/\($0)") }
            .sorted { $0.manifest.madeAtMilliseconds < $1.manifest.madeAtMilliseconds }
    }

    /// Removes the oldest, so that `count` are left, and what broken attempts have left behind a day ago: a younger one may
    /// be under way.
    public static func prune(in folder: String, keeping count: Int, at now: WallTime) {
        for backup in all(in: folder).dropLast(max(1, count)) {
            try? FileManager.default.removeItem(atPath: backup.path)
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(".partial-") && isAbandoned(name, at: now) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}

extension Backup {
    /// `.partial-MILLISECONDS-PROCESS`
    private static func isAbandoned(_ partial: String, at now: WallTime) -> Bool {
        let parts = partial.split(separator: "-")
        guard parts.count > 1, let began = Int64(parts[1]) else { return true }
        return now.since(WallTime(milliseconds: began)) > .seconds(86_400)
    }

    /// One read transaction, so what is copied is one instant of the store, whoever writes meanwhile.
    private static func copy(database source: String, to target: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: source, configuration: configuration)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [target])
        }
    }

    /// Readable by nobody else: people write passwords into configurations.
    private static func copy(configuration source: String, to target: String, without key: Secret?) throws {
        var text = try Data(contentsOf: URL(fileURLWithPath: source))
        key?.withRevealed { key in
            while !key.isEmpty, let place = text.range(of: Data(key.utf8)) {
                text.replaceSubrange(place, with: Data("(the key is not part of a backup)".utf8))
            }
        }
        let isMade = FileManager.default.createFile(
            atPath: target, contents: text, attributes: [.posixPermissions: 0o600])
        guard isMade else { throw POSIXError(.EIO) }
    }

    private static func describe(_ name: String, in folder: String) throws -> Manifest.File {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(folder)/\(name)"))
        defer { try? handle.close() }
        var hash = SHA256()
        var size = 0
        while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
            hash.update(data: part)
            size += part.count
        }
        let digits = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return Manifest.File(name: name, sizeBytes: size, sha256: digits)
    }

    private static func place(_ partial: String, in folder: String, at now: WallTime) throws -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withYear, .withMonth, .withDay, .withTime, .withTimeZone]
        let stamp = formatter.string(from: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000))
        var path = "\(folder)/\(stamp)"
        var number = 1
        while FileManager.default.fileExists(atPath: path) {
            number += 1
            path = "\(folder)/\(stamp)-\(number)"
        }
        try FileManager.default.moveItem(atPath: partial, toPath: path)
        try synchronize(folder)
        return path
    }

    /// Does not return before a file or a folder is on the disk.
    static func synchronize(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    static func plain(_ error: any Error) -> String {
        switch error {
        case let error as DatabaseError: error.message ?? "\(error.resultCode)"
        case let error as StoreError: "\(error)"
        default: (error as NSError).localizedDescription
        }
    }
}

/// Why a backup cannot be made, read or restored.
public enum BackupError: Error, Sendable, Hashable, CustomStringConvertible {
    case notMade(folder: String, reason: String)
    case noBackup(path: String)
    case unreadable(path: String, reason: String)
    /// Nothing was replaced.
    case notRestored(path: String, reason: String)
    /// It was decided, and goes on at the next start.
    case notFinished(store: String, reason: String)

    public var description: String {
        switch self {
        case .notMade(let folder, let reason):
            "no backup was made in \(folder): \(reason); make room or name another folder (backup.path, --to)"
        case .noBackup(let path): "\(path) is no backup: it has no \(Backup.manifestName)"
        case .unreadable(let path, let reason): "the backup \(path) cannot be used: \(reason); take another one"
        case .notRestored(let path, let reason): "\(path) was not restored, and nothing was replaced: \(reason)"
        case .notFinished(let store, let reason):
            "the restore of \(store) is not finished: \(reason); mend that and start Holdfast, which goes on with it"
        }
    }
}
