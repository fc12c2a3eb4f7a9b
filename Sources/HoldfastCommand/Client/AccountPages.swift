import Foundation

extension HoldfastClient {
    /// The largest page the API gives.
    static let largestPage = 1_000
    /// The most pages that are asked for one after the other.
    static let pagesLimit = 2_000

    func accounts(_ filter: [(String, String)], limit: Int, cursor: String? = nil) async throws -> AccountPageRecord {
        try Self.decode(AccountPageRecord.self, from: try await page(filter, limit: limit, cursor: cursor))
    }

    /// Hands out page after page, as the bytes of the answer.
    func forEachPage(_ filter: [(String, String)], _ body: (Data) throws -> Void) async throws {
        struct Cursor: Decodable { var next: String? }
        var cursor: String?
        for _ in 0..<Self.pagesLimit {
            let data = try await page(filter, limit: Self.largestPage, cursor: cursor)
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

    private func page(_ filter: [(String, String)], limit: Int, cursor: String?) async throws -> Data {
        var query = filter + [("limit", "\(limit)")]
        if let cursor { query.append(("cursor", cursor)) }
        return try await get("/api/v1/accounts", query: query)
    }
}
