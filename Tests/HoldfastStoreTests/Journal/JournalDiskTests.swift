import Foundation
import GRDB
import HoldfastCore
import Synchronization
import Testing

@testable import HoldfastStore

@Suite("The journal: when the disk is in trouble")
struct JournalDiskTests {
    private var quick: JournalOptions {
        var options = JournalOptions()
        options.retryAfter = .milliseconds(20)
        return options
    }

    @Test("with the disk full nothing is confirmed and nothing is lost; with room again it goes on by itself")
    func full() async throws {
        let folder = try Folder()
        let pressures = Pressures()
        let journal = try Journal(folder: folder.path, options: quick) { pressures.heard($0) }
        await journal.take(message("1"))
        try journal.fill(true)
        let big = String(repeating: "x", count: 100_000)
        let written = Mutex(false)
        journal.add([JournalEntry(account: "a", messages: [message("2", text: big)])]) { _ in
            written.withLock { $0 = true }
        }
        #expect(await pressures.next() == .failing)
        #expect(journal.problem?.contains("full") == true)
        // Whoever asks for something is told, instead of waiting for a disk.
        await #expect(throws: StoreError.self) { try await journal.queue(reply(big, to: "1")) }
        #expect(!written.withLock { $0 })
        try journal.fill(false)
        #expect(await pressures.next() == JournalPressure.none)
        await journal.take(message("3"))
        #expect(written.withLock { $0 })
        #expect(journal.problem == nil)
        #expect(try await journal.waiting(limit: 10).count == 3)
        journal.close()
    }

    @Test("closing while the disk is full ends, and what was not written was never confirmed")
    func closeWhileFull() async throws {
        let folder = try Folder()
        let pressures = Pressures()
        let journal = try Journal(folder: folder.path, options: JournalOptions()) { pressures.heard($0) }
        try journal.fill(true)
        let written = Mutex(false)
        let big = String(repeating: "x", count: 100_000)
        journal.add([JournalEntry(account: "a", messages: [message("1", text: big)])]) { _ in
            written.withLock { $0 = true }
        }
        #expect(await pressures.next() == .failing)
        journal.close()
        #expect(!written.withLock { $0 })
        let again = try Journal(folder: folder.path)
        #expect(again.figures.waiting == 0)
        again.close()
    }

    @Test("with more waiting than should, it says so, and says when it can take more again")
    func marks() async throws {
        let folder = try Folder()
        let pressures = Pressures()
        var options = JournalOptions()
        options.highMarkBytes = 1
        options.lowMarkBytes = 0
        let journal = try Journal(folder: folder.path, options: options) { pressures.heard($0) }
        await journal.take(message("1"))
        #expect(await pressures.next() == .full)
        #expect(await pressures.next() == JournalPressure.none)
        #expect(journal.figures.queuedBytes == 0)
        journal.close()
    }

    @Test("a damaged file is set aside and named, and a new one begun")
    func damaged() async throws {
        let folder = try Folder()
        let path = "\(folder.path)/\(Journal.fileName)"
        try Data(repeating: 0x2A, count: 8_192).write(to: URL(fileURLWithPath: path))
        let journal = try Journal(folder: folder.path)
        let aside = try #require(journal.setAside)
        #expect(FileManager.default.fileExists(atPath: aside))
        #expect(await journal.take(message("1")).compactMap(\.self).count == 1)
        journal.close()
    }

    @Test("what is handed over before the close is written, what comes after it is refused")
    func close() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        for number in 0..<500 { journal.add([JournalEntry(account: "a", messages: [message("\(number)")])]) { _ in } }
        journal.close()
        await #expect(throws: StoreError.self) { try await journal.queue(reply("late", to: "1")) }
        let again = try Journal(folder: folder.path)
        #expect(again.figures.waiting == 500)
        again.close()
    }

    @Test("many writers at once: each message is confirmed once, and all are there")
    func many() async throws {
        let folder = try Folder()
        let journal = try Journal(folder: folder.path)
        let rows = await withTaskGroup(of: [Int64?].self) { group in
            for side in 0..<8 {
                group.addTask {
                    var rows: [Int64?] = []
                    for number in 0..<100 {
                        rows += await journal.take(message("\(side)-\(number)"), message("\(number)"))
                    }
                    return rows
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        // Of the eight that said the same, one was the first.
        #expect(Set(rows.compactMap(\.self)).count == 900)
        #expect(rows.count { $0 == nil } == 700)
        journal.close()
    }
}
