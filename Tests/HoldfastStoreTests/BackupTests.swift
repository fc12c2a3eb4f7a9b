import Foundation
import HoldfastCore
import Testing

@testable import HoldfastStore

@Suite("a backup is a whole store at one instant, and comes back as one")
struct BackupTests {
    private let folder: Folder
    private let now = WallTime(milliseconds: 1_700_000_000_000)

    init() throws { folder = try Folder() }

    private var store: String { folder.path + "/data" }
    private var backups: String { folder.path + "/backups" }

    private func audit(_ action: String) -> AuditEntry {
        AuditEntry(at: now, who: "test", origin: "here", action: action, account: nil, detail: nil)
    }

    private func register() throws -> Register {
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
        return try Register(folder: store)
    }

    private func actions() async throws -> [String] {
        let register = try Register(folder: store)
        let actions = try await register.audit(limit: 100).map(\.action)
        await register.close()
        return actions
    }

    @Test("what is committed is in it, although the store goes on being written")
    func whole() async throws {
        let register = try register()
        register.note(audit("before"))
        try await register.flush()
        let backup = try Backup.make(of: store, configuration: [], in: backups, at: now)
        register.note(audit("after"))
        try await register.flush()
        try backup.check()
        await register.close()
        let restored = try Backup(at: backup.path).restore(to: store, keys: [], at: now)
        #expect(try await actions() == ["before"])
        let replaced = try #require(restored.replaced)
        #expect(FileManager.default.fileExists(atPath: replaced + "/" + Register.fileName))
    }

    @Test("the files of the configuration are in it, also two of one name")
    func configuration() throws {
        for name in ["a", "b"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
            try name.write(toFile: folder.path + "/\(name)/fleet.yaml", atomically: true, encoding: .utf8)
        }
        let files = ["a", "b"].map { folder.path + "/\($0)/fleet.yaml" }
        let backup = try Backup.make(of: store, configuration: files, in: backups, at: now)
        #expect(backup.manifest.files.map(\.name) == ["1-fleet.yaml", "fleet.yaml"])
        try backup.check()
    }

    @Test("what was on its way is parked as letters, so that nobody is answered twice")
    func parked() async throws {
        try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
        let journal = try Journal(folder: store)
        let message = JournalMessage(id: "m-1", chat: "c", receivedAt: now, text: "hello")
        await withCheckedContinuation { continuation in
            journal.add([JournalEntry(account: "a", messages: [message])]) { _ in continuation.resume() }
        }
        let reply = OutboxMessage(
            account: "a", clientID: "r-1", chat: "c", receiver: "you", text: "yes", createdAt: now,
            expiresAt: now + .seconds(600))
        _ = try await journal.queue(reply)
        let backup = try Backup.make(of: store, configuration: [], in: backups, at: now)
        journal.close()

        #expect(try backup.restore(to: store, keys: [], at: now).parked == 2)
        let restored = try Journal(folder: store)
        defer { restored.close() }
        #expect(restored.figures.waiting == 0)
        #expect(restored.figures.outbox == 0)
        let letters = try await restored.letters(limit: 10).elements
        #expect(letters.map(\.code).sorted() == ["restored", "restored_reply"])
        #expect(letters.first { $0.code == "restored" }?.message?.text == "hello")
        let parked = try #require(letters.first { $0.code == "restored_reply" })
        #expect(try await restored.letter(parked.id)?.raw == Array("yes".utf8))
        #expect(try await restored.outbox(account: "a", clientID: "r-1")?.state == .expired)
    }

    @Test("the key is taken out of the configuration, whose copy nobody else can read")
    func key() throws {
        let file = folder.path + "/fleet.yaml"
        let key = SealingKey.generate()
        try key.withRevealed {
            try "store: { key: \"\($0)\" }\n".write(toFile: file, atomically: true, encoding: .utf8)
        }
        let backup = try Backup.make(of: store, configuration: [file], without: key, in: backups, at: now)
        let copy = backup.path + "/fleet.yaml"
        let text = try String(contentsOfFile: copy, encoding: .utf8)
        #expect(!key.withRevealed { text.contains($0) })
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
        try backup.check()
    }

    @Test("one changed byte is found before anything is replaced")
    func changed() async throws {
        let register = try register()
        register.note(audit("mine"))
        try await register.flush()
        let backup = try Backup.make(of: store, configuration: [], in: backups, at: now)
        register.note(audit("later"))
        try await register.flush()
        await register.close()
        let path = backup.path + "/" + Register.fileName
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        data[data.count / 2] ^= 1
        try data.write(to: URL(fileURLWithPath: path))
        #expect(throws: BackupError.self) { try Backup(at: backup.path).restore(to: store, keys: [], at: now) }
        #expect(try await actions() == ["later", "mine"])
    }

    @Test("secrets sealed with another key are refused before anything is replaced")
    func otherKey() async throws {
        let register = try register()
        let key = try SealingKey(base64: SealingKey.generate())
        let sealed = try KeyRing(current: key).seal(Secret("hidden"), account: "a", kind: .token)
        try await register.set([
            StoredSecret(account: "a", kind: .token, sealed: sealed, declared: nil, obtainedAt: now, lifetime: nil)
        ])
        let backup = try Backup.make(of: store, configuration: [], in: backups, at: now)
        await register.close()
        #expect(throws: BackupError.self) { try backup.restore(to: store, keys: ["another"], at: now) }
        _ = try backup.restore(to: store, keys: [key.id], at: now)
    }

    @Test("the oldest go, an unfinished one is none and is swept")
    func retention() throws {
        for day in 0..<4 {
            _ = try Backup.make(
                of: store, configuration: [], in: backups, at: now + .seconds(86_400 * day))
        }
        let partial = backups + "/.partial-1"
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        let underWay = "\(backups)/.partial-\((now + .seconds(2 * 86_400)).milliseconds)-7"
        try FileManager.default.createDirectory(atPath: underWay, withIntermediateDirectories: true)
        Backup.prune(in: backups, keeping: 2, at: now + .seconds(3 * 86_400))
        #expect(Backup.all(in: backups).map(\.madeAt) == [now + .seconds(2 * 86_400), now + .seconds(3 * 86_400)])
        #expect(!FileManager.default.fileExists(atPath: partial))
        #expect(FileManager.default.fileExists(atPath: underWay))
    }

    @Test("a restore that was interrupted is finished as a whole, wherever it stopped", arguments: 0...2)
    func interrupted(steps: Int) async throws {
        let register = try register()
        register.note(audit("mine"))
        try await register.flush()
        let backup = try Backup.make(of: store, configuration: [], in: backups, at: now)
        register.note(audit("later"))
        await register.close()
        // As the machine went down with it: decided, the first file moved aside, the second put in its place.
        let (ready, aside) = (store + "/.restore-ready-1", store + "/replaced-1")
        try FileManager.default.createDirectory(atPath: ready, withIntermediateDirectories: true)
        for name in backup.manifest.files.map(\.name) {
            try FileManager.default.copyItem(atPath: "\(backup.path)/\(name)", toPath: "\(ready)/\(name)")
        }
        let current = "\(store)/\(Register.fileName)"
        if steps > 0 {
            try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: true)
            try FileManager.default.moveItem(atPath: current, toPath: "\(aside)/\(Register.fileName)")
        }
        if steps > 1 { try FileManager.default.moveItem(atPath: "\(ready)/\(Register.fileName)", toPath: current) }
        #expect(try Backup.finishRestore(in: store) == aside)
        #expect(try await actions() == ["mine"])
        #expect(!FileManager.default.fileExists(atPath: ready))
        #expect(FileManager.default.fileExists(atPath: "\(aside)/\(Register.fileName)"))
        #expect(try Backup.finishRestore(in: store) == nil)
    }

    @Test("a folder that is none, and one that names files outside of it, are refused")
    func foreign() throws {
        #expect(throws: BackupError.noBackup(path: folder.path)) { try Backup(at: folder.path) }
        let manifest = #"{"format":1,"madeAtMilliseconds":1,"files":[{"name":"../x","sizeBytes":1,"sha256":""}]}"#
        try manifest.write(toFile: folder.path + "/manifest.json", atomically: true, encoding: .utf8)
        #expect(throws: BackupError.self) { try Backup(at: folder.path) }
    }
}
