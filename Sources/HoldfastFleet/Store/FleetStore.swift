import Foundation
import Glibc
import HoldfastCore
import HoldfastStore
import Logging
import Synchronization

/// What a fleet keeps on disk, in the fleet's own terms: the register, and the key that seals the secrets in it.
///
/// - `FleetStore.swift`: opening, closing, and how it is doing.
/// - `FleetStore+Accounts.swift`: who owns which setting (K5), devices, what sessions remember.
/// - `FleetStore+History.swift`: timelines and the audit log.
final class FleetStore: Sendable {
    let register: Register
    /// Messages, letters, the outbox.
    let journal: Journal
    fileprivate let pressed = JournalListeners()
    /// Nil if no key is configured: then nothing secret can be kept.
    let ring: KeyRing?
    let logger: Logger
    private let folder: String
    private let file: UInt64?
    private let state = Mutex(State())
    /// The ids under which settings have been written, for failure records.
    let settingsIDs = Mutex<[SessionSettings: String]>([:])

    private struct State {
        /// Until the store is closed.
        var lock: StoreLock?
        var problem: String?
        var sweeper: Task<Void, Never>?
        /// What it sweeps by.
        var retention: RetentionSettings?
    }

    /// Locks the folder, so that nobody else can use it, and opens what is in it.
    ///
    /// - Throws: `StoreLockError`, `StoreError` or `SealingError`, with a text for a person.
    init(folder: String, key: Secret?, logger: Logger) async throws {
        self.folder = folder
        self.logger = logger
        let lock = try StoreLock(folder: folder, startedAt: ProcessClock.wall)
        ring = try key.map { KeyRing(current: try SealingKey(base64: $0)) }
        do throws(BackupError) {
            if let replaced = try Backup.finishRestore(in: folder) {
                logger.notice("a restore that had been interrupted was finished", metadata: ["replaced": "\(replaced)"])
            }
        } catch {
            throw StoreError.failed("\(error)")
        }
        register = try Register(folder: folder)
        journal = try Journal(folder: folder) { [pressed] in pressed.tell($0) }
        if let aside = journal.setAside {
            logger.critical(
                "the journal was damaged: it was set aside, and a new one begun; restore a backup, or go on without it",
                metadata: ["file": "\(aside)"])
        }
        state.withLock { $0.lock = lock }
        file = Self.identity(of: "\(folder)/\(Register.fileName)")
        if let aside = register.setAside {
            logger.critical(
                "the register was damaged: it was set aside, and a new one begun; restore a backup, or go on without it",
                metadata: ["file": "\(aside)"])
        }
        try await checkKey()
    }

    /// One clear error at the start, instead of one per account later.
    private func checkKey() async throws {
        for secret in try await register.secrets() {
            guard let ring else { throw SealingError.missing(needed: secret.sealed.keyID) }
            guard secret.sealed.keyID == ring.current.id else {
                throw SealingError.otherKey(needed: secret.sealed.keyID, given: ring.current.id)
            }
        }
    }

    /// Begins to sweep away what is older than it is kept for; called again, with other ages.
    func startSweeping(_ retention: RetentionSettings) {
        guard state.withLock({ $0.retention }) != retention else { return }
        let sweeper = Task { [weak self, register] in
            while !Task.isCancelled {
                // A disk that takes nothing is told of elsewhere; the next sweep comes.
                _ = try? await register.sweep(at: ProcessClock.wall, retention) { [weak self] in
                    self.map { Set($0.settingsIDs.withLock(\.values)) } ?? []
                }
                try? await Task.sleep(for: Self.sweepEvery)
            }
        }
        let former = state.withLock { state in
            defer {
                state.sweeper = sweeper
                state.retention = retention
            }
            return state.sweeper
        }
        former?.cancel()
    }

    /// Writes what is waiting, as far as the disk takes it, and gives the folder back.
    func close() async {
        let sweeper = state.withLock { $0.sweeper.take() }
        sweeper?.cancel()
        try? await flush()
        await register.close()
        await closeJournal()
        state.withLock { $0.lock = nil }
    }

    /// Returns when everything noted so far is durable. Throws where the disk does not take it, or not in time: nobody waits
    /// for a dead disk. It is kept then, and written when that is possible.
    func flush() async throws(StoreError) {
        let (outcomes, first) = AsyncStream.makeStream(of: StoreError?.self)
        let flushing = Task { [register] in
            do throws(StoreError) {
                try await register.flush()
                first.yield(nil)
            } catch {
                first.yield(error)
            }
        }
        let patience = Task {
            try await Task.sleep(for: Self.patience)
            first.yield(.failed("the disk has not answered for \(Self.patience)"))
        }
        var problem: StoreError? = .failed("nobody waited for the disk")
        for await outcome in outcomes {
            problem = outcome
            break
        }
        patience.cancel()
        flushing.cancel()
        if let problem { throw problem }
    }

    /// What is wrong with it; nil while all is well.
    var problem: String? { state.withLock { $0.problem } }

    /// Looks how it is doing, and says so when that has changed.
    func everySecond() {
        let path = "\(folder)/\(Register.fileName)"
        let now: String? =
            Self.identity(of: path) == file
            ? register.problem ?? journal.problem : "\(path) is gone or was replaced while it was in use"
        let before = state.withLock { state in
            defer { state.problem = now }
            return state.problem
        }
        if let now, before == nil {
            logger.critical(
                "the store cannot be written: sessions stay, no message is acknowledged, no login begins, and what happens is kept in memory as long as it fits",
                metadata: ["store": "\(folder)", "error": "\(now)"])
        } else if now == nil, before != nil {
            logger.notice("the store can be written again", metadata: ["store": "\(folder)"])
        }
    }

    /// The bytes of each database with its log, by the database's name.
    func sizes() -> [(file: String, bytes: Int)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".sqlite") }.sorted().map { name in
            let bytes = ["", "-wal"].reduce(0) { $0 + Self.size(of: "\(folder)/\(name)\($1)") }
            return (name, bytes)
        }
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func identity(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    static let sweepEvery = Duration.seconds(3_600)
    /// How long somebody who asks waits for the disk.
    static let patience = Duration.seconds(3)
}

/// The lanes that hear when the journal can take more, and when it cannot.
final class JournalListeners: Sendable {
    private let lanes = Mutex<[Lane]>([])

    func set(_ lanes: [Lane]) { self.lanes.withLock { $0 = lanes } }

    func tell(_ pressure: JournalPressure) {
        for lane in lanes.withLock({ $0 }) { lane.door.enter { lane.journalPressure(pressure) } }
    }
}

extension FleetStore {
    /// From now on these lanes hear of the journal's pressure; nobody does if there are none.
    func tellPressure(to lanes: [Lane]) {
        pressed.set(lanes)
        if journal.pressure != .none { pressed.tell(journal.pressure) }
    }

    /// Writes what is waiting in the journal, as far as the disk takes it, and closes it. Not on a thread of Swift
    /// concurrency's own: it waits for the disk.
    func closeJournal() async {
        pressed.set([])
        let journal = journal
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                journal.close()
                continuation.resume()
            }
        }
    }
}
