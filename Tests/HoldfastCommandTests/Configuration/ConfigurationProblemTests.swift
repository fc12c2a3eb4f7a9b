import Testing

@testable import HoldfastCommand

/// One wrong file, and all that must be said about it.
struct WrongFile: CustomTestStringConvertible {
    let testDescription: String
    let yaml: String
    let messages: [String]

    init(_ idea: String, _ yaml: String, _ messages: String...) {
        testDescription = idea
        self.yaml = yaml
        self.messages = messages
    }
}

@Suite("What is wrong in a configuration is told with its line, its key and what is allowed")
struct ConfigurationProblemTests {
    static let values: [WrongFile] = [
        WrongFile(
            "a bare number is no duration", "defaults:\n  heartbeat:\n    interval: 15\n",
            "fleet.yaml:3: defaults.heartbeat.interval: \"15\" has no unit; write a duration such as 250ms, 15s, 2m or 1h"
        ),
        WrongFile(
            "an unknown unit", "defaults: { phases: { connect: 10sec } }\n",
            "fleet.yaml:1: defaults.phases.connect: \"10sec\" is not a duration; write a duration such as 250ms, 15s, 2m or 1h"
        ),
        WrongFile(
            "a negative duration", "defaults: { phases: { connect: -1s } }\n",
            "fleet.yaml:1: defaults.phases.connect: \"-1s\" is not a duration; write a duration such as 250ms, 15s, 2m or 1h"
        ),
        WrongFile(
            "a duration beyond all numbers", "defaults: { phases: { connect: 99999999999999999999s } }\n",
            "fleet.yaml:1: defaults.phases.connect: \"99999999999999999999s\" is not a duration; write a duration such as 250ms, 15s, 2m or 1h"
        ),
        WrongFile(
            "a duration out of range", "defaults: { phases: { connect: 0s } }\n",
            "fleet.yaml:1: defaults.phases.connect: \"0s\" is out of range; allowed: 100ms to 10m"),
        WrongFile(
            "a bare number is no size", "defaults:\n  limits: { frame: 1024 }\n",
            "fleet.yaml:2: defaults.limits.frame: \"1024\" has no unit; write a size such as 512B, 512KiB or 1MiB"),
        WrongFile(
            "a decimal unit is no size", "defaults:\n  limits: { frame: 1MB }\n",
            "fleet.yaml:2: defaults.limits.frame: \"1MB\" is not a size; write a size such as 512B, 512KiB or 1MiB"),
        WrongFile(
            "a word where a number belongs", "defaults: { retry: { max_failures: five } }\n",
            "fleet.yaml:1: defaults.retry.max_failures: \"five\" is not a whole number; allowed: 1 to 1000"),
        WrongFile(
            "a number out of range", "defaults: { retry: { max_failures: 0 } }\n",
            "fleet.yaml:1: defaults.retry.max_failures: \"0\" is out of range; allowed: 1 to 1000"),
        WrongFile(
            "a fraction out of range", "breaker: { open_at: 1.5 }\n",
            "fleet.yaml:1: breaker.open_at: \"1.5\" is out of range; allowed: 0.01 to 1"),
        WrongFile(
            "not a number at all", "breaker: { open_at: nan }\n",
            "fleet.yaml:1: breaker.open_at: \"nan\" is not a number; allowed: 0.01 to 1"),
        WrongFile(
            "a slip in a choice", "defaults: { retry: { jitter: ful } }\n",
            "fleet.yaml:1: defaults.retry.jitter: \"ful\" is not known; did you mean full? allowed: full, equal, none"),
        WrongFile(
            "yes is not true", "accounts:\n  - { id: a, url: \"ws://h/\", enabled: yes }\n",
            "fleet.yaml:2: accounts[0].enabled: \"yes\" is neither true nor false; allowed: true, false"),
        WrongFile(
            "a class of failures that does not exist",
            "defaults:\n  recovery:\n    climb:\n      - auth\n      - drops\n",
            "fleet.yaml:5: defaults.recovery.climb: holds \"drops\", which is no failure class; allowed: dropped, network, server, auth, protocol, permanent, handler, system"
        ),
        WrongFile(
            "a key without a value", "log:\n  level:\n",
            "fleet.yaml:2: log.level: has no value; write one, or leave the key out for the default"),
    ]

    static let shapes: [WrongFile] = [
        WrongFile(
            "an unknown key near a known one", "server: { listne: 127.0.0.1:1 }\n",
            "fleet.yaml:1: server.listne: unknown key; did you mean listen? allowed: listen, tokens, url"),
        WrongFile(
            "an unknown key near nothing", "log: { colour: red }\n",
            "fleet.yaml:1: log.colour: unknown key; allowed: format, level"),
        WrongFile(
            "a value where a mapping belongs", "server: 8080\n",
            "fleet.yaml:1: server: is a single value; a mapping (key: value) is needed here"),
        WrongFile(
            "a mapping where a value belongs", "log: { level: { info: true } }\n",
            "fleet.yaml:1: log.level: is a mapping; a single value is needed here"),
        WrongFile(
            "a mapping where a list belongs", "accounts: { id: a }\n",
            "fleet.yaml:1: accounts: is a mapping; a list is needed here"),
        WrongFile(
            "a list at the top", "- a\n- b\n",
            "fleet.yaml:1: file: is a list; a mapping (key: value) is needed here"),
        WrongFile(
            "a key given twice", "log:\n  level: info\n  format: text\n  level: debug\n",
            "fleet.yaml:2: level: is given more than once; keep one"),
        WrongFile(
            "repeated keys do not hide the other problems",
            "log:\n  level: info\n  level: loud\nstore:\n  \"path\": a\n  \"path\": b\nserver: { listen: nowhere }\n",
            "fleet.yaml:2: level: is given more than once; keep one",
            "fleet.yaml:3: log.level: \"loud\" is not known; allowed: trace, debug, info, notice, warning, error, critical",
            "fleet.yaml:5: path: is given more than once; keep one",
            "fleet.yaml:7: server.listen: is not an address to listen on; write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"
        ),
        WrongFile(
            "YAML that does not end", "server: { listen: 127.0.0.1:1\nlog:\n",
            "fleet.yaml:2: yaml: while parsing a flow mapping did not find expected ',' or '}'; the file must be valid YAML"
        ),
        WrongFile(
            "two documents", "log: { level: info }\n---\nlog: { level: info }\n",
            "fleet.yaml:2: yaml: but found another document; the file must be one valid YAML document"),
        WrongFile(
            "a value used twice by reference", "a: &a [1]\nb: *a\n",
            "fleet.yaml:2: yaml: YAML anchors and aliases (&name, *name) are not supported; put what all accounts share under defaults, and write out the rest"
        ),
    ]

    static let rules: [WrongFile] = [
        WrongFile(
            "an interval that may not stretch below itself",
            "defaults: { heartbeat: { interval: 20s, max_interval: 15s } }\n",
            "fleet.yaml:1: defaults.heartbeat.max_interval: is shorter than interval; at least 20s"),
        WrongFile(
            "more heartbeats under way than can be counted",
            "defaults: { heartbeat: { interval: 1s, timeout: 30s } }\n",
            "fleet.yaml:1: defaults.heartbeat.timeout: would leave 32 heartbeats without a reply at a time; at most 8: shorten timeout, or lengthen interval"
        ),
        WrongFile(
            "a slow reply that is later than the deadline",
            "defaults: { heartbeat: { timeout: 4s } }\n",
            "fleet.yaml:1: defaults.heartbeat.slow_after: is longer than timeout; at most 4s"),
        WrongFile(
            "a ceiling that starts above its cap", "defaults: { retry: { network: { step: 2m } } }\n",
            "fleet.yaml:1: defaults.retry.network.cap: is shorter than step; at least 2m"),
        WrongFile(
            "a message smaller than a frame", "defaults: { limits: { frame: 8MiB } }\n",
            "fleet.yaml:1: defaults.limits.message: is smaller than frame; at least 8MiB"),
        WrongFile(
            "open to the network without tokens", "server:\n  listen: 0.0.0.0:8080\n",
            "fleet.yaml:2: server.listen: 0.0.0.0:8080 can be reached from other machines, and there are no tokens; listen on 127.0.0.1, or give server.tokens"
        ),
        WrongFile(
            "a token without its hash", "server:\n  tokens:\n    - { name: ops, role: operator }\n",
            "fleet.yaml:3: server.tokens[0].hash: is missing; a token needs name, role and hash"),
        WrongFile(
            "a token with a plain text for a hash",
            "server: { tokens: [ { name: ops, role: admin, hash: \"sha256:secret\" } ] }\n",
            "fleet.yaml:1: server.tokens[0].hash: is not a SHA-256 hash; write sha256: and 64 hexadecimal digits, as sha256sum prints them"
        ),
        WrongFile(
            "a key of the wrong length", "store: { key: c2hvcnQ= }\n",
            "fleet.yaml:1: store.key: is not a key; 32 bytes in base64 (openssl rand -base64 32), or file:PATH"),
        WrongFile(
            "accounts in two places", "accounts: []\naccounts_file: other.yaml\n",
            "fleet.yaml:2: accounts_file: stands beside accounts; declare the accounts in one place only"),
        WrongFile(
            "a channel that is none, or two",
            "channels:\n  a: { language: zh }\n  b: { slack: { url: 'https://x/' }, wecom: {} }\n",
            "fleet.yaml:2: channels.a.webhook: is missing; a channel is exactly one of webhook, command, email, dingtalk, feishu, wecom, slack",
            "fleet.yaml:3: channels.b.wecom: stands beside another kind; a channel is exactly one of webhook, command, email, dingtalk, feishu, wecom, slack"
        ),
        WrongFile(
            "a channel with a strange name", "channels: { 'a b': { slack: { url: 'https://x/' } } }\n",
            "fleet.yaml:1: channels.a b: is no name of a channel; write up to 64 of A-Z a-z 0-9 . _ -"),
        WrongFile(
            "a chat without an address, and a secret where there is no signature",
            "channels:\n  a: { dingtalk: { secret: s } }\n  b: { slack: { url: 'https://x/', secret: s } }\n",
            "fleet.yaml:2: channels.a.dingtalk.url: is missing; write http://… or https://…",
            "fleet.yaml:3: channels.b.slack.secret: unknown key; allowed: url"),
        WrongFile(
            "a program without a name", "channels: { a: { command: { run: [] } } }\n",
            "fleet.yaml:1: channels.a.command.run: names no program; write [PROGRAM, ARGUMENT, …]"),
        WrongFile(
            "mails that cannot be sent, or would show a password",
            "channels:\n  a: { email: { server: 'm:0', from: f@x.org, to: [t@x.org] } }\n"
                + "  b: { email: { server: m, from: f, to: [t@x.org] } }\n"
                + "  c: { email: { server: m, from: f@x.org, to: ['t@x.org>'] } }\n"
                + "  d: { email: { server: m, from: f@x.org, to: [t@x.org], user: u } }\n"
                + "  e: { email: { server: m, from: f@x.org, to: [t@x.org], user: u, password: p, security: none } }\n",
            "fleet.yaml:2: channels.a.email.server: is no server; write HOST, or HOST:PORT",
            "fleet.yaml:3: channels.b.email.from: is no address; write NAME@DOMAIN, in ASCII",
            "fleet.yaml:4: channels.c.email.to: has something that is no address; write 1 to 50 of NAME@DOMAIN, in ASCII",
            "fleet.yaml:5: channels.d.email.user: stands alone; give user and password, or neither",
            "fleet.yaml:6: channels.e.email.user: would be sent in the clear; write security: starttls, or implicit"),
        WrongFile(
            "a console's address with a query", "server: { url: 'https://x/?a=b' }\n",
            "fleet.yaml:1: server.url: is no address of a console; write http://… or https://…, without ? and #"),
        WrongFile(
            "a rule that there is none of", "alerts: { rules: { account_dwon: { after: 1m } } }\n",
            "fleet.yaml:1: alerts.rules.account_dwon: unknown key; did you mean account_down? allowed: account_down, account_flapping, account_quarantined, account_slow, connect_failures, connected_share, descriptors, heartbeat_misses, slow_replies, store_down"
        ),
        WrongFile(
            "a share that is none", "alerts: { rules: { connected_share: { below: 70 } } }\n",
            "fleet.yaml:1: alerts.rules.connected_share.below: \"70\" is out of range; allowed: 0.01 to 0.99"),
        WrongFile(
            "a silence without an end", "silences:\n  - { from: \"02:00\" }\n",
            "fleet.yaml:2: silences[0].to: is missing; say when it begins and when it ends"),
        WrongFile(
            "a silence that ends before it begins",
            "silences:\n  - { from: 2026-03-01T08:00:00Z, to: 2026-03-01T07:00:00Z }\n",
            "fleet.yaml:2: silences[0].to: is no time after \"from\"; write it as 2026-03-01T10:00:00Z"),
        WrongFile(
            "a silence where the clocks show nothing",
            "silences:\n  - { from: \"02:00\", to: \"04:00\", zone: Nowhere }\n",
            "fleet.yaml:2: silences[0].zone: is no time zone that this machine knows; a name such as UTC or Asia/Shanghai (package tzdata)"
        ),
        WrongFile(
            "a silence on no day", "silences:\n  - { from: \"02:00\", to: \"04:00\", days: [someday] }\n",
            "fleet.yaml:2: silences[0].days: has something that is no day; sun, mon, tue, wed, thu, fri, sat"),
        WrongFile(
            "a handler that is none", "handlers:\n  - { match: all }\n",
            "fleet.yaml:2: handlers[0].match: has no handler; write one of webhook, command, rules beside it"),
        WrongFile(
            "a webhook without an address", "handlers:\n  - webhook: { url: localhost }\n",
            "fleet.yaml:2: handlers[0].webhook.url: is no address; write http://… or https://…"),
        WrongFile(
            "a rule that cannot be understood",
            "handlers:\n  - rules:\n      - { regex: '(', reply: hi }\n      - { keywords: [a], reply: 'hi {you}' }\n",
            "fleet.yaml:3: handlers[0].rules[0].regex: is no regular expression; see ICU's syntax",
            "fleet.yaml:4: handlers[0].rules[1].reply: has a field that there is not; allowed: {name}, {text}, {item}, {chat}, {sender}, {account}, and {{ for a brace"
        ),
    ]

    static let accounts: [WrongFile] = [
        WrongFile(
            "an account without id and url", "accounts:\n  - token: abc\n",
            "fleet.yaml:2: accounts[0].id: is missing; 1 to 64 of the characters A-Z a-z 0-9 . _ -",
            "fleet.yaml:2: accounts[0].url: is missing; an account needs an id and a url (ws://… or wss://…)"),
        WrongFile(
            "an id with a blank", "accounts:\n  - id: shop 1\n    url: ws://127.0.0.1/\n",
            "fleet.yaml:2: accounts[0].id: is not an account id; allowed: 1 to 64 of the characters A-Z a-z 0-9 . _ -"),
        WrongFile(
            "an id that would be a folder", "accounts: [ { id: .., url: \"ws://h/\" } ]\n",
            "fleet.yaml:1: accounts[0].id: is not an account id; allowed: 1 to 64 of the characters A-Z a-z 0-9 . _ -"),
        WrongFile(
            "an id used twice",
            "accounts:\n  - { id: a, url: \"ws://h/\" }\n  - { id: b, url: \"ws://h/\" }\n  - { id: a, url: \"ws://h/\" }\n",
            "fleet.yaml:4: accounts[2].id: the id a is used already, at fleet.yaml:2; give every account its own id"),
        WrongFile(
            "one mistake in an account hides no other",
            "accounts:\n  - id: a b\n    url: http://h/\n    subprotocol: a b\n    tls: { server_name: \"::1\" }\n    headers:\n      Host: x\n      X Y: z\n",
            "fleet.yaml:2: accounts[0].id: is not an account id; allowed: 1 to 64 of the characters A-Z a-z 0-9 . _ -",
            "fleet.yaml:3: accounts[0].url: the URL does not begin with ws:// or wss://; write ws://HOST:PORT/PATH or wss://HOST:PORT/PATH",
            "fleet.yaml:4: accounts[0].subprotocol: the subprotocol is not a token: letters, digits and marks such as - and _; write one name",
            "fleet.yaml:5: accounts[0].tls.server_name: the TLS server name is not a host name such as gateway.example.org; write a host name, or leave it out",
            "fleet.yaml:7: accounts[0].headers.Host: the header Host belongs to the handshake; leave it out; a header is a name and one line of text",
            "fleet.yaml:8: accounts[0].headers.X Y: a header's name has a character that is not allowed there; a header is a name and one line of text"
        ),
        WrongFile(
            "a server name that all accounts have from the defaults",
            "defaults: { tls: { server_name: \"a b\" } }\naccounts:\n  - { id: a, url: \"wss://h/\" }\n  - { id: b, url: \"wss://h/\" }\n",
            "fleet.yaml:1: defaults.tls.server_name: the TLS server name is not a host name such as gateway.example.org; write a host name, or leave it out"
        ),
        WrongFile(
            "an account of its own mind", "accounts:\n  - id: a\n    url: ws://h/\n    heartbeat: { interval: 5 }\n",
            "fleet.yaml:4: accounts[0].heartbeat.interval: \"5\" has no unit; write a duration such as 250ms, 15s, 2m or 1h"
        ),
        WrongFile(
            "an account with a slip in a key", "accounts:\n  - id: a\n    url: ws://h/\n    tokn: x\n",
            "fleet.yaml:4: accounts[0].tokn: unknown key; did you mean token? allowed: compression, credential, dialect, enabled, headers, heartbeat, id, json, limits, lwp, messages, phases, ping, provider, proxy, recovery, retry, subprotocol, tcp, tls, token, url"
        ),
        WrongFile(
            "a dialect that does not exist", "accounts:\n  - { id: a, url: \"ws://h/\", dialect: pong }\n",
            "fleet.yaml:2: accounts[0].dialect: \"pong\" is not known; did you mean ping? allowed: lwp, ping, json"),
        WrongFile(
            "settings of a dialect the account does not speak",
            "accounts:\n  - { id: a, url: \"ws://h/\", dialect: lwp, ping: { payload: x } }\n",
            "fleet.yaml:2: accounts[0].ping: is of another dialect; this account speaks lwp; leave it out, or write dialect: ping"
        ),
        WrongFile(
            "mistakes in what is told of a gateway",
            """
            defaults:
              json:
                hello: { when: { "a..b": 1 } }
                register:
                  send: '{"token":"{token}"'
                  accepted: [ ok ]
                failures:
                  - { when: { op: 9 }, class: servr }
            """,
            "fleet.yaml:3: defaults.json.hello.when: holds something that is no path; names and numbers joined by dots, such as d.user.id; at most 8 of them and 256 bytes",
            "fleet.yaml:3: defaults.json.hello.when: has 0 conditions; 1 to 8",
            "fleet.yaml:5: defaults.json.register.send: is no JSON with its places filled: at byte 11: the text ends early; JSON of at most 16KiB with at most 64 {places}",
            "fleet.yaml:6: defaults.json.register.accepted: is a list; a mapping (key: value) is needed here",
            "fleet.yaml:8: defaults.json.failures[0].class: \"servr\" is not known; did you mean server? allowed: auth, server, permanent"
        ),
        WrongFile(
            "a template that needs what an account does not have",
            """
            defaults: { dialect: json, json: { register: { send: '{"bot":{bot}}', accepted: { ok: true } } } }
            accounts:
              - { id: a, url: "ws://h/", json: { fields: { bot: 7 } } }
              - { id: b, url: "ws://h/" }
            """,
            "fleet.yaml:4: accounts[1].json.fields: bot is missing, and a template uses {bot}; give it here; these are filled by themselves: {token}, {device_id}, {user_id}, {id}, {time}, {seconds}, {sequence}, {echo}"
        ),
        WrongFile(
            "what belongs to one account, in the defaults", "defaults: { lwp: { device_id: x } }\n",
            "fleet.yaml:1: defaults.lwp.device_id: unknown key; allowed: app_key, ua"),
        WrongFile(
            "a provider without a key to seal with",
            "providers: { p: { command: { run: [login] } } }\naccounts:\n  - { id: a, url: \"ws://h/\", provider: p }\n",
            "fleet.yaml:1: store.key: is missing: what providers get is stored sealed, and there is nothing to seal it with; `holdfast key new` makes one; keep it outside the store"
        ),
        WrongFile(
            "a provider of no kind", "providers: { p: {} }\n",
            "fleet.yaml:1: providers.p.http: is missing; a provider is exactly one of http, command, static"),
        WrongFile(
            "a provider of two kinds", "providers: { p: { http: {}, static: { token: x } } }\n",
            "fleet.yaml:1: providers.p.http: stands beside another kind; a provider is exactly one of http, command, static"
        ),
        WrongFile(
            "a login that brings nothing", "providers: { p: { http: { url: \"http://h/\" } } }\n",
            "fleet.yaml:1: providers.p.http.token: is missing; say where the answer has the token, or which cookies are wanted"
        ),
        WrongFile(
            "a provider", "accounts:\n  - { id: a, url: \"ws://h/\", provider: shop-login }\n",
            "fleet.yaml:2: accounts[0].provider: there is no provider \"shop-login\"; declare it under providers"),
    ]

    @Test("a wrong value", arguments: values)
    func wrongValue(_ file: WrongFile) { #expect(problems(file.yaml) == file.messages) }

    @Test("a wrong shape", arguments: shapes)
    func wrongShape(_ file: WrongFile) { #expect(problems(file.yaml) == file.messages) }

    @Test("a broken rule", arguments: rules)
    func brokenRule(_ file: WrongFile) { #expect(problems(file.yaml) == file.messages) }

    @Test("a wrong account", arguments: accounts)
    func wrongAccount(_ file: WrongFile) { #expect(problems(file.yaml) == file.messages) }

    @Test("everything that is wrong is told at once, in the order of the lines")
    func allAtOnce() {
        let yaml = """
            accounts:
              - id: a b
                url: ws://h/
            log:
              level: loud
            server:
              listen: 8080
              port: 1
            """
        #expect(
            problems(yaml).map { $0.prefix { $0 != " " } } == [
                "fleet.yaml:2:", "fleet.yaml:5:", "fleet.yaml:7:", "fleet.yaml:8:",
            ])
    }

    @Test("no message shows what a variable holds, nor a token, a header, a key or an address")
    func secretsStaySecret() {
        let yaml = """
            store: { key: "hunter2" }
            defaults: { heartbeat: { interval: "${SECRET}" }, retry: { jitter: "${SECRET}" } }
            accounts:
              - { id: "hunter2 hunter2", url: "hunter2", token: [hunter2], headers: { Cookie: "$hunter2" } }
              - { id: b, url: "ws://u:hunter2@h/?token=hunter2", token: "$hunter2", enabled: "${SECRET}" }
            """
        let messages = problems(yaml, environment: ["SECRET": "hunter2"])
        #expect(messages.count >= 6)
        #expect(!messages.contains { $0.contains("hunter2") })
    }

    @Test("a wrong value is shown in one short line")
    func longValues() {
        let value = "x\\n" + String(repeating: "long", count: 10_000)
        let messages = problems("log: { level: \"\(value)\" }\n")
        #expect(messages.count == 1)
        #expect(messages.allSatisfy { $0.count < 300 && !$0.contains("\n") })
    }

    @Test("a million mistakes are counted, not listed")
    func manyMistakes() {
        let yaml = "accounts:\n" + String(repeating: "  - { id: \"\", url: u }\n", count: 5_000)
        do throws(InvalidConfiguration) {
            _ = try ConfigurationLoader.parse(yaml, path: "fleet.yaml")
            Issue.record("accepted")
        } catch {
            #expect(error.problems.count == Reading.problemsLimit)
            #expect(error.omitted >= 4_000)
            #expect(error.description.hasSuffix("and \(error.omitted) more problems"))
        }
    }
}
