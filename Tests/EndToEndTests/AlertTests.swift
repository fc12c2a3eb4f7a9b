import Foundation
import Testing

@Suite("Alerts, as people meet them")
struct AlertTests {
    private static let quick =
        "alerts: { group_wait: 0s, recover_after: 0s, rules: { account_down: { after: 1s } } }\n"

    /// Waits until there is an alert as it should be.
    private static func alert(
        _ api: API, _ awaited: String, _ isRight: @escaping @Sendable (JSON) -> Bool
    ) async throws -> JSON {
        try await poll(.seconds(60), awaited) {
            let answer = try await api.get("/api/v1/alerts").json
            if let alert = answer["alerts"].items.first, isRight(alert) { return alert }
            throw TooLate(awaited: awaited, lastSeen: "\(answer)")
        }
    }

    @Test("killed and started again during an outage: nothing is told twice, and its end is told once")
    func killed() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            try await control.send("PUT", "/faults", json: #"[{"match":{"account":"a-1"},"fault":"refuse"}]"#)
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2, extra: Self.quick))
            var id: String?
            for round in 0..<3 {
                try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                    let api = try await holdfast.api()
                    let alert = try await Self.alert(api, "an alert about a-1") { $0["told_at"].text != nil }
                    // Said when it is durable.
                    if round == 0 { _ = try await holdfast.logLine(containing: "account_down") }
                    #expect(alert["account"].text == "a-1")
                    #expect(alert["messages"].int == 1)
                    if round > 0 { #expect(alert["id"].text == id) }
                    id = alert["id"].text
                    if round > 0 {
                        try await api.account("a-1", "fails again") { ($0["failures"].int ?? 0) > 0 }
                    }
                    holdfast.signal(SIGKILL)
                    #expect(try await holdfast.exit() == -SIGKILL)
                }
            }
            try await control.send("DELETE", "/faults")
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                let alert = try await Self.alert(api, "the end of the alert") { $0["active"] == .bool(false) }
                #expect(alert["id"].text == id)
                #expect(alert["messages"].int == 2)
                #expect(try await api.get("/api/v1/alerts").json["alerts"].items.count == 1)
            }
        }
    }

    @Test("the command lists alerts, silences them, and takes that back")
    func command() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            try await control.send("PUT", "/faults", json: #"[{"match":{"account":"a-1"},"fault":"refuse"}]"#)
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2, extra: Self.quick))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                let environment = ["HOLDFAST_URL": api.base]
                _ = try await Self.alert(api, "an alert about a-1") { $0["told_at"].text != nil }
                let list = try await HoldfastProcess.run(["alerts", "list"], environment: environment)
                #expect(list.exit == 0)
                #expect(list.output.contains { $0.contains("account_down") && $0.contains("a-1") })

                let silence = try await HoldfastProcess.run(
                    ["alerts", "silence", "--account", "a-*", "--for", "2h", "--comment", "moving house"],
                    environment: environment)
                #expect(silence.exit == 0)
                let id = try #require(silence.output.first?.split(separator: ":").first.map(String.init))
                _ = try await Self.alert(api, "a silenced alert") { $0["silenced_by"].text == id }
                let silences = try await HoldfastProcess.run(["alerts", "silences"], environment: environment)
                #expect(silences.output.contains { $0.contains(id) && $0.contains("moving house") })

                let back = try await HoldfastProcess.run(["alerts", "unsilence", id], environment: environment)
                #expect(back.exit == 0)
                let none = try await HoldfastProcess.run(["alerts", "silences"], environment: environment)
                #expect(none.output == ["Nothing is silenced."])
                let again = try await HoldfastProcess.run(["alerts", "unsilence", id], environment: environment)
                #expect(again.exit == 1)
                let audit = try await api.get("/api/v1/audit").json["entries"].items.compactMap { $0["action"].text }
                #expect(audit == ["unsilence", "silence"])
            }
        }
    }

    @Test(
        "a silence that says nothing, or something else, is refused with what would be right",
        arguments: [
            #"{}"#, #"{"for":"2x"}"#, #"{"for":"2h","ends_at":"2099-01-01T00:00:00Z"}"#, #"{"for":"2h","rule":"none"}"#,
            #"{"for":"2h","acount":"a"}"#, #"{"ends_at":"2001-01-01T00:00:00Z"}"#, #"{"for":"2h","account":""}"#,
            #"{"for":2}"#, #"["for"]"#, #"{"for":"99999d"}"#, #"{"ends_at":"tomorrow"}"#,
        ])
    func refused(body: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("fleet.yaml", "server: { listen: \"127.0.0.1:0\" }\naccounts: []\n")
        try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
            let answer = try await holdfast.api().post("/api/v1/silences", json: body)
            #expect(answer.status == 400)
            #expect(answer.json["detail"].text?.isEmpty == false)
            #expect(try await holdfast.api().get("/api/v1/silences").json["silences"].items.isEmpty)
        }
    }
}
