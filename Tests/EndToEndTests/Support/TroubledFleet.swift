import Foundation

/// A fleet with a bit of every trouble, and something in every list: for tests that look at everything there is.
enum TroubledFleet {
    /// Accounts by what is the matter with them.
    static let well = "a-1"
    static let rejected = "a-2"
    static let closed = "a-3"
    static let refused = "a-4"
    static let unavailable = "a-5"
    static let disabled = "a-6"
    static let captcha = "a-7"

    struct Cast: Sendable {
        var api: API
        var gateway: API
    }

    /// Runs `body` when all of it has come about.
    static func scope(_ body: (Cast) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            try await control.send("PUT", "/faults", json: faults)
            let path = try folder.write("fleet.yaml", configuration(url, control.base))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await act(api, control)
                try await wait(api)
                try await body(Cast(api: api, gateway: control))
            }
        }
    }

    private static let faults = """
        [{"match":{"account":"\(rejected)"},"fault":"reject_register","code":401},
         {"match":{"account":"\(captcha)"},"fault":"reject_register","code":401},
         {"match":{"account":"\(closed)"},"fault":"close","code":1011},
         {"match":{"account":"\(unavailable)"},"fault":"upgrade_status","status":503}]
        """

    private static func configuration(_ url: String, _ control: String) -> String {
        let answer = #"{\"outcome\":\"needs_person\",\"detail\":\"solve the captcha\"}"#
        let accounts = [well, rejected, closed, unavailable, disabled].map {
            "  - { id: \($0), url: \"\(url)/\($0)\", token: t }\n"
        }
        return """
            server: { listen: "127.0.0.1:0" }
            store: { path: data, key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= }
            alerts: { group_wait: 0s, recover_after: 0s, rules: { account_down: { after: 1s } } }
            handlers: [{ match: all, webhook: { url: "\(control)/nobody", timeout: 5s } }]
            channels: { pager: { webhook: { url: "\(control)/nobody" } } }
            providers: { shop-login: { command: { run: [/usr/bin/printf, "\(answer)"] } } }
            accounts:
            \(accounts.joined())
              - { id: \(refused), url: "ws://127.0.0.1:9/", token: t }
              - { id: \(captcha), url: "\(url)/\(captcha)", token: t, provider: shop-login }
            """
    }

    /// What leaves traces: letters, pauses, silences, and a log of it all.
    private static func act(_ api: API, _ gateway: API) async throws {
        try await api.account(well, within: .seconds(60), "is connected") { $0["state"].text == "connected" }
        for text in ["还在吗？", "Is this still available?"] {
            try await gateway.post("/push", json: #"{"account":"\#(well)","text":"\#(text)","chat":"c-1"}"#)
        }
        try await api.post("/api/v1/accounts/\(disabled)/disable")
        try await api.post("/api/v1/accounts/\(well)/release")
        try await api.post("/api/v1/accounts:reset", json: #"{"filter":{"q":"a-1"}}"#)
        try await api.post("/api/v1/pauses", json: #"{"account":"\#(well)","chat":"c-9","for_s":5400}"#)
        try await api.post(
            "/api/v1/silences", json: #"{"account":"nobody-*","for":"2h","comment":"moving house"}"#)
        try await api.post("/api/v1/channels/pager/test")
    }

    private static func wait(_ api: API) async throws {
        for id in [rejected, captcha] {
            try await api.account(id, within: .seconds(60), "is quarantined") { $0["quarantine"].text != nil }
        }
        for id in [closed, refused, unavailable] {
            try await api.account(id, within: .seconds(60), "fails") { ($0["failures"].int ?? 0) > 0 }
        }
        _ = try await poll(.seconds(60), "two letters, an alert with its cause, and the log") { () -> Bool? in
            let letters = try await api.get("/api/v1/letters").json["letters"].items
            let alerts = try await api.get("/api/v1/alerts").json["alerts"].items
            let audit = try await api.get("/api/v1/audit").json["entries"].items
            return letters.count == 2 && alerts.contains { $0["detail"].text?.isEmpty == false } && audit.count >= 6
                ? true : nil
        }
    }
}
