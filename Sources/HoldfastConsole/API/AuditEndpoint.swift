import HoldfastCore
import HoldfastFleet
import Hummingbird

/// What people did, newest first.
struct AuditEndpoint: Sendable {
    let fleet: Fleet

    static let parameters = ["limit", "cursor"]

    @Sendable func list(_ call: Call) async throws -> Response {
        let limit = try call.query.limit()
        let cursor = try call.query.rowCursor()
        let entries = try await fleet.audit(before: cursor, limit: limit + 1)
        let page = entries.prefix(limit)
        return .json { json in
            json.array("entries", page) { json, entry in
                json.object { json in
                    json.field("id", entry.id)
                    json.field("at", entry.at.rfc3339)
                    json.field("who", entry.who)
                    json.field("from", entry.origin)
                    json.field("action", entry.action)
                    json.field("account", entry.account)
                    json.field("detail", entry.detail)
                }
            }
            json.field("next", entries.count > limit ? page.last.map { "\($0.id)" } : nil)
        }
    }
}
