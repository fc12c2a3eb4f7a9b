import Foundation
import GRDB
import Synchronization
import Testing

@testable import HoldfastStore

@Suite("Writing in groups")
struct GroupedWriterTests {
    private func pool(_ folder: Folder) throws -> DatabasePool {
        let pool = try DatabasePool(path: "\(folder.path)/t.sqlite")
        try pool.write { db in try db.execute(sql: "CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)") }
        return pool
    }

    private func insert(_ number: Int, _ text: String = "") -> GroupedWriter.Work {
        { db in try db.execute(sql: "INSERT INTO t VALUES (?, ?)", arguments: [number, text]) }
    }

    private func count(_ pool: DatabasePool) throws -> Int {
        try pool.read { db in try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM t") ?? 0 }
    }

    /// A disk that is full, as SQLite sees it: the file may not grow any more.
    private func fill(_ pool: DatabasePool, _ isFull: Bool) throws {
        try pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(isFull ? pages : 1_000_000)")
        }
    }

    @Test("what is awaited is durable, from many callers at once, each exactly once")
    func many() async throws {
        let folder = try Folder()
        let pool = try pool(folder)
        let writer = GroupedWriter(pool: pool, droppableLimit: 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 { group.addTask { try await writer.write(self.insert(number)) } }
            try await group.waitForAll()
        }
        #expect(try count(pool) == 500)
    }

    @Test("a faulty write fails alone")
    func faulty() async throws {
        let folder = try Folder()
        let pool = try pool(folder)
        let writer = GroupedWriter(pool: pool, droppableLimit: 10)
        try await writer.write(insert(1))
        writer.note(insert(2))
        writer.note(rows: 3, insert(1))
        writer.note(insert(4))
        await #expect(throws: StoreError.self) { try await writer.write(self.insert(1)) }
        try await writer.flush()
        #expect(try count(pool) == 3)
        #expect(writer.droppedRows == 3)
    }

    @Test("with the disk full, who waits is told, what was noted is kept, and it goes on when there is room")
    func full() async throws {
        let folder = try Folder()
        let pool = try pool(folder)
        let writer = GroupedWriter(pool: pool, droppableLimit: 10, retryAfter: .milliseconds(10))
        try fill(pool, true)
        let text = String(repeating: "x", count: 20_000)
        writer.note(insert(1, text))
        await #expect(throws: StoreError.self) { try await writer.write(self.insert(2, text)) }
        #expect(writer.problem != nil)
        await #expect(throws: (any Error).self) { try await writer.flush() }
        try fill(pool, false)
        while writer.problem != nil { try? await writer.flush() }
        #expect(try count(pool) == 1)
    }

    @Test("rows that may be lost are bounded while the disk takes nothing; others are not lost")
    func bounded() async throws {
        let folder = try Folder()
        let pool = try pool(folder)
        let writer = GroupedWriter(pool: pool, droppableLimit: 10, retryAfter: .milliseconds(10))
        try fill(pool, true)
        let text = String(repeating: "x", count: 20_000)
        for number in 0..<50 { writer.note(isDroppable: true, insert(number, text)) }
        writer.note(insert(1000, text))
        await #expect(throws: StoreError.self) { try await writer.write(self.insert(2000, text)) }
        try fill(pool, false)
        while writer.problem != nil { try? await writer.flush() }
        let rows = try await pool.read { db in try Int.fetchAll(db, sql: "SELECT n FROM t ORDER BY n") }
        #expect(rows.last == 1000)
        #expect(rows.count + writer.droppedRows == 51)
        #expect(writer.droppedRows > 0)
    }

    @Test("of values with one key only the newest waits for the disk, and no newer one is undone by an older")
    func keyed() async throws {
        let folder = try Folder()
        let pool = try pool(folder)
        let writer = GroupedWriter(pool: pool, droppableLimit: 10, retryAfter: .milliseconds(10))
        try await writer.write(insert(1))
        try fill(pool, true)
        let padding = String(repeating: "x", count: 20_000)
        for number in 0..<1_000 {
            writer.note(key: "a") { db in
                try db.execute(sql: "UPDATE t SET text = ? WHERE n = 1", arguments: ["\(number)\(padding)"])
            }
        }
        await #expect(throws: StoreError.self) { try await writer.write(self.insert(2, padding)) }
        writer.note(key: "a") { db in try db.execute(sql: "UPDATE t SET text = 'newest' WHERE n = 1") }
        try fill(pool, false)
        while writer.problem != nil { try? await writer.flush() }
        let text = try await pool.read { db in try String.fetchOne(db, sql: "SELECT text FROM t WHERE n = 1") }
        #expect(text == "newest")
    }
}
