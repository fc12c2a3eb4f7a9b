import Foundation
import GRDB
import HoldfastCore
import HoldfastStore
import Testing

@Suite("The register")
struct RegisterTests {
    private let now = WallTime(milliseconds: 1_700_000_000_000)

    private func transition(_ number: UInt32, of account: String, at time: WallTime) -> StoredTransition {
        var transition = StoredTransition(
            Transition(
                at: time, from: .connected, to: .reconnecting, reason: .failure, failures: number, generation: number,
                incarnation: 1, failure: Failure.classify(.endOfStream, phase: .established)), of: account)
        transition.detail = "{\"n\":\(number)}"
        return transition
    }

    @Test("gives back what it was given, after it was closed and opened again")
    func survives() async throws {
        let folder = try Folder()
        var memory = SessionMemory()
        memory.rung = .restart
        memory.quarantine = .ladder
        memory.restarts = [now, now + .seconds(5)]
        memory.renewal.startedAt = now
        memory.renewal.fruitless = 3
        let first = try Register(folder: folder.path)
        try await first.add([
            StoredAccount(id: "shop-1", device: "device-1"),
            StoredAccount(id: "shop-2", declaration: "{}", device: "device-2"),
        ])
        first.noteMemory(memory, of: "shop-1", declared: "mark")
        first.noteEnabled(StoredAccount.Override(value: false, declared: true), of: "shop-2")
        first.noteTransitions(2) { [now] in
            [transition(1, of: "shop-1", at: now), transition(2, of: "shop-1", at: now)]
        }
        first.note(
            AuditEntry(at: now, who: "ops", origin: "127.0.0.1", action: "disable", account: "shop-2"))
        await first.close()

        let second = try Register(folder: folder.path)
        let accounts = try await second.accounts()
        #expect(accounts.map(\.id) == ["shop-1", "shop-2"])
        #expect(accounts.map(\.device) == ["device-1", "device-2"])
        #expect(accounts.first?.memory == memory)
        #expect(accounts.first?.quarantineDeclared == "mark")
        #expect(accounts.last?.enabled == StoredAccount.Override(value: false, declared: true))
        #expect(accounts.last?.declaration == "{}")
        let timeline = try await second.timeline(of: "shop-1", limit: 10)
        #expect(timeline == [transition(2, of: "shop-1", at: now), transition(1, of: "shop-1", at: now)])
        #expect(try await second.audit(limit: 10).map(\.action) == ["disable"])
        #expect(second.setAside == nil)
    }

    @Test("an account that is made known again keeps its device and its memory")
    func keepsDevice() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        try await register.add([StoredAccount(id: "a", device: "first")])
        var memory = SessionMemory()
        memory.rung = .renew
        register.noteMemory(memory, of: "a")
        try await register.flush()
        try await register.add([StoredAccount(id: "a", device: "second")])
        let account = try #require(try await register.accounts().first)
        #expect(account.device == "first")
        #expect(account.memory.rung == .renew)
    }

    @Test("what a session tells late does not undo a login that was written down before it began")
    func loginIsKept() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        try await register.add([StoredAccount(id: "a", device: "d")])
        var login = RenewalRecord()
        login.startedAt = now
        login.fruitless = 2
        try await register.beginLogin(login, of: "a")
        // As the session was before it heard of the login.
        var late = SessionMemory()
        late.rung = .renew
        late.renewal.startedAt = now - .seconds(60)
        late.renewal.fruitless = 1
        register.noteMemory(late, of: "a")
        try await register.flush()
        let kept = try #require(try await register.accounts().first).memory
        #expect(kept.renewal == login)
        #expect(kept.rung == .renew)
        // Stability clears the count, and is no older than the login.
        var stable = SessionMemory()
        stable.renewal.startedAt = now
        register.noteMemory(stable, of: "a")
        try await register.flush()
        #expect(try await register.accounts().first?.memory == stable)
    }

    @Test("secrets lie sealed in every file, and a removed account takes its own with it")
    func secrets() async throws {
        let folder = try Folder()
        let ring = KeyRing(current: try SealingKey(base64: SealingKey.generate()))
        let register = try Register(folder: folder.path)
        try await register.add([StoredAccount(id: "a", device: "d")])
        let plain = "very-secret-token-\(UUID().uuidString)"
        let stored = StoredSecret(
            account: "a", kind: .token, sealed: try ring.seal(Secret(plain), account: "a", kind: .token),
            declared: ring.fingerprint(of: Secret("configured")), obtainedAt: now, lifetime: .seconds(3600))
        try await register.set([stored])
        #expect(try await register.secrets(of: "a") == [stored])
        for (name, bytes) in try folder.contents() {
            #expect(bytes.range(of: Data(plain.utf8)) == nil, "\(name) holds the secret in the clear")
        }
        try await register.remove("a", at: now)
        #expect(try await register.secrets().isEmpty)
    }

    @Test("of a removed account it stays known when it logged in last, until it is long ago, and nothing else")
    func removed() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        try await register.add([StoredAccount(id: "a", declaration: "{}", device: "d")])
        var login = RenewalRecord()
        login.startedAt = now
        login.fruitless = 3
        try await register.beginLogin(login, of: "a")
        var memory = SessionMemory()
        memory.rung = .quarantine
        memory.quarantine = .ladder
        memory.restarts = [now]
        memory.renewal = login
        memory.renewal.needsPerson = true
        register.noteMemory(memory, of: "a", declared: "mark")
        try await register.flush()
        #expect(try await register.account("a")?.memory == memory)
        try await register.remove("a", at: now)
        // What its session says while it goes down is about nobody any more.
        register.noteMemory(memory, of: "a", declared: "mark")
        register.noteEnabled(StoredAccount.Override(value: false, declared: true), of: "a")
        try await register.flush()
        var expected = StoredAccount(id: "a", device: "d", isRemoved: true)
        expected.memory.renewal = login
        #expect(try await register.account("a") == expected)
        #expect(try await register.declarations(after: nil, limit: 10).isEmpty)
        #expect(try await register.sweep(at: now + .seconds(6 * 86_400), RetentionSettings(), pause: .zero) == 0)
        try await register.add([StoredAccount(id: "a", declaration: "{}", device: "other")])
        #expect(try await register.account("a")?.isRemoved == false)
        #expect(try await register.account("a")?.memory.renewal == login)
        try await register.remove("a", at: now)
        #expect(try await register.sweep(at: now + .seconds(8 * 86_400), RetentionSettings(), pause: .zero) == 1)
        #expect(try await register.accounts().isEmpty)
    }

    @Test("no login begins that the register cannot write down for want of the account")
    func unknownLogin() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        await #expect(throws: StoreError.self) { try await register.beginLogin(RenewalRecord(), of: "nobody") }
    }

    @Test("settings that no failure refers to any more are swept, unless some may yet")
    func sweepsSettings() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        for id in ["used", "unused", "current"] { register.noteSettings("{}", id: id) }
        register.noteTransitions(2) { [now] in
            var told = transition(1, of: "a", at: now)
            told.detail = #"{"settings":"used"}"#
            var rubbish = transition(2, of: "a", at: now)
            rubbish.detail = "no JSON"
            return [told, rubbish]
        }
        try await register.flush()
        let swept = try await register.sweep(at: now, RetentionSettings(), pause: .zero) { ["current"] }
        #expect(swept == 1)
        #expect(try await register.settings(id: "unused") == nil)
        #expect(try await register.settings(id: "used") == "{}")
        #expect(try await register.settings(id: "current") == "{}")
    }

    @Test("a damaged file is set aside and named, and a new one is begun")
    func damaged() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        try await register.add((0..<500).map { StoredAccount(id: "a\($0)", device: "d") })
        await register.close()
        let path = "\(folder.path)/\(Register.fileName)"
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 8192))
        try handle.close()
        let again = try Register(folder: folder.path)
        let aside = try #require(again.setAside)
        #expect(FileManager.default.fileExists(atPath: aside))
        #expect(try await again.accounts().isEmpty)
    }

    @Test("what is no database at all is set aside too")
    func notADatabase() throws {
        let folder = try Folder()
        try Data(repeating: 0x41, count: 9000).write(to: URL(fileURLWithPath: "\(folder.path)/\(Register.fileName)"))
        #expect(try Register(folder: folder.path).setAside != nil)
    }

    @Test("a file of a newer version is refused and left alone")
    func newer() async throws {
        let folder = try Folder()
        let path = "\(folder.path)/\(Register.fileName)"
        await (try Register(folder: folder.path)).close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: the future')")
        }
        try queue.close()
        #expect(throws: StoreError.newer(path: path)) { try Register(folder: folder.path) }
    }

    @Test("a sweep keeps what is young enough and no more than the limit, in small batches")
    func retention() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        var settings = RetentionSettings()
        settings.timelineRowsPerAccount = 20
        settings.batchRows = 7
        let old = now - .seconds(40 * 86_400)
        register.noteTransitions(30) { (0..<30).map { transition($0, of: "old", at: old) } }
        register.noteTransitions(50) { [now] in (0..<50).map { transition($0, of: "busy", at: now) } }
        register.noteTransitions(5) { [now] in (0..<5).map { transition($0, of: "calm", at: now) } }
        register.note(
            AuditEntry(at: now - .seconds(400 * 86_400), who: "w", origin: "o", action: "old"))
        register.note(AuditEntry(at: now, who: "w", origin: "o", action: "new"))
        try await register.flush()
        #expect(try await register.sweep(at: now, settings, pause: .zero) == 30 + 30 + 1)
        #expect(try await register.sweep(at: now, settings, pause: .zero) == 0)
        #expect(try await register.timeline(of: "old", limit: 100).isEmpty)
        let busy = try await register.timeline(of: "busy", limit: 100)
        #expect(busy.count == 20)
        #expect(busy.first?.failures == 49)
        #expect(try await register.timeline(of: "calm", limit: 100).count == 5)
        #expect(try await register.audit(limit: 10).map(\.action) == ["new"])
    }

    @Test("a register that is closed while the disk takes nothing counts what is lost, and is quiet then")
    func closedOnAFullDisk() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        try register.refuseWrites(true)
        register.note(AuditEntry(at: WallTime(milliseconds: 0), who: "a", origin: "here", action: "x"))
        await register.close()
        let end = ContinuousClock.now + .seconds(60)
        while register.droppedRows == 0, ContinuousClock.now < end {
            // tidy: the rest between two looks
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(register.droppedRows == 1)
    }
}
