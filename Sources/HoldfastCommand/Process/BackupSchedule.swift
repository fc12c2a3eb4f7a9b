import Foundation
import HoldfastCore
import HoldfastStore
import Logging

/// Backups while the fleet runs: one whenever the newest is older than `backup.every`, the oldest removed beyond
/// `backup.keep` (O2). A backup that fails is told and tried again after an hour; the fleet does not notice.
struct BackupSchedule: Sendable {
    private let settings: BackupConfiguration
    private let store: String
    private let folder: String
    private let files: [String]
    private let key: Secret?
    private let logger: Logger

    init(_ configuration: Configuration, _ logger: Logger) {
        settings = configuration.backup
        store = configuration.store.path
        folder = configuration.backupFolder
        files = configuration.files
        key = configuration.store.key
        self.logger = logger
    }

    /// Until it is cancelled.
    func run() async {
        guard settings.every > .zero else { return }
        var retryAt: WallTime?
        while !Task.isCancelled {
            let now = WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            // What counts is when the last one was made, however often the process was started since. One from the future
            // is the clock's doing, and must not put the next one off for ever.
            let last = Backup.all(in: folder).last.map { min($0.madeAt, now) }
            let dueAt = max(last.map { $0 + settings.every } ?? now, retryAt ?? now)
            if dueAt <= now {
                retryAt = makeOne(at: now) ? nil : now + .seconds(3600)
                continue
            }
            // In steps, so that a machine that slept is not late by what it slept.
            try? await Task.sleep(for: min(dueAt.since(now), .seconds(60)))
        }
    }

    private func makeOne(at now: WallTime) -> Bool {
        do {
            let backup = try Backup.make(of: store, configuration: files, without: key, in: folder, at: now)
            Backup.prune(in: folder, keeping: settings.keep)
            logger.debug("backed up", metadata: ["path": "\(backup.path)"])
            return true
        } catch {
            logger.error("the backup failed", metadata: ["error": "\(error)"])
            return false
        }
    }
}
