import Foundation
import Testing

private let picturesFolder = ProcessInfo.processInfo.environment["HOLDFAST_SCREENSHOTS"]

/// Makes the pictures of the documentation, when it is told where to: `scripts/pictures` does.
@Suite("Pictures of the page", .enabled(if: picturesFolder != nil))
struct ScreenshotTests {
    private struct Picture {
        var name: String
        /// Of the address, behind `#`.
        var place: String
        var width = 1360
        var height: Int
        /// Dots for each point: enough to look sharp in the documentation, and no more than that.
        var scale: Double
        var isDark = false
        var language = "en-US"
    }

    /// Each page on a desk in light and dark and in Chinese, and on a phone in both languages.
    private static let pictures = [
        ("console", "fleet", 900, 1.5), ("account", "account/shop-16", 1_150, 1.25), ("alerts", "alerts", 760, 1.0),
        ("letters", "letters", 760, 1.0), ("pauses", "pauses", 760, 1.0), ("audit", "audit", 760, 1.0),
        ("settings", "settings", 760, 1.0),
    ].flatMap { name, place, height, scale in
        [
            Picture(name: "\(name)-light", place: place, height: height, scale: scale),
            Picture(name: "\(name)-dark", place: place, height: height, scale: scale, isDark: true),
            Picture(name: "\(name)-zh", place: place, height: height, scale: scale, language: "zh-CN"),
            Picture(name: "\(name)-phone", place: place, width: 390, height: 844, scale: 1.5, isDark: true),
            Picture(
                name: "\(name)-phone-zh", place: place, width: 390, height: 844, scale: 1.5, language: "zh-CN"),
        ]
    }

    @Test("a fleet with a bit of everything")
    func pictures() async throws {
        let folder = try #require(picturesFolder)
        let home = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            try await control.send("PUT", "/faults", json: Self.faults)
            let path = try home.write("fleet.yaml", Self.configuration(url, control.base))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(18)
                try await api.post("/api/v1/accounts/shop-14/disable")
                try await api.account("shop-07", "is quarantined") { $0["status"].text == "quarantined" }
                try await api.account("shop-11", "answers slowly") { ($0["reply_ms"].number ?? 0) > 5_000 }
                try await Self.makeMail(api, control)
                try await Self.makeHistory(control)
                for picture in Self.pictures {
                    try await Browser.scope(language: picture.language) { page in
                        try await take(picture, of: page, api, to: folder)
                    }
                }
            }
        }
    }

    /// 24 shops: one gateway that misbehaves to some, and one that is down.
    private static func configuration(_ url: String, _ control: String) -> String {
        let accounts = (1...24).map { number in
            let id = number < 10 ? "shop-0\(number)" : "shop-\(number)"
            let endpoint = number > 20 ? "ws://127.0.0.1:9" : url
            return "  - { id: \(id), url: \"\(endpoint)/\(id)\", token: t }\n"
        }
        return """
            server: { listen: "127.0.0.1:0" }
            defaults: { heartbeat: { interval: 5s, max_interval: 5s } }
            admission: { connects_per_second: 100 }
            handlers: [{ match: all, webhook: { url: "\(control)/nobody", timeout: 5s } }]
            accounts:
            \(accounts.joined())
            """
    }

    /// Letters, because the webhook says 404, and pauses.
    private static func makeMail(_ api: API, _ control: API) async throws {
        for (account, text) in [
            ("shop-02", "Is this still available?"), ("shop-05", "还在吗？可以便宜点吗？"), ("shop-09", "Thank you!"),
        ] {
            try await control.post(
                "/push", json: #"{"account":"\#(account)","text":"\#(text)","chat":"c-\#(account)"}"#)
            try await api.post(
                "/api/v1/pauses", json: #"{"account":"\#(account)","chat":"d-\#(account)","for_s":5400}"#)
        }
        try await api.post(
            "/api/v1/silences",
            json: #"{"account":"shop-2*","rule":"account_flapping","for":"8h","comment":"The provider moves house."}"#)
        _ = try await poll(.seconds(60), "three letters") { () -> Bool? in
            try await api.get("/api/v1/letters").json["letters"].items.count >= 3 ? true : nil
        }
    }

    /// The gateway goes down for a while and everybody comes back; then two minutes and a half, so that alerts begin.
    private static func makeHistory(_ control: API) async throws {
        try await Task.sleep(for: .seconds(30))  // tidy: a picture has nothing to wait for
        let down = #"[{"match":{"account":"*"},"fault":"reset","for_s":0.3}]"#
        try await control.send("PUT", "/faults", json: down)
        try await Task.sleep(for: .seconds(1))  // tidy: as above
        let refused = #"[{"match":{"account":"*"},"fault":"refuse","for_s":20}]"#
        try await control.send("PUT", "/faults", json: refused)
        try await Task.sleep(for: .seconds(21))  // tidy: as above
        try await control.send("PUT", "/faults", json: faults)
        try await Task.sleep(for: .seconds(150))  // tidy: as above
    }

    private static let faults = """
        [{"match":{"account":"shop-07"},"fault":"reject_register","code":401},
         {"match":{"account":"shop-16"},"fault":"close","code":1011},
         {"match":{"account":"shop-11"},"fault":"slow","delay_ms":6200}]
        """

    private func take(_ picture: Picture, of page: Page, _ api: API, to folder: String) async throws {
        try await page.appear(
            width: picture.width, height: picture.height, scale: picture.scale, isDark: picture.isDark)
        try await page.open("\(api.base)/#\(picture.place)")
        try await page.wait(
            "document.querySelector('#view h1')?.textContent && !document.querySelector('#view .skeleton')")
        // Curves have something to show, and flashes fade.
        let patience = picture.place.hasPrefix("account") ? 20_000 : 2_500
        try await page.value("new Promise((resume) => setTimeout(resume, \(patience)))")
        try await page.screenshot(to: "\(folder)/\(picture.name).png")
    }
}
