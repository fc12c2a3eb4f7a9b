import Foundation
import Testing

/// One page of a browser.
struct Page {
    let devTools: DevTools
    let session: String
    let watch: Watch

    static func create(_ devTools: DevTools, _ watch: Watch) async throws -> Page {
        let target = try await devTools.send("Target.createTarget", ["url": "about:blank"])["targetId"]
        let session = try await devTools.send("Target.attachToTarget", ["targetId": target, "flatten": true])[
            "sessionId"]
        let page = Page(devTools: devTools, session: session.text ?? "", watch: watch)
        for domain in ["Page", "Runtime", "Log", "Network"] { try await page.send("\(domain).enable") }
        return page
    }

    @discardableResult
    func send(_ method: String, _ parameters: JSON = [:]) async throws -> JSON {
        try await devTools.send(method, parameters, session: session)
    }

    /// How wide the window is, and whether it is a phone's; how bright the reader likes it.
    func appear(width: Int, height: Int, scale: Double = 1, isDark: Bool = false) async throws {
        try await send(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .number(Double(width)), "height": .number(Double(height)),
                "deviceScaleFactor": .number(scale),
                "mobile": .bool(width < 600),
            ])
        try await send(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": .string(isDark ? "dark" : "light")]]])
    }

    func open(_ url: String) async throws {
        try await send("Page.navigate", ["url": .string(url)])
    }

    /// The value of an expression in the page; a promise is waited for.
    @discardableResult
    func value(_ expression: String) async throws -> JSON {
        let answer = try await send(
            "Runtime.evaluate", ["expression": .string(expression), "returnByValue": true, "awaitPromise": true])
        if let problem = answer["exceptionDetails"]["exception"]["description"].text {
            throw DevTools.Failed(description: "\(expression): \(problem)")
        }
        return answer["result"]["value"]
    }

    /// Waits until an expression is true in the page.
    func wait(_ expression: String, within limit: Duration = .seconds(60)) async throws {
        _ = try await poll(limit, "the page to be so: \(expression)") { () -> Bool? in
            try await value("Boolean(\(expression))") == true ? true : nil
        }
    }

    /// The text of the first element that matches.
    func text(_ selector: String) async throws -> String {
        try await value("document.querySelector('\(selector)')?.textContent ?? ''").text ?? ""
    }

    func click(_ selector: String) async throws {
        try await wait("document.querySelector('\(selector)')")
        try await value("document.querySelector('\(selector)').click()")
    }

    /// Presses keys, one after the other, on what has the focus.
    func press(_ keys: String...) async throws {
        for key in keys {
            try await value(
                "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key: '\(key)', bubbles: true, cancelable: true }))"
            )
        }
    }

    func screenshot(to path: String) async throws {
        let data = try await send("Page.captureScreenshot", ["format": "png"])["data"].text ?? ""
        let image = try #require(Data(base64Encoded: data))
        try image.write(to: URL(fileURLWithPath: path))
    }

    /// Nothing went wrong in the page, and nothing was asked of another machine. What the test itself broke is excused.
    func expectClean(excusing isExcused: (String) -> Bool = { _ in false }) {
        let complaints = watch.complaints.filter { !isExcused($0) }
        #expect(complaints == [])
        let away = watch.requests.filter { url in
            !["http://127.0.0.1:", "about:", "data:"].contains { url.hasPrefix($0) }
        }
        #expect(away == [])
    }
}
