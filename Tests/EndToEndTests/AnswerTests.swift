import Foundation
import Testing

@Suite("Real answers and the OpenAPI document")
struct AnswerTests {
    @Test("agree in every field, of every question and every action")
    func answers() async throws {
        try await TroubledFleet.scope { fleet in
            let api = fleet.api
            let check = AnswerCheck(document: try await api.get("/api/v1/openapi.json").json)
            var asked: Set<String> = []
            for (template, path) in try await Self.questions(api) {
                let answer = try await api.get(path)
                #expect(answer.status == 200, "\(path)")
                #expect(check.problems(with: answer, to: "GET", template) == [])
                asked.insert(template)
            }
            #expect(check.questions.subtracting(asked) == [], "not asked")
            for (method, template, path, body) in try await Self.actions(api) {
                let answer = try await api.send(method, path, json: body)
                #expect(check.problems(with: answer, to: method, template) == [])
                #expect(answer.status < 500 || template.contains("channels"), "\(path): \(answer.text)")
            }
        }
    }

    /// Each path of the document that can be read, and a real one.
    private static func questions(_ api: API) async throws -> [(String, String)] {
        let letter = try await api.get("/api/v1/letters").json["letters"][0]["id"].int ?? 0
        let alert = try await api.get("/api/v1/alerts").json["alerts"][0]["id"].text ?? "?"
        let version = try await api.get("/api/v1/fleet").json["version"].text ?? "?"
        let sent = try await api.post(
            "/api/v1/accounts/\(TroubledFleet.well)/messages", json: #"{"chat":"31","to":"2001","text":"On its way."}"#)
        let account = "/api/v1/accounts/{id}"
        let accounts = [
            TroubledFleet.well, TroubledFleet.rejected, TroubledFleet.closed, TroubledFleet.disabled,
            TroubledFleet.captcha,
        ]
        let plain = [
            "/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/whoami", "/api/v1/fleet", "/api/v1/settings",
            "/api/v1/accounts", "/api/v1/declarations", "/api/v1/letters", "/api/v1/pauses", "/api/v1/audit",
            "/api/v1/channels", "/api/v1/alerts", "/api/v1/silences",
        ]
        return plain.map { ($0, $0) }
            + accounts.flatMap { id in
                ["", "/timeline", "/diagnosis", "/report"].map { (account + $0, "/api/v1/accounts/\(id)\($0)") }
            } + [
                ("/api/v1/fleet", "/api/v1/fleet?since=\(version)"),
                ("/api/v1/letters/{letter}", "/api/v1/letters/\(letter)"),
                ("/api/v1/alerts/{id}", "/api/v1/alerts/\(alert)"),
                (
                    account + "/messages/{message}",
                    "/api/v1/accounts/\(TroubledFleet.well)/messages/\(sent.json["id"].text ?? "?")"
                ),
            ]
    }

    /// Actions that are done and some that are refused: method, path of the document, real path, body.
    private static func actions(_ api: API) async throws -> [(String, String, String, String?)] {
        let letters = try await api.get("/api/v1/letters").json["letters"].items.compactMap { $0["id"].int }
        let silence = try await api.get("/api/v1/silences").json["silences"][0]["id"].text ?? "?"
        let one = "/api/v1/accounts/{id}"
        let well = "/api/v1/accounts/\(TroubledFleet.well)"
        return [
            ("POST", one + "/reconnect", well + "/reconnect", nil), ("POST", one + "/release", well + "/release", nil),
            ("POST", one + "/enable", "/api/v1/accounts/nobody/enable", nil),
            ("POST", "/api/v1/accounts:reset", "/api/v1/accounts:reset", #"{"all":true}"#),
            ("POST", "/api/v1/accounts:reset", "/api/v1/accounts:reset", "{}"),
            ("POST", "/api/v1/accounts", "/api/v1/accounts", #"{"id":"b-1","url":"ws://127.0.0.1:9/","token":"t"}"#),
            ("POST", "/api/v1/accounts", "/api/v1/accounts", #"{"id":"b-1","url":"ws://127.0.0.1:9/","token":"t"}"#),
            ("GET", "/api/v1/declarations", "/api/v1/declarations", nil),
            ("PUT", one + "/credential", "/api/v1/accounts/b-1/credential", #"{"token":"u"}"#),
            ("DELETE", one, "/api/v1/accounts/b-1", nil),
            ("POST", one + "/messages", well + "/messages", #"{"chat":"31","text":"Hello."}"#),
            ("POST", "/api/v1/pauses", "/api/v1/pauses", #"{"account":"a-1","chat":"c-2"}"#),
            ("DELETE", "/api/v1/pauses/{account}/{chat}", "/api/v1/pauses/a-1/c-2", nil),
            ("POST", "/api/v1/silences", "/api/v1/silences", #"{"account":"a-*","for":"2h"}"#),
            ("DELETE", "/api/v1/silences/{id}", "/api/v1/silences/\(silence)", nil),
            (
                "POST", "/api/v1/letters/{letter}/replay", "/api/v1/letters/\(letters.first ?? 0)/replay", nil
            ),
            ("DELETE", "/api/v1/letters/{letter}", "/api/v1/letters/\(letters.last ?? 0)", nil),
            ("POST", "/api/v1/channels/{name}/test", "/api/v1/channels/pager/test", nil),
        ]
    }
}
