import GRDB
import GRDBSQLite

/// A prepared statement, bound and stepped by hand. For the statements that run for every message: GRDB's own
/// arguments and rows cost more than SQLite's work on them.
struct RawStatement {
    private let handle: OpaquePointer
    private let database: OpaquePointer
    private let statement: Statement

    /// SQLite copies what is bound before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    var lastRow: Int64 { sqlite3_last_insert_rowid(database) }

    private static let nothing: StaticString = ""

    init(_ statement: Statement, _ db: Database) throws {
        guard let database = db.sqliteConnection else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the file is closed")
        }
        self.statement = statement
        self.database = database
        handle = statement.sqliteStatement
    }

    func bind(_ number: Int64?, at index: Int32) {
        if let number { sqlite3_bind_int64(handle, index, number) } else { sqlite3_bind_null(handle, index) }
    }

    func bind(_ text: String?, at index: Int32) {
        guard var text else {
            sqlite3_bind_null(handle, index)
            return
        }
        // A text is read back up to its first zero byte. The item as it came is beside it, as bytes.
        if text.utf8.contains(0) { text = String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) }
        _ = text.withUTF8 { utf8 in
            // An empty text may have no address, which SQLite would take for NULL.
            UnsafeBufferPointer(start: utf8.baseAddress ?? Self.nothing.utf8Start, count: utf8.count)
                .withMemoryRebound(to: CChar.self) { characters in
                    sqlite3_bind_text64(
                        handle, index, characters.baseAddress, UInt64(characters.count), Self.copied, UInt8(SQLITE_UTF8)
                    )
                }
        }
    }

    func bind(_ bytes: [UInt8], at index: Int32) {
        _ = bytes.withUnsafeBytes {
            sqlite3_bind_blob64(
                handle, index, $0.baseAddress ?? UnsafeRawPointer(Self.nothing.utf8Start), UInt64($0.count), Self.copied
            )
        }
    }

    /// Carries the statement out. Returns how many rows it changed.
    @discardableResult
    func run() throws -> Int {
        let code = sqlite3_step(handle)
        let message = code == SQLITE_DONE ? nil : String(cString: sqlite3_errmsg(database))
        sqlite3_reset(handle)
        if let message { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message) }
        return Int(sqlite3_changes64(database))
    }

    /// Carries the statement out and reads its first row; nil if there is none.
    func first<Value>(_ read: (Columns) -> Value) throws -> Value? {
        let code = sqlite3_step(handle)
        let message = code == SQLITE_DONE || code == SQLITE_ROW ? nil : String(cString: sqlite3_errmsg(database))
        let value = code == SQLITE_ROW ? read(Columns(handle: handle)) : nil
        sqlite3_reset(handle)
        if let message { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message) }
        return value
    }

    /// The columns of the row that a statement stands at, by place from 0. SQLite's types are made what is asked for, and a
    /// place that there is not is NULL.
    struct Columns {
        fileprivate let handle: OpaquePointer

        func number(at index: Int32) -> Int64? {
            isNull(index) ? nil : sqlite3_column_int64(handle, index)
        }

        func text(at index: Int32) -> String? {
            guard let characters = sqlite3_column_text(handle, index) else { return nil }
            // Its length is that of the UTF-8 just asked for.
            let utf8 = UnsafeBufferPointer(start: characters, count: Int(sqlite3_column_bytes(handle, index)))
            return String(decoding: utf8, as: UTF8.self)
        }

        func bytes(at index: Int32) -> [UInt8] {
            guard let bytes = sqlite3_column_blob(handle, index) else { return [] }
            return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, index))))
        }

        private func isNull(_ index: Int32) -> Bool { sqlite3_column_type(handle, index) == SQLITE_NULL }
    }
}
