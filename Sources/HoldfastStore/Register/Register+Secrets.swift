import Foundation
import GRDB
import HoldfastCore

extension Register {
    /// Every secret, sealed as it lies there.
    public func secrets() async throws(StoreError) -> [StoredSecret] {
        try await read { db in
            try Row.fetchCursor(db, sql: "SELECT * FROM secret ORDER BY account, kind").map(Self.secret).array()
                .compactMap { $0 }
        }
    }

    /// The secrets of one account, sealed as they lie there.
    public func secrets(of account: String) async throws(StoreError) -> [StoredSecret] {
        try await read { db in
            try Row.fetchCursor(db, sql: "SELECT * FROM secret WHERE account = ?", arguments: [account])
                .map(Self.secret).array().compactMap { $0 }
        }
    }

    /// Keeps secrets, all or none of them. Returns when they are durable.
    ///
    /// - Parameters:
    ///   - marks: what quarantines were for (`StoredAccount.quarantineDeclared`), by account, to be kept in the same step.
    ///   - isWanted: asked in the moment of writing; if it says no, nothing is kept.
    public func set(
        _ secrets: [StoredSecret], marks: [String: String] = [:],
        if isWanted: @escaping @Sendable () -> Bool = { true }
    ) async throws(StoreError) {
        try await write { db in
            guard isWanted() else { return }
            for (account, mark) in marks {
                try db.execute(
                    sql: "UPDATE account SET quarantine_declared = ? WHERE id = ?", arguments: [mark, account])
            }
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO secret (account, kind, key, sealed, declared, obtained_at, lifetime_ms)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """)
            for secret in secrets {
                try statement.execute(arguments: [
                    secret.account, secret.kind.rawValue, secret.sealed.keyID, secret.sealed.bytes, secret.declared,
                    secret.obtainedAt.milliseconds, secret.lifetime?.wholeMilliseconds,
                ])
            }
        }
    }

    /// Nil for a row of a kind that this version does not know.
    private static func secret(_ row: Row) -> StoredSecret? {
        guard let kind = SecretKind(rawValue: row["kind"]) else { return nil }
        return StoredSecret(
            account: row["account"], kind: kind, sealed: SealedSecret(keyID: row["key"], bytes: row["sealed"]),
            declared: row["declared"], obtainedAt: WallTime(milliseconds: row["obtained_at"]),
            lifetime: (row["lifetime_ms"] as Int64?).map { .milliseconds($0) })
    }
}
