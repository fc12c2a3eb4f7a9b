import HTTPTypes
import HoldfastFleet
import HoldfastStore
import Hummingbird

/// Sending messages, and asking what became of them.
struct MessageEndpoints: Sendable {
    let fleet: Fleet
    let actions: ActionEndpoints

    /// 202 with the message as it is in the outbox: a repetition with the same `Idempotency-Key` finds the first one.
    @Sendable func send(_ call: Call) async throws -> Response {
        let account = call.variable("id")
        let key = try Self.idempotencyKey(of: call.request)
        let fields = try BodyFields(try await actions.body(of: call.request), allowed: ["chat", "to", "text"])
        let draft = MessageDraft(
            chat: try fields.text("chat"), receiver: try fields.optionalText("to") ?? "",
            text: try fields.text("text"))
        let message = try await actions.audited("send", on: account, by: call, missing: .unknownAccount(account)) {
            () async throws(MessageRefusal) in
            try await fleet.send(draft, from: account, idempotencyKey: key, by: call.hand)
        }
        return .json(.accepted) { $0.fields(of: message) }
    }

    @Sendable func one(_ call: Call) async throws -> Response {
        let (account, id) = (call.variable("id"), call.variable("message"))
        do throws(MessageRefusal) {
            let message = try await fleet.message(id, of: account)
            return .json { $0.fields(of: message) }
        } catch {
            throw Problem(
                error,
                missing: .notFound(
                    "The account \"\(account.shortened)\" has no message \"\(id.shortened)\", or no longer.",
                    code: "unknown_message"))
        }
    }

    /// Visible characters of ASCII, as a header can carry them; quotation marks around it belong to it.
    private static func idempotencyKey(of request: Request) throws(Problem) -> String? {
        guard let name = HTTPField.Name("Idempotency-Key") else { return nil }
        let given = request.headers[values: name]
        guard let key = given.first else { return nil }
        let limit = MessageDraft.nameLimitBytes
        guard given.count == 1, (1...limit).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw Problem(
                status: .badRequest, code: "bad_idempotency_key",
                detail: "Idempotency-Key must be given once, with 1 to \(limit) visible ASCII characters.",
                parameter: name.canonicalName)
        }
        return key
    }
}

extension JSONWriter {
    /// The fields of a message of ours, without the braces around them.
    mutating func fields(of message: OutboxMessage) {
        field("id", message.clientID)
        field("status", message.state.rawValue)
        field("account", message.account)
        field("chat", message.chat)
        field("to", message.receiver)
        field("text", message.text)
        field("created_at", message.createdAt.rfc3339)
        field("expires_at", message.expiresAt.rfc3339)
        field("sent_at", message.sentAt?.rfc3339)
        field("remote_id", message.remoteID)
        field("problem", message.problem)
    }
}
