import ArgumentParser
import Foundation

extension HoldfastClient {
    /// The largest page the API gives.
    static let largestPage = 1_000
    /// - Throws: `ValidationError` if no page has so many.
    static func checkLimit(_ limit: Int) throws {
        guard (1...largestPage).contains(limit) else { throw ValidationError("--limit is 1 to \(largestPage).") }
    }

    /// The most pages that are asked for one after the other.
    static let pagesLimit = 2_000

    func accounts(_ filter: [(String, String)], limit: Int) async throws -> AccountPageRecord {
        try Self.decode(
            AccountPageRecord.self, from: try await get("/api/v1/accounts", query: filter + [("limit", "\(limit)")]))
    }

    /// Hands out page after page of a list, as the bytes of the answers.
    func forEachPage(
        of path: String = "/api/v1/accounts", _ filter: [(String, String)], _ body: (Data) throws -> Void
    ) async throws {
        struct Cursor: Decodable { var next: String? }
        var cursor: String?
        for _ in 0..<Self.pagesLimit {
            var query = filter + [("limit", "\(Self.largestPage)")]
            if let cursor { query.append(("cursor", cursor)) }
            let data = try await get(path, query: query)
            try body(data)
            cursor = try Self.decode(Cursor.self, from: data).next
            guard cursor != nil else { return }
        }
    }

    /// All accounts that match, with the totals of the fleet, as one JSON text on one line.
    func accountsAsJSON(_ filter: [(String, String)]) async throws -> String {
        var accounts: [Any] = []
        var totals: Any = [String: Int]()
        try await forEachPage(filter) { data in
            guard let page = try JSONSerialization.jsonObject(with: data) as? [String: Any],
                let items = page["accounts"] as? [Any], let sums = page["totals"]
            else { throw CommandFailure("the answer is not what this version of holdfast understands") }
            accounts += items
            totals = sums
        }
        let whole = try JSONSerialization.data(
            withJSONObject: ["accounts": accounts, "totals": totals], options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: whole, as: UTF8.self)
    }
}
