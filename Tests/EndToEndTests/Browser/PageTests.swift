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
                try await page.wait("document.querySelector('#verdict').textContent === '4 of 5 accounts connected'")
                try await page.wait("document.querySelector('#attention').textContent.includes('server.close_1011')")
                try await page.wait("document.querySelector('#feed').textContent.includes('a-3')")
                try await page.wait("document.querySelector('#endpoints').textContent.includes('4 of 5')")
                try await fleet.control.send("DELETE", "/faults")
                try await page.wait(
                    "document.querySelector('#verdict').textContent.startsWith('All 5')", within: .seconds(60))
                page.expectClean()
            }
        }
    }

    @Test("an account can be looked at, switched off and on, and reconnected")
    func actions() async throws {
        try await withFleet(accounts: 3) { fleet in
            try await Browser.scope { page in
                try await page.open(fleet.console + "/#account/a-2")
                try await page.wait("document.querySelector('ol.timeline')?.textContent.includes('connected')")
                try await page.click("[data-action=disable]")
                // Nothing happens before the second question is answered.
                try await page.wait("document.querySelector('#ask').open")
                #expect(try await fleet.api.account("a-2")["enabled"] == true)
                try await page.click("#ask [data-answer=yes]")
                try await page.wait("document.querySelector('.badge.status-disabled')")
                #expect(try await fleet.api.account("a-2")["enabled"] == false)
                try await page.click("[data-action=enable]")
                try await page.wait("document.querySelector('.badge.state-connected')")
                let before = try await fleet.api.account("a-2")["generation"].int ?? 0
                try await page.click("[data-action=reconnect]")
                try await fleet.api.account("a-2", "connects anew") {
                    $0["state"].text == "connected" && ($0["generation"].int ?? 0) > before
                }
                try await page.wait("document.querySelector('#facts').textContent.includes('\(before + 1) of')")
                page.expectClean()
            }
        }
    }

    @Test("all accounts that match a filter can be acted on at once, and the filter is in the address")
    func many() async throws {
        try await withFleet(accounts: 4) { fleet in
            try await Browser.scope { page in
                try await page.open(fleet.console + "/#fleet?q=a-1")
                try await page.wait("document.querySelector('#map-count')?.textContent === '1 of 4'")
                try await page.click("#statuses [data-status=healthy]")
                try await page.wait("location.hash === '#fleet?q=a-1&status=healthy'")
                try await page.click("#bulk [data-bulk=disable]")
                try await page.click("#ask [data-answer=yes]")
                try await fleet.api.account("a-1", "is switched off") { $0["enabled"] == false }
                #expect(try await fleet.api.account("a-2")["enabled"] == true)
                try await page.wait("document.querySelector('#toasts').textContent.includes('1 of 1')")
                page.expectClean()
            }
        }
    }

    @Test("a viewer sees no button that would be refused, an operator does")
    func roles() async throws {
        let folder = try TemporaryFolder()
        try await Setup.gateway { _, _, url in
            let path = try folder.write(
                "fleet.yaml",
                Setup.fleet(url, accounts: 2).replacing(
                    "listen: \"127.0.0.1:0\"", with: "listen: \"127.0.0.1:0\", tokens: [\(Self.tokens)]"))
            try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                let console = try #require(try await holdfast.ready()["console"])
                for (token, buttons) in [("looks", 0), ("acts", 5)] {
                    try await Browser.scope { page in
                        try await page.open(console + "/#account/a-1")
                        try await page.wait("document.querySelector('#token')")
                        try await page.value("document.querySelector('#token').value = '\(token)'")
                        try await page.click("#ask button.primary")
                        try await page.wait("document.querySelector('.badge.state-connected')")
                        try await page.wait("document.querySelector('#actions').children.length > 0")
                        let shown = try await page.value("document.querySelectorAll('#actions button').length")
                        #expect(shown.int == buttons, "\(token)")
                        page.expectClean { $0.contains("401") }
                    }
                }
            }
        }
    }

    /// The tokens `looks` and `acts`, by their hashes.
    private static let tokens = """
        { name: v, role: viewer, hash: "sha256:95d09b6231e6627f68a42cf844d9e928ac3f5df11c1a78025da84e22292955b1" },
        { name: o, role: operator, hash: "sha256:0b19c278ddd6476dfa18b5f7b6e8f1f8797f1fa8c465270bfd94886c92445e52" }
        """

    @Test("script in ids, reasons and messages is shown as text")
    func scripts() async throws {
        try await withFleet(accounts: 1) { fleet in
            try await Browser.scope { page in
                try await page.open(fleet.console)
                try await page.wait("document.querySelector('#verdict').textContent.startsWith('The account')")
                try await page.value(
                    """
                    (() => {
                      const evil = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>';
                      const real = window.fetch;
                      window.fetch = async (path, options) => {
                        const response = await real(path.replace(encodeURIComponent(evil), 'a-1'), options);
                        if (!/fleet|accounts|timeline|audit/.test(path) || !response.ok) return response;
                        const spoil = (value, key) => typeof value === 'string' && !/_at$|^at$|version|_names|states|statuses|classes|state|status|from|to/.test(key) ? evil
                          : Array.isArray(value) ? value.map((one) => spoil(one, key)) : value && typeof value === 'object'
                            ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spoil(one, name)])) : value;
                        return new Response(JSON.stringify(spoil(await response.json(), '')), { status: 200, headers: response.headers });
                      };
                      location.hash = 'account/' + encodeURIComponent(evil);
                    })()
                    """)
                try await page.wait("document.querySelector('#account-id')?.textContent.includes('<script>')")
                try await page.wait("document.querySelector('#facts').textContent.includes('<script>')")
                try await page.value("location.hash = 'fleet'")
                try await page.wait("document.querySelector('#attention')")
                #expect(try await page.value("document.querySelector('main img, main script') === null") == true)
                #expect(try await page.value("window.hurt ?? null") == .null)
                page.expectClean()
            }
        }
    }

    @Test("it speaks Chinese to a Chinese browser, and English when asked to")
    func chinese() async throws {
        try await withFleet(accounts: 2) { fleet in
            try await Browser.scope(language: "zh-CN") { page in
                try await page.open(fleet.console)
                try await page.wait("document.querySelector('#verdict')?.textContent === '全部 2 个账号均已连接'")
                try await page.click("#language")
                try await page.wait(
                    "document.querySelector('#verdict')?.textContent === 'All 2 accounts are connected'")
                page.expectClean()
            }
        }
    }

    @Test("every page can be opened by its address and from the keyboard, and skipping to the content stays on it")
    func addresses() async throws {
        try await withFleet(accounts: 2) { fleet in
            try await Browser.scope { page in
                for (key, name, title) in Self.pages {
                    try await page.open("about:blank")
                    try await page.open("\(fleet.console)/#\(name)")
                    try await page.wait(
                        "document.querySelector('#view h1') && !document.querySelector('#view .skeleton')")
                    #expect(try await page.text("#nav [aria-current=page]") == title)
                    try await page.value("document.querySelector('#skip').click()")
                    #expect(try await page.value("location.hash") == .string("#\(name)"))
                    #expect(try await page.value("document.activeElement.id") == "view")
                    try await page.press("g", key)
                    try await page.wait("location.hash === '#\(name)'")
                }
                try await page.value("location.hash = 'alerts?show=over'")
                try await page.wait("document.querySelector('#alert-show [aria-pressed=true]')?.textContent === 'Over'")
                try await page.click("#alert-show button")
                try await page.wait("location.hash === '#alerts'")
                try await page.press("g", "f")
                try await page.wait("document.querySelector('#map')")
                try await page.value("document.querySelector('#map').focus()")
                try await page.press("ArrowRight", "ArrowRight", "Enter")
                try await page.wait("location.hash === '#account/a-2'")
                try await page.press("Escape")
                try await page.wait("location.hash === '#fleet'")
                try await page.press("/")
                try await page.wait("document.activeElement.id === 'search'")
                page.expectClean()
            }
        }
    }

    /// The key that leads to each page, its name in the address, and its title.
    private static let pages = [
        ("f", "fleet", "Fleet"), ("a", "alerts", "Alerts"), ("l", "letters", "Letters"), ("p", "pauses", "Pauses"),
        ("u", "audit", "Audit"), ("s", "settings", "Settings"),
    ]

    @Test("eight tabs of one browser all get their answers, though it opens six connections")
    func tabs() async throws {
        try await withFleet(accounts: 2) { fleet in
            try await Browser.scope { first in
                for _ in 1...8 {
                    let page = try await Page.create(first.devTools, first.watch)
                    try await page.open(fleet.console)
                    try await page.wait("document.querySelector('#attention .emptiness')")
                    try await page.wait("document.querySelector('#live').textContent === 'Live'")
                }
                first.expectClean()
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
