import HoldfastFleet
import HoldfastStore
import Hummingbird

/// Chats in which automatic replies rest (T6).
struct PauseEndpoints: Sendable {
    let fleet: Fleet
    let actions: ActionEndpoints

    static let listParameters = ["account", "limit", "cursor"]
    /// Ten minutes, and a month: whoever wants no replies for longer changes the handlers.
    static let standardSeconds = 600
    static let mostSeconds = 31 * 86_400

    @Sendable func list(_ call: Call) async throws -> Response {
        let limit = try call.query.limit()
        let cursor = call.query["cursor"]
        // An account's id, which has no blank, and a chat.
        if let cursor, !cursor.contains(" ") { throw Problem.badCursor }
        do throws(MessageRefusal) {
            let page = try await fleet.pauses(of: call.query["account"], limit: limit, cursor: cursor)
            return .json { json in
                json.array("pauses", page.elements) { json, pause in
                    json.object { $0.fields(of: pause) }
                }
                json.field("next", page.next)
            }
        } catch {
            throw Problem(error)
        }
    }

    @Sendable func add(_ call: Call) async throws -> Response {
        let fields = try BodyFields(try await actions.body(of: call.request), allowed: ["account", "chat", "for_s"])
        let (account, chat) = (try fields.text("account"), try fields.text("chat"))
        let seconds = try fields.number("for_s", in: 1...Self.mostSeconds, default: Self.standardSeconds)
        let pause = try await actions.audited("pause", on: account, by: call, missing: .unknownAccount(account)) {
            () async throws(MessageRefusal) in
            try await fleet.pause(account: account, chat: chat, for: .seconds(seconds), by: call.hand)
        }
        return .json(.created) { $0.fields(of: pause) }
    }

    @Sendable func lift(_ call: Call) async throws -> Response {
        let (account, chat) = (call.variable("account"), call.variable("chat"))
        let unknown = Problem.notFound(
            "No pause holds in the chat \"\(chat.shortened)\" of \"\(account.shortened)\".", code: "unknown_pause")
        try await actions.audited("lift-pause", on: account, by: call, missing: unknown) {
            () async throws(MessageRefusal) in
            try await fleet.lift(account: account, chat: chat, by: call.hand)
        }
        return Response(status: .noContent)
    }
}

extension JSONWriter {
    mutating func fields(of pause: StoredPause) {
        field("account", pause.account)
        field("chat", pause.chat)
        field("until", pause.until.rfc3339)
    }
}
