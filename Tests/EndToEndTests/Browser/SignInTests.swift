import Foundation
import Testing

@Suite("Signing in to the page")
struct SignInTests {
    private func configuration(_ url: String) -> String {
        // The tokens are `viewer-token` and `operator-token`.
        let tokens = [
            ("viewer", "d036bd6d01a1cae081d39a2f8dab751dc042de814fd60df31fcb553170950f29"),
            ("operator", "0850123315d21ab90f4f7236408a52ef6dbd6a02a6550e5c10dc73f4d993680e"),
        ].map { role, hash in "{ name: \(role), role: \(role), hash: \"sha256:\(hash)\" }" }
        return Setup.fleet(url, accounts: 2).replacing(
            "server: { ", with: "server: { tokens: [ \(tokens.joined(separator: ", ")) ], ")
    }

    @Test("a token is asked for once, changed for a cookie that no script can read, and its role holds")
    func signIn() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", configuration(url))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                var api = try await holdfast.api()
                api.token = "operator-token"
                try await api.connected(2)
                let console = api.base
                try await Browser.scope { page in
                    try await page.open(console)
                    try await page.signIn("wrong-token")
                    try await page.wait("document.querySelector('#ask').open")
                    try await page.signIn("operator-token")
                    try await page.isKnown(as: "operator")
                    let kept = "document.cookie + JSON.stringify({ ...sessionStorage, ...localStorage })"
                    #expect(try await page.value(kept).text?.contains("token") == false)
                    #expect(try await page.value("document.cookie") == "")
                    // Another look at it, and an action, go by the cookie.
                    try await page.send("Page.reload")
                    try await page.wait("document.readyState === 'complete'")
                    try await page.isKnown(as: "operator")
                    #expect(try await page.status("POST", "/api/v1/accounts/a-2/disable") == 202)
                    let audit = try await api.get("/api/v1/audit").json["entries"].items
                    #expect(audit.first?["who"].text == "operator")
                    page.expectClean { $0.contains("401") || $0.contains("429") }
                }
                try await Browser.scope { page in
                    try await page.open(console)
                    try await page.signIn("viewer-token")
                    try await page.isKnown(as: "viewer")
                    #expect(try await page.status("POST", "/api/v1/accounts/a-1/disable") == 403)
                }
            }
        }
    }
}

extension Page {
    fileprivate func status(_ method: String, _ path: String) async throws -> JSON {
        try await value("fetch('\(path)', { method: '\(method)' }).then((answer) => answer.status)")
    }

    /// Waits until Holdfast knows who the page is.
    fileprivate func isKnown(as name: String) async throws {
        let ask = "fetch('/api/v1/whoami').then((answer) => answer.json()).then((caller) => caller.name ?? '')"
        _ = try await poll(.seconds(30), "the page to be known as \(name)") {
            try await value(ask).text == name ? true : nil
        }
    }

    /// Answers the question for a token.
    fileprivate func signIn(_ token: String) async throws {
        try await wait("document.querySelector('#ask').open && document.querySelector('#token')")
        try await value("document.querySelector('#token').value = '\(token)'")
        try await click("#ask button.primary")
        try await wait("!document.querySelector('#ask').open || document.querySelector('#token').value === ''")
    }
}
