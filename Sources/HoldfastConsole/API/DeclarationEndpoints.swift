import HTTPTypes
import HoldfastCore
import HoldfastFleet
import HoldfastStore
import Hummingbird
import Logging
import NIOCore

/// Adding and removing accounts, and giving them other credentials.
struct DeclarationEndpoints: Sendable {
    let fleet: Fleet
    let actions: ActionEndpoints

    static let listParameters = ["limit", "cursor"]

    @Sendable func add(_ call: Call) async throws -> Response {
        let body = try await actions.body(of: call.request)
        let text = String(decoding: body.readableBytesView, as: UTF8.self)
        do throws(CommandRefusal) {
            let account = try await fleet.add(text, by: call.hand)
            actions.audit("add", on: account.id, by: call, outcome: "done")
            return .json(.created) { $0.fields(of: account) }
        } catch {
            actions.audit("add", on: "?", by: call, outcome: error.code)
            throw Problem(error, id: "")
        }
    }

    @Sendable func remove(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        try await actions.audited("remove", on: id, by: call, refused: { Problem($0, id: id) }) {
            () async throws(CommandRefusal) in
            try await fleet.remove(id, by: call.hand)
        }
        return Response(status: .noContent)
    }

    /// The body is `{"token", "cookies", "user", "password"}`, one of them at least.
    @Sendable func setCredential(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        let secrets = try Self.secrets(try await actions.body(of: call.request))
        let account = try await actions.audited("set-credential", on: id, by: call, refused: { Problem($0, id: id) }) {
            () async throws(CommandRefusal) in
            try await fleet.setCredential(secrets, of: id, by: call.hand)
        }
        return .json(.accepted) { $0.fields(of: account) }
    }

    /// What was added to the running fleet, without secrets.
    @Sendable func list(_ call: Call) async throws -> Response {
        let limit = try call.query.limit()
        let found = try await fleet.declarations(after: call.query["cursor"], limit: limit + 1)
        let page = found.prefix(limit)
        return .json { json in
            json.array("accounts", page) { json, declaration in json.value(json: declaration.text) }
            json.field("next", found.count > limit ? page.last?.id : nil)
        }
    }

    private static func secrets(_ body: ByteBuffer) throws(Problem) -> [SecretKind: Secret] {
        let names = SecretKind.credentials.map(\.rawValue)
        let wanted = "The body must be a JSON object of texts with one or more of: \(names.joined(separator: ", "))."
        guard let texts = try? JSONTexts(body).values, !texts.isEmpty else { throw .badBody(wanted) }
        var secrets: [SecretKind: Secret] = [:]
        for (name, text) in texts {
            guard let kind = SecretKind(rawValue: name), names.contains(name) else {
                throw .badBody(wanted, parameter: name.shortened)
            }
            guard !text.isEmpty else { throw .badBody("\"\(name)\" must not be empty.", parameter: name) }
            secrets[kind] = Secret(text)
        }
        return secrets
    }
}
