import Foundation
import Synchronization

/// A Chromium without a window, in a process of its own, with a profile that is thrown away.
///
/// Whatever it does is watched: after the body, a request that leaves this machine or an error on the console fails the test.
struct Browser {
    /// Runs `body` with an empty page.
    static func scope(
        language: String = "en-US", _ body: (Page) async throws -> Void
    ) async throws {
        let profile = try TemporaryFolder()
        try await HoldfastProcess.scope(shell: "chromium \"$0\" \"$@\"", flags(profile.path, language)) { chromium in
            let prefix = "DevTools listening on "
            let line = try await chromium.logLine(containing: prefix)
            let watch = Watch()
            let devTools = try await DevTools.connect(to: String(line.dropFirst(prefix.count))) {
                _, method, parameters in
                watch.note(method, parameters)
            }
            defer { devTools.disconnect() }
            let page = try await Page.create(devTools, watch)
            try await body(page)
            _ = try? await devTools.send("Browser.close")
        }
    }

    private static func flags(_ profile: String, _ language: String) -> [String] {
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--remote-debugging-port=0", "--user-data-dir=\(profile)", "--accept-lang=\(language)", "about:blank",
        ]
    }
}

/// What a page did that is worth knowing afterwards.
final class Watch: Sendable {
    private let state = Mutex((requests: [String](), complaints: [String]()))

    /// The addresses of all requests.
    var requests: [String] { state.withLock { $0.requests } }
    /// Errors and warnings of the console, and exceptions nobody caught.
    var complaints: [String] { state.withLock { $0.complaints } }

    func note(_ method: String, _ parameters: JSON) {
        switch method {
        case "Network.requestWillBeSent":
            let url = parameters["request"]["url"].text ?? "?"
            state.withLock { $0.requests.append(url) }
        case "Runtime.exceptionThrown":
            let text = parameters["exceptionDetails"]["exception"]["description"].text ?? "an exception"
            state.withLock { $0.complaints.append(text) }
        case "Runtime.consoleAPICalled" where ["error", "warning", "assert"].contains(parameters["type"].text):
            state.withLock { $0.complaints.append("\(parameters["args"])") }
        case "Log.entryAdded" where ["error", "warning"].contains(parameters["entry"]["level"].text):
            let entry = parameters["entry"]
            state.withLock { $0.complaints.append("\(entry["text"].text ?? "?") \(entry["url"].text ?? "")") }
        default:
            break
        }
    }
}
