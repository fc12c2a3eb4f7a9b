import Foundation
import Testing

@Suite("Letters, pauses, audit and settings in a real browser")
struct MailPageTests {
    @Test("a letter is read and thrown away, a pause begun and lifted, and the audit log has it all")
    func mail() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            // The gateway's control address knows no such path: the webhook refuses every message.
            let handlers = "handlers: [{ match: all, webhook: { url: \"\(control.base)/nobody\" } }]\n"
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2, extra: handlers))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(2)
                try await control.post("/push", json: #"{"account":"a-1","text":"<b>still there?</b>","chat":"c-1"}"#)
                try await Browser.scope { page in
                    try await readLetter(page, api)
                    try await pause(page, api)
                    try await page.value("location.hash = 'audit'")
                    for action in ["Delete letter", "Pause chat", "Lift pause"] {
                        try await page.wait("document.querySelector('#view').textContent.includes('\(action)')")
                    }
                    try await page.wait("document.querySelector('#view').textContent.includes('chat c-9, 10 min')")
                    try await page.value("location.hash = 'settings?find=retry.max_fail'")
                    try await page.wait("document.querySelectorAll('#settings dd').length === 1")
                    #expect(try await page.text("#settings dd").contains("5"))
                    page.expectClean()
                }
            }
        }
    }

    private func readLetter(_ page: Page, _ api: API) async throws {
        _ = try await poll(.seconds(60), "the letter") { () -> Bool? in
            try await api.get("/api/v1/letters").json["letters"].items.count == 1 ? true : nil
        }
        try await page.open("\(api.base)/#letters")
        try await page.wait("document.querySelector('#list-letters summary')?.textContent.includes('a-1')")
        #expect(try await page.text("#list-letters q") == "<b>still there?</b>")
        try await page.click("#list-letters summary")
        try await page.click("#list-letters [data-action=delete]")
        try await page.click("#ask [data-answer=yes]")
        try await page.wait("document.querySelector('#list-letters .emptiness')")
        #expect(try await api.get("/api/v1/letters").json["letters"].items.isEmpty)
    }

    private func pause(_ page: Page, _ api: API) async throws {
        try await page.value("location.hash = 'pauses'")
        try await page.wait("document.querySelector('#list-pauses .emptiness')")
        try await page.click("[data-action=pause]")
        try await page.value(
            "['account', 'chat'].forEach((name, index) => { document.querySelector(`#ask-${name}`).value = ['a-2', 'c-9'][index]; })"
        )
        try await page.click("#ask [data-answer=yes]")
        try await page.wait("document.querySelector('#list-pauses [data-action=lift]')")
        #expect(try await api.get("/api/v1/pauses").json["pauses"][0]["chat"] == "c-9")
        try await page.click("#list-pauses [data-action=lift]")
        try await page.click("#ask [data-answer=yes]")
        try await page.wait("document.querySelector('#list-pauses .emptiness')")
        #expect(try await api.get("/api/v1/pauses").json["pauses"].items.isEmpty)
    }
}
