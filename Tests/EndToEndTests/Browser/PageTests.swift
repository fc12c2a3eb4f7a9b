import Foundation
import Testing

@Suite("The page in a real browser")
struct PageTests {
    @Test("its counts agree with the interface")
    func counts() async throws {
        try await withFleet(accounts: 7) { fleet in
            try await fleet.api.post("/api/v1/accounts/a-7/disable")
            try await Browser.scope { page in
                try await page.open(fleet.console)
                try await page.wait("document.querySelector('#verdict').textContent === 'All 6 accounts are connected'")
                let totals = try await fleet.api.get("/api/v1/accounts?limit=1").json["totals"]
                for status in ["healthy", "degraded", "unhealthy", "failed", "quarantined", "disabled"] {
                    let shown = try await page.text("#statuses .status-\(status) b")
                    #expect(Int(shown) == totals["by_status"][status].int, "\(status)")
                }
                for state in ["connected", "disconnected"] {
                    let shown = try await page.text("#states .state-\(state) b")
                    #expect(Int(shown) == totals[state].int, "\(state)")
                }
                #expect(try await page.text("#live") == "Live")
                #expect(try await page.text("title") == "6/6 · Holdfast")
                page.expectClean()
            }
        }
    }

    @Test("a fault at the gateway appears within seconds, and goes again")
    func fault() async throws {
        try await withFleet(accounts: 5) { fleet in
            try await Browser.scope { page in
                try await page.open(fleet.console)
                try await page.wait("document.querySelector('#verdict').textContent.startsWith('All 5')")
                try await fleet.control.send(
                    "PUT", "/faults", json: #"[{"match":{"account":"a-3"},"fault":"close","code":1011}]"#)
                try await page.wait(
                    "document.querySelector('#attention').textContent.includes('server.close_1011')",
                    within: .seconds(5))
                try await page.wait("document.querySelector('#verdict').textContent === '4 of 5 accounts connected'")
                #expect(try await page.text("#feed").contains("a-3"))
                #expect(try await page.text("#endpoints").contains("server.close_1011"))
                try await fleet.control.send("DELETE", "/faults")
                try await page.wait(
                    "document.querySelector('#verdict').textContent.startsWith('All 5')", within: .seconds(40))
                page.expectClean()
            }
        }
    }

    @Test("an account can be looked at, switched off and on, and reconnected")
    func actions() async throws {
        try await withFleet(accounts: 3) { fleet in
            try await Browser.scope { page in
                try await page.open(fleet.console + "/#account/a-2")
                try await page.wait("document.querySelector('#panel .timeline')?.textContent.includes('connected')")
                try await page.click("#panel [data-action=disable]")
                // Nothing happens before the second question is answered.
                try await page.wait("document.querySelector('#ask').open")
                #expect(try await fleet.api.account("a-2")["enabled"] == true)
                try await page.click("#ask [data-answer=yes]")
                try await page.wait("document.querySelector('#panel .badge.status-disabled')")
                #expect(try await fleet.api.account("a-2")["enabled"] == false)
                try await page.click("#panel [data-action=enable]")
                try await page.wait("document.querySelector('#panel .badge.state-connected')")
                let before = try await fleet.api.account("a-2")["generation"].int ?? 0
                try await page.click("#panel [data-action=reconnect]")
                try await fleet.api.account("a-2", "connects anew") {
                    $0["state"].text == "connected" && ($0["generation"].int ?? 0) > before
                }
                try await page.wait("document.querySelector('#panel .facts').textContent.includes('\(before + 1) of')")
                page.expectClean()
            }
        }
    }

    @Test("script in ids, reasons and messages is shown as text")
    func scripts() async throws {
        try await withFleet(accounts: 1) { fleet in
            try await Browser.scope { page in
                try await page.open(fleet.console)
                try await page.wait("document.querySelector('#verdict').textContent.startsWith('The account')")
                try await page.value(
                    """
                    import('/page/model.js').then(({ accept, model }) => {
                      const evil = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>';
                      const one = [...model.accounts.values()][0];
                      accept({ ...one, id: evil, state: 'failed', status: 'failed', health: 10, failures: 3, url: evil,
                        reasons: [{ code: evil, detail: evil }], next_attempt_at: null,
                        last_failure: { at: one.last_connected_at, class: evil, code: evil, message: evil, phase: evil } });
                      model.feed.unshift({ account: evil, at: one.last_connected_at, to: 'failed', reason: evil, code: evil });
                      location.hash = 'account/' + encodeURIComponent(evil);
                    })
                    """)
                try await page.wait("document.querySelector('#panel .failure')?.textContent.includes('<script>')")
                #expect(
                    try await page.value("document.querySelector('#panel img, #feed img, #attention img') === null")
                        == true)
                #expect(try await page.value("window.hurt ?? null") == .null)
                page.expectClean { $0.contains("404") }
            }
        }
    }

    @Test("it speaks Chinese to a Chinese browser, and English when asked to")
    func chinese() async throws {
        try await withFleet(accounts: 2) { fleet in
            try await Browser.scope(language: "zh-CN") { page in
                try await page.open(fleet.console + "/#account/a-1")
                try await page.wait("document.querySelector('#verdict').textContent === '全部 2 个账号均已连接'")
                try await page.wait("document.querySelector('#panel .timeline')?.textContent.includes('已连接')")
                #expect(try await page.value("document.documentElement.lang") == "zh-CN")
                // No English is left over, beside names, codes and addresses.
                let left = try await page.value(
                    """
                    (() => {
                      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                      const left = [];
                      while (walker.nextNode()) {
                        const node = walker.currentNode;
                        if (node.parentElement.closest('code, script, noscript, .brand, #language, [lang=en]')) continue;
                        if (/[A-Za-z]{3,}/.test(node.data.replace(/wss?:[^ ]+|\\blwp\\b|Holdfast/g, ''))) left.push(node.data);
                      }
                      return left;
                    })()
                    """)
                #expect(left == [])
                try await page.click("#language")
                try await page.wait("document.querySelector('#verdict').textContent === 'All 2 accounts are connected'")
                page.expectClean()
            }
        }
    }

    @Test("it says when Holdfast is gone, and finds it again by itself")
    func lostConnection() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: 2))
            try await Browser.scope { page in
                let console = try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                    let console = try #require(try await holdfast.ready()["console"])
                    try await page.open(console)
                    try await page.wait("document.querySelector('#verdict').textContent.startsWith('All 2')")
                    return console
                }
                try await page.wait("!document.querySelector('#lost').hidden")
                #expect(try await page.text("#live") == "Not connected")
                let address = console.replacing("http://", with: "")
                let listen = ["HOLDFAST_SERVER__LISTEN": address]
                try await HoldfastProcess.scope(["run", "--config", path], environment: listen) { holdfast in
                    _ = try await holdfast.ready()
                    try await page.wait("document.querySelector('#live').textContent === 'Live'")
                    try await page.wait("document.querySelector('#lost').hidden")
                    try await page.wait("document.querySelector('#verdict').textContent.startsWith('All 2')")
                }
                page.expectClean {
                    $0.contains("ERR_CONNECTION_REFUSED") || $0.contains("ERR_INCOMPLETE_CHUNKED")
                        || $0.contains("ERR_CONNECTION_RESET")
                }
            }
        }
    }

    /// A fleet and its gateway, each in a process of its own, all accounts connected.
    private func withFleet(accounts: Int, _ body: (Cast) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, control, url in
            let path = try folder.write("fleet.yaml", Setup.fleet(url, accounts: accounts))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let api = try await holdfast.api()
                try await api.connected(accounts)
                try await body(Cast(console: api.base, api: api, control: control))
            }
        }
    }

    private struct Cast {
        var console: String
        var api: API
        var control: API
    }
}
