import Foundation
import Testing

private let picturesFolder = ProcessInfo.processInfo.environment["HOLDFAST_SCREENSHOTS"]

/// Makes the pictures of the documentation, when it is told where to: `HOLDFAST_SCREENSHOTS=docs/images swift test …`.
@Suite("Pictures of the page", .enabled(if: picturesFolder != nil))
struct ScreenshotTests {
    private struct Picture {
        var name: String
        var width = 1360
        var height = 900
        var isDark = false
        var language = "en-US"
        var account: String?
    }

    private static let pictures = [
        Picture(name: "console-light"),
        Picture(name: "console-dark", isDark: true),
        Picture(name: "console-phone", width: 390, height: 844),
        Picture(name: "account-dark", isDark: true, account: "shop-16"),
        Picture(name: "account-phone", width: 390, height: 844, account: "shop-16"),
        Picture(name: "console-zh", language: "zh-CN"),
    ]

    @Test("a fleet with a bit of everything")
    func pictures() async throws {
        let folder = try #require(picturesFolder)
        let home = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            try await control.send("PUT", "/faults", json: Self.faults)
            let path = try home.write("fleet.yaml", Self.configuration(url))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(18)
                try await api.post("/api/v1/accounts/shop-14/disable")
                try await api.account("shop-07", "is quarantined") { $0["status"].text == "quarantined" }
                try await api.account("shop-11", "answers slowly") { ($0["reply_ms"].number ?? 0) > 5_000 }
                for picture in Self.pictures {
                    try await Browser.scope(language: picture.language) { page in
                        try await take(picture, of: page, api, to: folder)
                    }
                }
            }
        }
    }

    /// 24 shops: one gateway that misbehaves to some, and one that is down.
    private static func configuration(_ url: String) -> String {
        let accounts = (1...24).map { number in
            let id = number < 10 ? "shop-0\(number)" : "shop-\(number)"
            let endpoint = number > 20 ? "ws://127.0.0.1:9" : url
            return "  - { id: \(id), url: \"\(endpoint)/\(id)\", token: t }\n"
        }
        return """
            server: { listen: "127.0.0.1:0" }
            defaults: { heartbeat: { interval: 5s, max_interval: 5s } }
            accounts:
            \(accounts.joined())
            """
    }

    private static let faults = """
        [{"match":{"account":"shop-07"},"fault":"reject_register","code":401},
         {"match":{"account":"shop-16"},"fault":"close","code":1011},
         {"match":{"account":"shop-11"},"fault":"slow","delay_ms":6200}]
        """

    private func take(_ picture: Picture, of page: Page, _ api: API, to folder: String) async throws {
        try await page.appear(width: picture.width, height: picture.height, isDark: picture.isDark)
        try await page.open(api.base)
        try await page.wait("document.querySelector('#feed time') && document.querySelector('#statuses b')")
        if let account = picture.account {
            try await page.open("\(api.base)/#account/\(account)")
            try await page.wait("document.querySelector('#panel .timeline')")
        }
        // The feed fills, flashes fade, and the panel has slid in.
        try await page.value("new Promise((resume) => setTimeout(resume, 1500))")
        try await page.screenshot(to: "\(folder)/\(picture.name).png")
    }
}
