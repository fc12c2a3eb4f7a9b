import HoldfastCore
import HoldfastFleet
import Testing

@testable import HoldfastCommand

@Suite("Channels in the configuration")
struct ChannelsTests {
    @Test("each kind is read with what it has of its own and what all have in common")
    func kinds() throws {
        let channels = try configuration(
            """
            channels:
              pager: { webhook: { url: "https://pager.example/hook", secret: "${HOOK}" }, min_severity: critical }
              script: { command: { run: [/usr/local/bin/tell, --loud] }, timeout: 5s }
              mail:
                email: { server: "mail.example", user: u, password: "${MAIL}", from: h@x.org, to: [a@x.org, b@x.org] }
                language: zh
              group: { dingtalk: { url: "https://oapi.dingtalk.com/robot/send?access_token=t", secret: SEC1 }, per_minute: 10 }
              team: { feishu: { url: "https://open.feishu.cn/open-apis/bot/v2/hook/x" } }
              desk: { wecom: { url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k" } }
              room: { slack: { url: "https://hooks.slack.com/services/x" } }
            """, environment: ["HOOK": "s", "MAIL": "p"]
        ).fleet.channels
        #expect(channels.keys.sorted() == ["desk", "group", "mail", "pager", "room", "script", "team"])
        var pager = WebhookChannel(url: Secret("https://pager.example/hook"))
        pager.secret = Secret("s")
        #expect(channels["pager"]?.target == .webhook(pager))
        #expect(channels["pager"]?.minimumSeverity == .critical)
        #expect(channels["script"]?.target == .command(CommandChannel(run: ["/usr/local/bin/tell", "--loud"])))
        #expect(channels["script"]?.timeout == .seconds(5))
        var mail = EmailChannel(host: "mail.example", port: 587, from: "h@x.org", to: ["a@x.org", "b@x.org"])
        mail.user = "u"
        mail.password = Secret("p")
        #expect(channels["mail"]?.target == .email(mail))
        #expect(channels["mail"]?.language == .chinese)
        let robot = ChatChannel(
            .dingtalk, url: Secret("https://oapi.dingtalk.com/robot/send?access_token=t"), secret: Secret("SEC1"))
        #expect(channels["group"]?.target == .chat(robot))
        #expect(channels["group"]?.perMinute == 10)
    }

    @Test(
        "a mail server's port is the one of its encryption unless it is written",
        arguments: [
            ("server: m", 587), ("server: m, security: implicit", 465), ("server: m, security: none", 25),
            ("server: 'm:2525'", 2525),
        ])
    func ports(keys: String, port: Int) throws {
        let yaml = "channels: { m: { email: { \(keys), from: f@x.org, to: [t@x.org] } } }\n"
        guard case .email(let email) = try configuration(yaml).fleet.channels["m"]?.target else {
            Issue.record("no mail")
            return
        }
        #expect(email.host == "m" && email.port == port)
    }

    @Test("links lead to the address that is given, or to where the console listens")
    func links() throws {
        #expect(try configuration("server: { url: 'https://x/h/' }\n").fleet.consoleURL == "https://x/h")
        #expect(try configuration("accounts: []\n").fleet.consoleURL == "http://127.0.0.1:8080")
        #expect(try configuration("server: { listen: 127.0.0.1:0 }\n").fleet.consoleURL == nil)
    }

    @Test("nothing secret is shown")
    func secrets() throws {
        let yaml =
            "channels: { a: { slack: { url: 'https://hooks/geheim' } }, b: { webhook: { url: 'http://geheim/' } } }\n"
        let text = "\(try configuration(yaml).fleet.channels)"
        #expect(!text.contains("geheim"))
    }
}
