import Foundation
import HoldfastCore
import HoldfastFleet
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
        // What counts is when the last one was made, however often the process was started since.
        var last = await newest()
        while !Task.isCancelled {
            let now = ProcessClock.wall
            // One from the future is the clock's doing, and must not put the next one off for ever.
            let dueAt = max(last.map { min($0, now) + settings.every } ?? now, retryAt ?? now)
            if dueAt <= now {
                // A person may have made one since.
                if let newer = await newest(), newer != last {
                    last = newer
                    continue
                }
                retryAt = await OwnThread.run { makeOne(at: now) } ? nil : now + .seconds(3600)
                last = await newest()
                continue
            }
            // In steps, so that a machine that slept is not late by what it slept.
            try? await Task.sleep(for: min(dueAt.since(now), .seconds(60)))
        }
    }

    /// Reads the manifest of every backup, so it is not asked often.
    private func newest() async -> WallTime? {
        await OwnThread.run { [folder] in Backup.all(in: folder).last?.madeAt }
    }

    /// Copies and hashes whole files, and waits for the disk: minutes, where the journal is large.
    private func makeOne(at now: WallTime) -> Bool {
        do {
            let backup = try Backup.make(of: store, configuration: files, without: key, in: folder, at: now)
            Backup.prune(in: folder, keeping: settings.keep, at: now)
            logger.debug("backed up", metadata: ["path": "\(backup.path)"])
            return true
        } catch {
            logger.error("the backup failed", metadata: ["error": "\(error)"])
            return false
        }
    }
}
