import FoundationEssentials
import HTTPTypes
import HoldfastFleet
import HoldfastStore
import Hummingbird

/// Messages that could not be handled or read: reading them, handing them to the handlers again, throwing them away.
struct LetterEndpoints: Sendable {
    let fleet: Fleet
    let actions: ActionEndpoints

    static let listParameters = ["account", "code", "chat", "limit", "cursor"]

    @Sendable func list(_ call: Call) async throws -> Response {
        let query = call.query
        let (limit, cursor) = (try query.limit(), try query.rowCursor())
        do throws(MessageRefusal) {
            let page = try await fleet.letters(
                of: query["account"], code: query["code"], chat: query["chat"], limit: limit,
                cursor: cursor.map { "\($0)" })
            return .json { json in
                json.array("letters", page.elements) { json, letter in
                    json.object { $0.fields(of: letter) }
                }
                json.field("next", page.next)
            }
        } catch {
            throw Problem(error)
        }
    }

    @Sendable func one(_ call: Call) async throws -> Response {
        let id = try number(of: call)
        do throws(MessageRefusal) {
            let letter = try await fleet.letter(id)
            return .json { json in
                json.fields(of: letter)
                json.rawFields(of: letter)
            }
        } catch {
            throw Problem(error, missing: unknown(call))
        }
    }

    /// 202: the message waits for its handler again, and the letter is gone.
    @Sendable func replay(_ call: Call) async throws -> Response {
        let id = try number(of: call)
        try await actions.audited("replay-letter", on: "letter \(id)", by: call, missing: unknown(call)) {
            () async throws(MessageRefusal) in try await fleet.replay(letter: id, by: call.hand)
        }
        return .json(.accepted) { $0.field("id", id) }
    }

    @Sendable func remove(_ call: Call) async throws -> Response {
        let id = try number(of: call)
        try await actions.audited("delete-letter", on: "letter \(id)", by: call, missing: unknown(call)) {
            () async throws(MessageRefusal) in try await fleet.delete(letter: id, by: call.hand)
        }
        return Response(status: .noContent)
    }

    private func number(of call: Call) throws(Problem) -> Int64 {
        guard let id = Int64(call.variable("letter")), id > 0 else { throw unknown(call) }
        return id
    }

    private func unknown(_ call: Call) -> Problem {
        .notFound("There is no letter \"\(call.variable("letter").shortened)\".", code: "unknown_letter")
    }
}

extension JSONWriter {
    /// What a page says of a letter, without the braces around it.
    mutating func fields(of letter: Letter) {
        field("id", letter.id)
        field("account", letter.account)
        field("at", letter.at.rfc3339)
        field("code", letter.code)
        field("detail", letter.detail)
        field("message_id", letter.message?.id)
        field("chat", letter.message?.chat)
        field("sender", letter.message?.sender)
        field("name", letter.message?.name)
        field("text", letter.message?.text)
        field("item", letter.message?.item)
        field("group", letter.message?.isGroup ?? false)
        field("sent_at", letter.message?.sentAt?.rfc3339)
        field("received_at", letter.message?.receivedAt.rfc3339)
    }

    /// What came, as it came: as text where it is text, else in base64.
    mutating func rawFields(of letter: Letter) {
        let text = String(validating: letter.raw, as: UTF8.self)
        field("raw", text)
        field("raw_base64", text == nil ? Data(letter.raw).base64EncodedString() : nil)
    }
}
