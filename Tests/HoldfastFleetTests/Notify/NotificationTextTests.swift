import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("Notifications in words")
struct NotificationTextTests {
    private func text(
        _ notification: AlertNotification, _ language: NotificationLanguage = .english
    ) -> NotificationText {
        NotificationText(notification, language: language, console: "https://holdfast.example")
    }

    @Test("an outage says what, since when, how bad, who, why, what to do, and where to look")
    func outage() {
        #expect(
            text(.sample()).plain() == """
                [critical] ws://gate:9000: 812 of 1000 accounts down

                Since: 2026-03-01 08:15:30 UTC, for 5 min
                Accounts connected: 18.8 % (bound: 70 %; 1000 accounts)
                Accounts: shop-1, shop-2, and 810 more
                Reason: network.refused
                Alert: a1b2

                See whether the gateway, or the way to it, is down. Holdfast goes on trying by itself; nothing is lost meanwhile. `holdfast doctor` says more.

                https://holdfast.example/#alerts
                """)
    }

    @Test("the same in Chinese")
    func chinese() {
        #expect(
            text(.sample(), .chinese).plain() == """
                【严重】ws://gate:9000：1000 个账号中有 812 个掉线

                开始时间: 2026-03-01 08:15:30 UTC，已持续 5 分钟
                已连接账号: 18.8 %（界限 70 %，共 1000 个账号）
                账号: shop-1、shop-2，以及另外 810 个
                原因: network.refused
                告警编号: a1b2

                请检查网关以及到网关的网络。Holdfast 会自动继续重试，期间不会丢失任何内容。详情见 `holdfast doctor`。

                https://holdfast.example/#alerts
                """)
    }

    @Test("what is over says how long it lasted, and asks for nothing")
    func resolved() {
        let english = text(.sample(.resolved))
        #expect(english.subject == "[resolved] ws://gate:9000: 812 of 1000 accounts down")
        #expect(
            english.facts.first
                == .init(name: "Lasted", value: "1 h 2 min, 2026-03-01 08:15:30 UTC to 2026-03-01 09:17:30 UTC"))
        #expect(english.advice == nil)
        #expect(text(.sample(.resolved), .chinese).subject == "【已恢复】ws://gate:9000：1000 个账号中有 812 个掉线")
    }

    @Test("one account is called by its name, many by their number")
    func accounts() {
        let one = AlertNotification.sample(
            cause: .accountQuarantined, rule: .accountQuarantined, affected: 1, sample: ["shop-7"])
        #expect(text(one).subject == "[critical] Account shop-7 is quarantined")
        #expect(text(one, .chinese).subject == "【严重】账号 shop-7 已被隔离")
        let many = AlertNotification.sample(.repeat, cause: .accountDown, rule: .accountDown, value: 130, affected: 3)
        #expect(text(many).subject == "[still critical] 3 accounts of ws://gate:9000 are down")
        #expect(text(many, .chinese).subject == "【仍为严重】ws://gate:9000 的 3 个账号已掉线")
    }

    @Test(
        "every cause and every rule has its words in both languages", arguments: AlertCause.Kind.allCases,
        AlertRule.allCases)
    func complete(cause: AlertCause.Kind, rule: AlertRule) {
        let notification = AlertNotification.sample(cause: cause, rule: rule, value: 4, detail: "")
        let (english, chinese) = (text(notification), text(notification, .chinese))
        #expect(english.plain().allSatisfy { $0.isASCII })
        #expect(english.advice != chinese.advice && english.advice?.isEmpty == false)
        // What is left of English are names: commands, units, addresses.
        let names =
            ##/holdfast [a-z]+( release)?|Holdfast|LimitNOFILE|shop-\d|ws://gate:9000|https://holdfast.example/#alerts|UTC|a1b2| s\b/##
        #expect(!chinese.plain().replacing(names, with: "").contains(#/[A-Za-z]/#), "\(chinese.plain())")
    }

    @Test("what others have written stays on one line, and is cut")
    func details() {
        let wild = "disk\r\nBcc: x@y\u{1b}[31m \u{202e}" + String(repeating: "ä", count: 1_000)
        let detail = text(.sample(detail: wild)).facts.first { $0.name == "Reason" }?.value ?? ""
        #expect(detail.hasPrefix("disk  Bcc: x@y [31m  ää"))
        #expect(detail.count == NotificationText.detailLimit + 1 && detail.hasSuffix("…"))
    }

    @Test(
        "figures are in their unit",
        arguments: [
            (AlertRule.heartbeatMisses, 0.25, "25 % (bound: 70 %; 1000 heartbeats)"),
            (.slowReplies, 6.254, "6.25 s (bound: 0.7 s; 1000 replies)"), (.accountDown, 3_600, "3600 s"),
            (.accountFlapping, 7, "7 (bound: 0; 1000 accounts)"), (.connectFailures, .infinity, "1000 %"),
            (.slowReplies, .nan, "0 s"),
        ])
    func figures(rule: AlertRule, value: Double, words: String) {
        let fact = text(.sample(rule: rule, value: value)).facts.dropFirst().first
        #expect(fact?.value.hasPrefix(words) == true, "\(fact?.value ?? "none")")
    }

    @Test("without a console there is no link; a test says that it is one")
    func others() {
        #expect(NotificationText(.sample(), language: .english, console: nil).link == nil)
        let test = text(.test(at: WallTime(milliseconds: 0)))
        #expect(test.subject.hasPrefix("[test] ") && test.advice == nil)
    }
}
