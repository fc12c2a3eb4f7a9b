import Dispatch
import GRDB
import HoldfastCore
import Synchronization
import Testing

@testable import HoldfastStore

@Suite("The journal: messages")
struct JournalMessageTests {
    @Test("the same id twice is one message, over a restart too; equal texts under two ids are two")
    func duplicates() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let first = await journal.take(message("1"), message("2"), message("1"))
        #expect(first.map { $0 != nil } == [true, true, false])
        #expect(await journal.take(message("1"), account: "b").first != .some(nil))
        journal.close()
        let again = try Journal(folder: folder.path)
        #expect(await again.take(message("1"), message("3")).map { $0 != nil } == [false, true])
        #expect(again.figures.waiting == 4)
        again.close()
    }

    @Test("a message comes out as it went in")
    func content() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        var plain = JournalMessage(id: "", chat: "", receivedAt: noon)
        plain.text = "\u{0}\u{1F600}"
        var stored = plain
        stored.text = "\u{FFFD}\u{1F600}"
        let full = message("1", chat: "c", text: "说\"明\"")
        await journal.take(full)
        await journal.take(plain)
        #expect(try await journal.next()?.messages == [full])
        #expect(try await journal.next("a", "")?.messages == [stored])
        journal.close()
    }

    @Test("a commit is on the disk before anybody hears of it")
    func durable() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let mode = try await journal.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        #expect(mode == 2)
        journal.close()
    }

    @Test("a delivery that was not finished comes again with its id and its messages, and newer ones come after it")
    func repeated() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await journal.take(message("1"), message("2"))
        let first = try #require(try await journal.next())
        #expect(first.messages.map(\.id) == ["1", "2"])
        #expect(!first.isRepeated)
        await journal.take(message("3"))
        journal.close()

        let again = try Journal(folder: folder.path)
        let second = try #require(try await again.next())
        #expect(second.id == first.id)
        #expect(second.messages == first.messages)
        #expect(second.isRepeated)
        _ = try await again.finish(second)
        let third = try #require(try await again.next())
        #expect(third.messages.map(\.id) == ["3"])
        #expect(third.id != first.id)
        _ = try await again.finish(third)
        #expect(try await again.next() == nil)
        #expect(again.figures.waiting == 0)
        again.close()
    }

    @Test("replies are written with the mark, and only once, however often the delivery is finished")
    func replies() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await journal.take(message("1"))
        let delivery = try #require(try await journal.next())
        let replies = [reply("yes", to: "1", index: 0), reply("no", to: "1", index: 1)]
        #expect(try await journal.finish(delivery, replies: replies).count == 2)
        #expect(try await journal.finish(delivery, replies: replies).isEmpty)
        #expect(try await journal.openOutbox(of: "a", limit: 10).map(\.text) == ["yes", "no"])
        #expect(journal.figures.outbox == 2)
        #expect(journal.figures.waiting == 0)
        journal.close()
    }

    @Test("what a person has answered is skipped")
    func skipped() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let rows = await journal.take(message("1"), message("2", chat: "other")).compactMap(\.self)
        try await journal.skip(rows: [rows[0]])
        #expect(try await journal.next() == nil)
        #expect(try await journal.next("a", "other") != nil)
        #expect(journal.figures.waiting == 1)
        #expect(await journal.take(message("1")) == [nil])
        journal.close()
    }

    @Test("the account's own messages wait for nobody, until it is decided who wrote them")
    func own() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await journal.take(message("1", isOwn: true))
        #expect(journal.figures.waiting == 0)
        #expect(try await journal.next() == nil)
        #expect(try await journal.undecided(limit: 10).map(\.message.id) == ["1"])
        let pause = StoredPause(account: "a", chat: "c", until: noon + .seconds(600))
        try await journal.decide(account: "a", message: "1", pause: pause)
        #expect(try await journal.undecided(limit: 10).isEmpty)
        #expect(try await journal.pauses(at: noon, limit: 10).elements == [pause])
        journal.close()
    }

    @Test("what no handler is to get waits for nobody, and is known when it comes again")
    func unwanted() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        #expect(await journal.take(message("1"), isWanted: false).first != .some(nil))
        #expect(journal.figures.waiting == 0)
        #expect(try await journal.next() == nil)
        #expect(await journal.take(message("1")) == [nil])
        journal.close()
    }

    @Test("what gateways wait for goes before the marks of many handlers, and nothing is forgotten")
    func intakeFirst() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let order = Mutex<[String]>([])
        let gate = DispatchSemaphore(value: 0)
        // The writer is busy while all of this comes.
        await withCheckedContinuation { (isBusy: CheckedContinuation<Void, Never>) in
            journal.writer.add(
                JournalWriter.Work { _ in
                    isBusy.resume()
                    gate.wait()
                    return {}
                })
        }
        for number in 0..<10 {
            journal.writer.add(
                JournalWriter.Work(rows: 400) { _ in { order.withLock { $0.append("mark \(number)") } } })
        }
        let entry = JournalEntry(account: "a", messages: [message("1")])
        journal.add([entry]) { _ in order.withLock { $0.append("message") } }
        gate.signal()
        await journal.barrier()
        #expect(order.withLock { $0 } == ["message"] + (0..<10).map { "mark \($0)" })
        journal.close()
    }

    @Test("a faulty write fails alone, and is counted")
    func faulty() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await #expect(throws: StoreError.self) {
            try await journal.write(isPatient: true) { tables in
                try tables.execute("INSERT INTO nothing VALUES (1)", [])
            }
        }
        #expect(journal.figures.faults == 1)
        #expect(journal.problem == nil)
        #expect(await journal.take(message("1")).first != .some(nil))
        journal.close()
    }

    @Test("ids of handled messages go after an hour, what waits stays for ever")
    func sweep() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        for number in 0..<1_200 { journal.add([JournalEntry(account: "a", messages: [message("\(number)")])]) { _ in } }
        await journal.take(message("late", at: noon + .seconds(3_000)))
        let waiting = try await journal.waiting(limit: 2_000)
        try await journal.skip(rows: waiting.dropFirst().map(\.row))
        let later = noon + .seconds(3_601)
        while try await journal.sweep(JournalRetention(), at: later) {}
        let left = try await journal.pool.read { try String.fetchAll($0, sql: "SELECT message_id FROM message") }
        #expect(left == ["0", "late"])
        #expect(journal.figures.waiting == 1)
        journal.close()
    }
}
