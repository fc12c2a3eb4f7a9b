import HoldfastCore
import HoldfastFleet
import Hummingbird

/// Reading accounts.
struct AccountEndpoints: Sendable {
    let fleet: Fleet

    static let listParameters = ["state", "status", "q", "sort", "limit", "cursor"]
    static let timelineParameters = ["limit"]
    /// As long as a timeline may get (O6).
    static let longestTimeline = 1_000

    @Sendable func list(_ call: Call) async throws -> Response {
        let query = call.query
        let filter = AccountFilter(
            state: try query.choice("state", among: SessionState.allCases, named: \.name),
            status: try query.choice("status", among: AccountStatus.allCases, named: \.rawValue),
            text: query["q"])
        let limit = try query.limit()
        let cursor = try query["cursor"].map(checkedCursor)
        let order = try query.choice("sort", among: AccountQuery.Order.allCases, named: \.rawValue) ?? .id
        if order == .worst, cursor != nil {
            throw Problem.badParameter("cursor", "\"sort=worst\" has one page; leave \"cursor\" out.")
        }
        let page = await fleet.accounts(AccountQuery(filter: filter, cursor: cursor, limit: limit, order: order))
        return .json { json in
            json.array("accounts", page.accounts) { json, account in
                json.object { $0.fields(of: account) }
            }
            json.field("next", page.next)
            json.object("totals") { $0.fields(of: page.totals) }
        }
    }

    @Sendable func one(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        guard let account = await fleet.account(id) else { throw Problem.unknownAccount(id) }
        let availability = await fleet.availability(id)
        return .json { json in
            json.fields(of: account)
            json.fields(of: availability)
        }
    }

    @Sendable func timeline(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        let limit = try call.query.number("limit", in: 1...Self.longestTimeline, default: 100)
        guard let entries = await fleet.timeline(id, limit: limit) else { throw Problem.unknownAccount(id) }
        return .json { json in
            json.array("entries", entries) { json, entry in
                json.object { $0.fields(of: entry) }
            }
        }
    }

    /// A cursor is what an earlier page gave: the id of its last account.
    private func checkedCursor(_ text: String) throws(Problem) -> String {
        let isID =
            (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isID else { throw .badCursor }
        return text
    }
}
