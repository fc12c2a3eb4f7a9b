import HoldfastCore
import Testing

@testable import HoldfastStore

@Suite("The journal: outbox, letters, pauses")
struct JournalOutboxTests {
    @Test("a client id is a UUID, the same for the same answer and another for any other")
    func clientIDs() {
        let first = Journal.clientID(account: "a", message: "1", index: 0)
        #expect(first == Journal.clientID(account: "a", message: "1", index: 0))
        #expect(first.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        #expect(first != Journal.clientID(account: "a", message: "1", index: 1))
        #expect(first != Journal.clientID(account: "b", message: "1", index: 0))
        #expect(first != Journal.clientID(account: "a", idempotencyKey: "1"))
    }

    @Test(
        "what became of a message stays",
        arguments: [
            (OutboxMessage.State.confirmed, "id-9", nil), (.refused, nil, "no such chat"), (.expired, nil, nil),
        ] as [(OutboxMessage.State, String?, String?)])
    func states(state: OutboxMessage.State, remoteID: String?, problem: String?) async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let queued = try #require(try await journal.queue(reply("hi", to: "1")))
        #expect(queued.isNew)
        #expect(try await journal.queue(reply("other", to: "1"))?.isNew == false)
        journal.note(queued.message.row, became: .sent, at: noon + .seconds(1))
        journal.note(queued.message.row, became: state, text: remoteID ?? problem, at: noon + .seconds(2))
        journal.note(queued.message.row, became: .sent, at: noon + .seconds(3))
        let again = try #require(try await journal.queue(reply("once more", to: "1"))).message
        #expect(again.state == state)
        #expect(again.text == "hi")
        #expect(again.sentAt == noon + .seconds(1))
        #expect(again.remoteID == remoteID)
        #expect(again.problem == problem)
        #expect(journal.figures.outbox == 0)
        #expect(try await journal.openOutbox(of: "a", limit: 10).isEmpty)
        #expect(try await journal.accountsWithOutbox().isEmpty)
        journal.close()
    }

    @Test("a message that nobody confirmed expires by itself, and is forgotten a day later")
    func expires() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let message = try #require(try await journal.queue(reply("hi", to: "1"))).message
        try await journal.sweep(JournalRetention(), at: noon + .seconds(599))
        #expect(try await journal.accountsWithOutbox() == ["a"])
        try await journal.sweep(JournalRetention(), at: noon + .seconds(600))
        #expect(try await journal.outbox(account: "a", clientID: message.clientID)?.state == .expired)
        #expect(journal.figures.outbox == 0)
        try await journal.sweep(JournalRetention(), at: noon + .seconds(86_401))
        #expect(try await journal.outbox(account: "a", clientID: message.clientID) == nil)
        journal.close()
    }

    @Test("letters keep their message, are read page by page, replayed and thrown away")
    func letters() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await journal.take(message("1"), message("2"))
        let delivery = try #require(try await journal.next())
        try await journal.makeLetters(of: delivery, code: "refused", detail: "HTTP 400", at: noon)
        await journal.take(unreadable: [UnreadableItem(receivedAt: noon, problem: "not JSON", raw: [1, 2])])
        #expect(journal.figures.letters == 3)
        #expect(journal.figures.waiting == 0)

        let first = try await journal.letters(limit: 2)
        #expect(first.elements.map(\.message?.id) == [nil, "2"])
        #expect(first.elements.map(\.code) == ["unreadable", "refused"])
        let whole = try await journal.letter(try #require(first.elements.first).id)
        #expect(first.elements.first?.raw == [] && whole?.raw == [1, 2])
        #expect(
            try await journal.letters(code: "refused", chat: "c", limit: 9).elements.map(\.message?.id) == ["2", "1"])
        #expect(try await journal.letters(code: "given_up", limit: 9).elements.isEmpty)
        let second = try await journal.letters(limit: 2, cursor: first.next)
        var excerpt = message("1")
        excerpt.raw = []
        #expect(second.elements.map(\.message) == [excerpt])
        #expect(try await journal.letter(try #require(second.elements.first).id)?.message == message("1"))
        #expect(second.next == nil)
        #expect(try await journal.letters(of: "b", limit: 2).elements.isEmpty)

        let replayed = try #require(try await journal.replay(letter: second.elements[0].id, at: noon + .seconds(5)))
        #expect(replayed.chat == "c")
        #expect(try await journal.next()?.messages.map(\.id) == ["1"])
        #expect(try await journal.replay(letter: first.elements[0].id, at: noon) == nil)
        #expect(try await journal.delete(letter: first.elements[0].id))
        #expect(!(try await journal.delete(letter: first.elements[0].id)))
        #expect(journal.figures.letters == 1)
        #expect(journal.figures.waiting == 1)
        journal.close()
    }

    @Test("too many letters: the oldest go, and are counted")
    func letterLimit() async throws {
        let folder = try Folder()
        var options = JournalOptions()
        options.letterLimit = 2
        let journal = try Journal(folder: folder.path, options: options)
        await journal.take(message("1"), message("2"), message("3"))
        let delivery = try #require(try await journal.next())
        try await journal.makeLetters(of: delivery, code: "refused", detail: "", at: noon)
        try await journal.sweep(JournalRetention(), at: noon)
        #expect(try await journal.letters(limit: 10).elements.map(\.message?.id) == ["3", "2"])
        #expect(journal.figures.letters == 2)
        #expect(journal.figures.droppedLetters == 1)
        // What nobody can read counts as well.
        await journal.take(
            unreadable: (1...5).map { UnreadableItem(receivedAt: noon, problem: "not JSON \($0)", raw: [1]) })
        try await journal.sweep(JournalRetention(), at: noon)
        #expect(try await journal.letters(limit: 10).elements.map(\.detail) == ["not JSON 5", "not JSON 4"])
        #expect(journal.figures.letters == 2)
        #expect(journal.figures.droppedLetters == 6)
        journal.close()
    }

    @Test("a page of letters has the beginning of a long text, the letter all of it")
    func longLetter() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await journal.take(message("1", text: String(repeating: "é", count: 5_000)))
        let delivery = try #require(try await journal.next())
        try await journal.makeLetters(
            of: delivery, code: "refused", detail: String(repeating: "x", count: 3_000), at: noon)
        let excerpt = try #require(try await journal.letters(limit: 1).elements.first)
        #expect(excerpt.message?.text?.count == Letter.excerptLength)
        #expect(excerpt.detail.count == Letter.excerptLength)
        let whole = try #require(try await journal.letter(excerpt.id))
        #expect(whole.message?.text?.count == 5_000)
        #expect(whole.detail.count == 3_000)
        journal.close()
    }

    @Test("an account takes only so many messages that nobody confirms")
    func fullOutbox() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<Journal.openOutboxLimit {
                group.addTask { _ = try? await journal.queue(reply("hi", to: "\(number)")) }
            }
        }
        #expect(journal.figures.outbox == Journal.openOutboxLimit)
        #expect(try await journal.queue(reply("hi", to: "one more"))?.message == nil)
        #expect(journal.figures.refusedOutbox == 1)
        // One that is there already needs no room, and another account has room of its own.
        let known = try #require(try await journal.queue(reply("hi", to: "0")))
        #expect(!known.isNew)
        #expect(try await journal.queue(reply("hi", to: "0", account: "b"))?.isNew == true)
        journal.note(known.message.row, became: .confirmed, at: noon)
        #expect(try await journal.queue(reply("hi", to: "one more"))?.isNew == true)
        journal.close()
    }

    @Test("of too many closed messages the oldest are forgotten before their time, and counted")
    func outboxCount() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        for number in 1...5 {
            let message = try #require(try await journal.queue(reply("hi", to: "\(number)"))).message
            if number != 2 { journal.note(message.row, became: .confirmed, at: noon) }
        }
        var retention = JournalRetention()
        retention.outboxCount = 2
        try await journal.sweep(retention, at: noon + .seconds(1))
        // The second is still open, so it stays.
        #expect(try await journal.recentOutbox(since: noon, limit: 9).map(\.row) == [2, 4, 5])
        #expect(journal.figures.droppedOutbox == 2)
        journal.close()
    }

    @Test("what waited in an account that is gone becomes letters")
    func removed() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await journal.take(message("1"))
        await journal.take(message("2"), account: "b")
        #expect(try await journal.makeLetters(ofRemoved: "a", at: noon) == 1)
        #expect(try await journal.waiting(limit: 10).map(\.account) == ["b"])
        #expect(try await journal.letters(limit: 10).elements.map(\.code) == ["account_removed"])
        journal.close()
    }

    @Test("many of them become letters in steps, so that no acknowledgement waits for all")
    func manyRemoved() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        await withCheckedContinuation { done in
            let entry = JournalEntry(account: "a", messages: (0..<1_000).map { message("\($0)") })
            journal.add([entry]) { _ in done.resume() }
        }
        let before = journal.figures.commits
        #expect(try await journal.makeLetters(ofRemoved: "a", at: noon) == 1_000)
        #expect(journal.figures.commits - before >= 4)
        #expect(try await journal.waiting(limit: 10).isEmpty)
        #expect(journal.figures.waiting == 0)
        #expect(journal.figures.letters == 1_000)
        let letters = try await journal.letters(limit: 1_000).elements.compactMap(\.message?.id)
        #expect(letters.reversed() == (0..<1_000).map(String.init))
        journal.close()
    }

    @Test("pauses survive a restart, end in time, and are listed and lifted")
    func pauses() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let pauses = [("a", "1", 60), ("a", "2", 30), ("b", "1", 600)].map {
            StoredPause(account: $0.0, chat: $0.1, until: noon + .seconds($0.2))
        }
        for pause in pauses { try await journal.pause(pause) }
        // An earlier end does not shorten one.
        try await journal.pause(StoredPause(account: "b", chat: "1", until: noon + .seconds(1)))
        journal.close()
        let again = try Journal(folder: folder.path)
        let first = try await again.pauses(at: noon, limit: 2)
        #expect(first.elements == Array(pauses.prefix(2)))
        #expect(try await again.pauses(at: noon, limit: 2, cursor: first.next).elements == [pauses[2]])
        #expect(try await again.pauses(of: "a", at: noon + .seconds(30), limit: 10).elements == [pauses[0]])
        #expect(try await again.lift(account: "b", chat: "1"))
        #expect(!(try await again.lift(account: "b", chat: "1")))
        again.close()
    }
}
