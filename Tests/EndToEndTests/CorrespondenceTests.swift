import Foundation
import Testing

@Suite("Sending, letters and pauses, by API and by command")
struct CorrespondenceTests {
    private struct Scene: Sendable {
        var api: API
        var gateway: API
        var holdfast: HoldfastProcess
        /// Runs the command against the fleet.
        var command: @Sendable ([String]) async throws -> (exit: Int32, output: [String], errors: [String])

        /// How many messages the gateway was sent.
        func sends() async throws -> Int { try await gateway.get("/stats").json["sends"].items.count }
    }

    private static let message = #"{"chat":"31","to":"2001","text":"On its way."}"#

    /// A fleet of one account with a store, as `handlers` say, that is started as often as `runs`.
    private func play(handlers: (String) -> String = { _ in "" }, _ runs: (Scene) async throws -> Void...) async throws
    {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            let extra = "store: { path: data }\n\(handlers(control.base))"
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 1, extra: extra))
            for run in runs {
                try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                    let api = try await holdfast.api()
                    try await api.connected(1)
                    try await run(
                        Scene(api: api, gateway: control, holdfast: holdfast) { arguments in
                            try await HoldfastProcess.run(arguments, environment: ["HOLDFAST_URL": api.base])
                        })
                }
            }
        }
    }

    @Test("a message is sent once, whatever is tried again with its key, over a kill too")
    func keys() async throws {
        let path = "/api/v1/accounts/a-1/messages"
        try await play(
            { scene in
                let first = try await scene.api.send(
                    "POST", path, json: Self.message, headers: ["Idempotency-Key": "k"])
                #expect(first.status == 202)
                let id = try #require(first.json["id"].text)
                _ = try await poll(.seconds(60), "the gateway's word") {
                    try await scene.api.get("\(path)/\(id)").json["status"].text == "confirmed" ? true : nil
                }
                let again = try await scene.api.send(
                    "POST", path, json: Self.message, headers: ["Idempotency-Key": "k"])
                #expect(again.status == 202 && again.json["id"].text == id && again.json["status"].text == "confirmed")
                scene.holdfast.signal(SIGKILL)
                _ = try await scene.holdfast.exit()
            },
            { scene in
                let again = try await scene.api.send(
                    "POST", path, json: Self.message, headers: ["Idempotency-Key": "k"])
                #expect(again.status == 202 && again.json["status"].text == "confirmed")
                #expect(again.json["remote_id"].text != nil)
                let other = try await scene.api.send(
                    "POST", path, json: #"{"chat":"31","to":"2001","text":"No."}"#, headers: ["Idempotency-Key": "k"])
                #expect(other.status == 422 && other.json["code"].text == "key_reused")
                let sends = try await scene.gateway.get("/stats").json["sends"].items
                #expect(sends.map { $0["count"].int } == [1])
                #expect(sends.map { $0["uuid"].text } == [again.json["id"].text])
                #expect(try await scene.api.get("\(path)/nothing").json["code"].text == "unknown_message")
                let audit = try await scene.api.get("/api/v1/audit").json["entries"].items
                #expect(audit.map { $0["action"].text } == ["send", "send", "send", "send"])
                #expect(audit.allSatisfy { $0["account"].text == "a-1" && $0["who"].text == "local" })
                #expect(audit.first?["detail"].text == "chat 31; refused: key_reused")
            })
    }

    @Test("the command sends, and ends with 1 and the gateway's reason if it is refused or does not answer")
    func sends() async throws {
        try await play({ scene in
            let address = ["send", "a-1", "--chat", "31", "--to", "2001", "--text", "hello"]
            let sent = try await scene.command(address + ["--key", "one"])
            #expect(sent.exit == 0 && sent.errors == [])
            #expect(sent.output.first?.hasSuffix(": confirmed") == true)
            let again = try await scene.command(address + ["--key", "one", "--json"])
            #expect(JSON(parsing: again.output.first ?? "")["status"].text == "confirmed")
            let unknown = try await scene.command(["send", "nobody"] + address.dropFirst(2))
            #expect(unknown.exit == 1 && unknown.errors.joined().contains("unknown_account"))
            _ = try await scene.command(["accounts", "disable", "a-1"])
            let queued = try await scene.command(address + ["--no-wait"])
            #expect(queued.exit == 0 && queued.output.first?.hasSuffix(": queued") == true)
            let waiting = try await scene.command(address + ["--wait", "200ms"])
            #expect(waiting.exit == 1 && waiting.errors.joined().contains("it stays in the outbox until"))
        })
    }

    @Test("what a handler refuses becomes a letter, which is listed, shown, replayed and thrown away")
    func letters() async throws {
        // The gateway's control address knows no such path, and says so with a 404.
        try await play(handlers: { "handlers: [{ match: all, webhook: { url: \"\($0)/nothing\" } }]\n" }) { scene in
            let text = "hello <script>alert(1)</script>"
            try await scene.gateway.post(
                "/push", json: #"{"account":"a-1","text":"\#(text)","chat":"31","batch":3}"#)
            let all = try await poll(.seconds(60), "three letters") { () -> [JSON]? in
                let letters = try await scene.api.get("/api/v1/letters").json["letters"].items
                return letters.count == 3 ? letters : nil
            }
            #expect(all.allSatisfy { $0["code"].text == "refused" && $0["text"].text == text })
            let page = try await scene.api.get("/api/v1/letters?limit=2&account=a-1&code=refused").json
            #expect(page["letters"].items == Array(all.prefix(2)))
            let next = try #require(page["next"].text)
            let rest = try await scene.api.get("/api/v1/letters?limit=2&cursor=\(next)").json
            #expect(rest["letters"].items == Array(all.suffix(1)) && rest["next"] == .null)
            #expect(try await scene.api.get("/api/v1/letters?chat=nobody").json["letters"].items == [])
            let number = try #require(all.first?["id"].int)
            let whole = try await scene.api.get("/api/v1/letters/\(number)").json
            #expect(JSON(parsing: whole["raw"].text ?? "")["1"]["10"]["reminderContent"].text == text)

            let list = try await scene.command(["letters", "list", "--account", "a-1"])
            #expect(list.output.count == 4 && list.output.first?.hasPrefix("LETTER") == true)
            let show = try await scene.command(["letters", "show", "\(number)"])
            #expect(show.output.contains { $0.hasPrefix("text") && $0.hasSuffix(text) })
            // Its handler refuses it again: that is another letter.
            let replay = try await scene.command(["letters", "replay", "\(number)"])
            #expect(replay.exit == 0 && replay.output == ["\(number): replayed"])
            _ = try await poll(.seconds(60), "another letter") { () -> Bool? in
                let letters = try await scene.api.get("/api/v1/letters").json["letters"].items
                return letters.count == 3 && letters.first?["id"].int != number ? true : nil
            }
            let gone = try await scene.api.get("/api/v1/letters/\(number)")
            #expect(gone.status == 404 && gone.json["code"].text == "unknown_letter")
            let delete = try await scene.command(["letters", "delete", "--chat", all[0]["chat"].text ?? ""])
            #expect(delete.exit == 0 && delete.output.count == 3)
            let again = try await scene.command(["letters", "delete", "\(number)"])
            #expect(again.exit == 1 && again.errors.first?.contains("unknown_letter") == true)
            #expect(try await scene.command(["letters", "list"]).output == ["There are no such letters."])
            let actions = try await scene.api.get("/api/v1/audit").json["entries"].items.map { $0["action"].text }
            #expect(actions.count { $0 == "delete-letter" } == 4 && actions.last == "replay-letter")
        }
    }

    @Test("a pause keeps automatic replies from a chat until it is lifted")
    func pauses() async throws {
        let rules = #"handlers: [{ match: all, rules: [{ keywords: [hello], reply: "hi" }] }]"#
        try await play(handlers: { _ in rules + "\n" }) { scene in
            let add = try await scene.command(["pauses", "add", "a-1", "31/x", "--for", "2h"])
            #expect(add.exit == 0 && add.output.first?.hasPrefix("a-1 31/x: paused until ") == true)
            let shorter = try await scene.api.post(
                "/api/v1/pauses", json: #"{"account":"a-1","chat":"31/x","for_s":60}"#)
            #expect(shorter.status == 201)
            #expect(add.output.first?.hasSuffix(shorter.json["until"].text ?? "?") == true, "the longer one stays")
            #expect(try await scene.api.post("/api/v1/pauses", json: #"{"account":"a-1","chat":"32"}"#).status == 201)
            let list = try await scene.command(["pauses", "list"])
            #expect(list.output.dropFirst().map { $0.split(separator: " ")[1] } == ["31/x", "32"])
            let page = try await scene.api.get("/api/v1/pauses?limit=1").json
            #expect(page["pauses"].items.count == 1)
            let cursor = try #require(page["next"].text).replacing(" ", with: "%20").replacing("/", with: "%2F")
            let rest = try await scene.api.get("/api/v1/pauses?cursor=\(cursor)").json["pauses"].items
            #expect(rest.map { $0["chat"].text } == ["32"])

            try await scene.gateway.post("/push", json: #"{"account":"a-1","text":"hello","chat":"31/x"}"#)
            _ = try await poll(.seconds(60), "a message that is skipped") {
                try await scene.api.get("/metrics").text.contains(#"handled_total{outcome="skipped"} 1"#) ? true : nil
            }
            #expect(try await scene.sends() == 0)
            let lift = try await scene.command(["pauses", "lift", "a-1", "31/x"])
            #expect(lift.exit == 0 && lift.output == ["a-1 31/x: lifted"])
            let again = try await scene.command(["pauses", "lift", "a-1", "31/x"])
            #expect(again.exit == 1 && again.errors.first?.contains("unknown_pause") == true)
            try await scene.gateway.post("/push", json: #"{"account":"a-1","text":"hello","chat":"31/x"}"#)
            _ = try await poll(.seconds(60), "a reply") { try await scene.sends() == 1 ? true : nil }
        }
    }
}
