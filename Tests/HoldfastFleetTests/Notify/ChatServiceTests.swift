import Foundation
import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("Chats")
struct ChatServiceTests {
    private let text = NotificationText(.sample(), language: .english, console: "https://holdfast.example")

    private func body(_ service: ChatService, secret: Secret? = nil) throws -> JSONTree {
        let post = try service.post(
            text, to: "https://chat/", secret: secret, at: WallTime(milliseconds: 1_599_360_473_999))
        return try #require(JSONTree(post.body))
    }

    /// Computed with Python's `hmac` by the rule of the service.
    @Test("DingTalk's signature stands in the address, with the time in milliseconds")
    func dingtalkSignature() {
        #expect(
            ChatService.signed(
                "https://chat/send?access_token=t", by: Secret("this is secret"),
                at: WallTime(milliseconds: 1_577_262_236_757))
                == "https://chat/send?access_token=t&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"
        )
    }

    /// Computed with Python's `hmac` by the rule of the service.
    @Test("Feishu's signature stands in the message, with the time in seconds")
    func feishuSignature() throws {
        let signed = try body(.feishu, secret: Secret("demo"))
        #expect(signed["timestamp"] == .text("1599360473"))
        #expect(signed["sign"] == .text("l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="))
        let open = try body(.feishu)
        #expect(open["timestamp"] == nil && open["sign"] == nil)
    }

    @Test("each gets a message of its own form, with the subject in it")
    func forms() throws {
        let dingtalk = try body(.dingtalk)
        #expect(dingtalk["msgtype"] == .text("markdown"))
        #expect(dingtalk["markdown"]?["title"]?.plain == text.subject)
        #expect(dingtalk["markdown"]?["text"]?.plain?.hasPrefix("#### \\[critical\\] ws://gate:9000: 812 of") == true)
        let feishu = try body(.feishu)
        #expect(feishu["msg_type"] == .text("post"))
        #expect(feishu["content"]?["post"]?["zh_cn"]?["title"]?.plain == text.subject)
        let wecom = try body(.wecom)
        #expect(wecom["msgtype"] == .text("text"))
        #expect(wecom["text"]?["content"]?.plain == text.plain())
        let slack = try body(.slack)
        #expect(slack["text"]?.plain?.hasPrefix("*[critical] ws://gate:9000: 812 of 1000 accounts down*\n") == true)
        #expect(slack["text"]?.plain?.hasSuffix("<https://holdfast.example/#alerts|Holdfast>") == true)
    }

    @Test("Slack's three characters are escaped, and nothing that others wrote becomes a link or a mention")
    func slackEscapes() {
        let wild = NotificationText(.sample(detail: "a<!channel>&b"), language: .english, console: nil)
        #expect(ChatService.mrkdwn(wild).contains("a&lt;!channel&gt;&amp;b"))
    }

    @Test("WeCom's 2 048 bytes are not exceeded, and no character is cut in two")
    func cut() {
        let long = String(repeating: "账号", count: 1_000)
        let short = long.cut(toBytes: 2_048)
        #expect((2_041...2_048).contains(short.utf8.count))
        #expect(short.hasSuffix("…") && long.hasPrefix(short.dropLast()))
        #expect("账号".cut(toBytes: 6) == "账号")
    }

    @Test("Feishu's 20 KB are not exceeded, and what was cut says so", arguments: [15_000, 30_000, 400_000])
    func feishuLimit(length: Int) throws {
        var long = text
        // The worst of characters: JSON needs six bytes for each.
        long.facts.append(.init(name: "Reason", value: String(repeating: "\u{1}", count: length / 6)))
        let post = try ChatService.feishu.post(long, to: "https://chat/", secret: nil, at: WallTime(milliseconds: 0))
        #expect(post.body.count <= 20_000)
        let body = String(decoding: post.body, as: UTF8.self)
        #expect(body.contains("已截断") == (length > 20_000))
        #expect(body.contains(text.subject) && body.contains("shop-1"))
        #expect(JSONTree(post.body) != nil)
    }

    @Test(
        "an answer means what the service's rules say",
        arguments: [
            (ChatService.dingtalk, 200, #"{"errcode":0,"errmsg":"ok"}"#, nil),
            (
                .dingtalk, 200, #"{"errcode":310000,"errmsg":"sign not match"}"#,
                ChannelFailure.refused("code 310000: sign not match")
            ),
            (.dingtalk, 200, #"{"errcode":130101,"errmsg":"send too fast"}"#, .later("code 130101: send too fast")),
            (.feishu, 200, #"{"code":0,"msg":"success","data":{}}"#, nil),
            (.feishu, 200, #"{"StatusCode":0,"StatusMessage":"success"}"#, nil),
            (.feishu, 200, #"{"code":19021,"msg":"sign match fail"}"#, .refused("code 19021: sign match fail")),
            (.feishu, 200, #"{"code":11232,"msg":"frequency"}"#, .later("code 11232: frequency")),
            (
                .wecom, 200, #"{"errcode":45009,"errmsg":"api freq out of limit"}"#,
                .later("code 45009: api freq out of limit")
            ),
            (.wecom, 200, "<html>", .refused("an answer that is no JSON")),
            (.wecom, 200, "{}", .refused("an answer without a code")), (.wecom, 502, "", .later("HTTP 502")),
            (.slack, 200, "ok", nil), (.slack, 404, "no_service", .refused("HTTP 404")),
            (.slack, 429, "rate_limited", .later("HTTP 429")),
        ] as [(ChatService, Int, String, ChannelFailure?)])
    func answers(service: ChatService, status: Int, body: String, failure: ChannelFailure?) {
        #expect(service.problem(status: status, body: Array(body.utf8)) == failure)
    }
}

@Suite("What programs are told")
struct NotificationPayloadTests {
    private let text = NotificationText(.sample(), language: .english, console: "https://holdfast.example")

    @Test("a webhook gets what Alertmanager would send")
    func alertmanager() throws {
        let firing = AlertmanagerPayload(.sample(), text, receiver: "pager", console: "https://holdfast.example")
        let json = try #require(JSONTree(try firing.json()))
        #expect(json["version"] == .text("4"))
        #expect(json["status"] == .text("firing"))
        #expect(json["receiver"] == .text("pager"))
        #expect(json["truncatedAlerts"] == .number(0))
        #expect(json["externalURL"] == .text("https://holdfast.example"))
        #expect(json["commonLabels"]?["alertname"] == .text("HoldfastConnectedShare"))
        #expect(json["commonLabels"]?["team"] == .text("chat"))
        #expect(json["commonAnnotations"]?["summary"]?.plain == text.subject)
        guard case .array(let alerts) = json["alerts"], let alert = alerts.first else {
            Issue.record("no alert")
            return
        }
        #expect(alert["startsAt"] == .text("2026-03-01T08:15:30.125Z"))
        #expect(alert["endsAt"] == .text("0001-01-01T00:00:00Z"))
        #expect(alert["fingerprint"] == .text("a1b2"))
        let over = try #require(
            JSONTree(try AlertmanagerPayload(.sample(.resolved), text, receiver: "pager", console: nil).json()))
        #expect(over["status"] == .text("resolved"))
        #expect(over["groupKey"] == json["groupKey"])
        guard case .array(let ended) = over["alerts"] else { return }
        #expect(ended.first?["endsAt"] == .text("2026-03-01T09:17:30.125Z"))
    }

    @Test("a program gets every fact, and the words for people")
    func command() throws {
        let json = try #require(JSONTree(try NotificationJSON(.sample(), text).json(snakeCase: true)))
        for (name, value) in [
            ("id", "n-1"), ("alert", "a1b2"), ("kind", "firing"), ("severity", "critical"), ("rule", "connected_share"),
            ("cause", "endpoint"), ("scope", "endpoint"), ("endpoint", "ws://gate:9000"), ("affected", "812"),
            ("accounts", "1000"), ("starts_at", "2026-03-01T08:15:30.125Z"), ("at", "2026-03-01T08:20:30.125Z"),
            ("detail", "network.refused"), ("subject", text.subject), ("text", text.plain()),
        ] { #expect(json[name]?.plain == value, "\(name)") }
        #expect(json["sample"] == .array([.text("shop-1"), .text("shop-2")]))
        #expect(json["labels"]?["team"] == .text("chat"))
    }

    @Test("a figure without a number does not keep the message from being written")
    func infinity() throws {
        _ = try NotificationJSON(.sample(value: .infinity), text).json(snakeCase: true)
    }
}
