import Foundation
import Testing

@Suite("The Chinese page")
struct ChinesePageTests {
    @Test("has no English left over, whatever is the matter, beside names, codes and what others said")
    func noEnglish() async throws {
        try await TroubledFleet.scope { fleet in
            try await Browser.scope(language: "zh-CN") { page in
                try await page.open(fleet.api.base)
                try await page.wait("document.querySelector('#attention .row')")
                #expect(try await page.value("document.documentElement.lang") == "zh-CN")
                for (place, sign) in Self.places {
                    try await page.value("location.hash = '\(place)'")
                    try await page.wait("\(sign) && !document.querySelector('#view .skeleton')")
                    let left = try await page.value(Self.leftOver)
                    #expect(left == [], "\(place)")
                }
                page.expectClean()
            }
        }
    }

    @Test("quotes what the gateway said, and says the rest in its own words")
    func quotation() async throws {
        try await TroubledFleet.scope { fleet in
            try await Browser.scope(language: "zh-CN") { page in
                try await page.open("\(fleet.api.base)/#account/\(TroubledFleet.closed)")
                try await page.wait("document.querySelector('.failure .said')")
                #expect(try await page.text(".failure .said") == "the gateway was told to close")
                #expect(try await page.text(".failure").contains("server.close_1011 网关以代码 1011 关闭了连接"))
                try await page.click("#language")
                try await page.wait("document.querySelector('.failure')?.textContent.includes('with 1011')")
            }
        }
    }

    /// Every page, and what is true once it shows something.
    private static let places =
        [
            ("fleet", "document.querySelector('#alerts-list .alert-row')"),
            (
                "alerts",
                "document.querySelector('#list-alerts .item') && document.querySelector('#list-silences .item')"
            ),
            ("alerts?show=over", "document.querySelector('#alert-show [aria-pressed=true]')"),
            ("letters", "document.querySelector('#list-letters .item')"),
            ("pauses", "document.querySelector('#list-pauses .item')"),
            ("audit", "document.querySelectorAll('#list-audit .item').length > 5"),
            ("settings", "document.querySelector('#settings dd')"),
        ]
        + [
            TroubledFleet.well, TroubledFleet.rejected, TroubledFleet.closed, TroubledFleet.refused,
            TroubledFleet.unavailable, TroubledFleet.disabled, TroubledFleet.captcha,
        ].map { id in
            let hasFailed = ![TroubledFleet.well, TroubledFleet.disabled].contains(id)
            return (
                "account/\(id)",
                "document.querySelector('#account-id')?.textContent === '\(id)' && document.querySelector('ol.timeline li')"
                    + (hasFailed ? " && document.querySelector('.failure')" : "")
            )
        }

    /// All English in the page that is no name, no code, no address and no quotation. Details are unfolded first. Two English words in
    /// a row are a sentence, even where a code is expected.
    private static let leftOver = """
        (async () => {
          for (const details of document.querySelectorAll('#view details')) details.open = true;
          await new Promise((resume) => setTimeout(resume, 500));
          const known = /wss?:[^ ]+|\\b(Holdfast|HTTP|TLS|WebSocket|SOCKS|errno|lwp)\\b|\\b[a-z_]+\\.[a-z0-9_]+\\b|\\b[a-z]+=\\S+/g;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const left = [];
          while (walker.nextNode()) {
            const { data, parentElement: element } = walker.currentNode;
            if (element.closest('kbd, script, noscript, pre, .brand, #language, .name, .who, h1#account-id, q[lang]')) continue;
            const english = element.closest('code') ? /[A-Za-z]{2,} [A-Za-z]{2,}/ : /[A-Za-z]{3,}/;
            if (english.test(data.replace(known, ''))) left.push(data);
          }
          for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
            for (const name of ['aria-label', 'title', 'placeholder']) {
              const text = element.getAttribute(name) ?? '';
              if (/[A-Za-z]{3,}/.test(text.replace(known, '').replace(/\\d+T\\S+/g, ''))) left.push(text);
            }
          }
          return left;
        })()
        """
}
