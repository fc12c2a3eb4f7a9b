import Foundation
import HoldfastConsole
import HoldfastCore
import HoldfastFleet
import HoldfastWire
import Testing

@testable import HoldfastCommand

@Suite("A configuration says what it says")
struct ConfigurationTests {
    @Test(
        "a file without content is refused: it may be one that an editor is about to write",
        arguments: ["", "# nothing\n"])
    func emptyFile(text: String) {
        #expect(problems(text) == ["fleet.yaml:1: file: is empty; at least `accounts: []`, which means none"])
    }

    @Test("a dialect is chosen for all accounts or for one, and an account's settings lie over those of all")
    func dialects() throws {
        let accounts = try configuration(
            """
            defaults: { dialect: ping, ping: {}, lwp: { app_key: "444", ua: all } }
            accounts:
              - { id: a, url: "ws://h/" }
              - { id: b, url: "ws://h/", dialect: lwp, lwp: { ua: own } }
              - { id: c, url: "ws://h/", dialect: lwp }
            """
        ).fleet.accounts
        #expect(
            accounts.map(\.dialect) == [
                AccountDialect(Ping()), .lwp(LWP(accountID: "b", appKey: "444", userAgent: "own")),
                .lwp(LWP(accountID: "c", appKey: "444", userAgent: "all")),
            ])
        #expect(accounts.map(\.dialect.name) == ["ping", "lwp", "lwp"])
    }

    @Test("a reference may stand bare in braces and brackets, as a whole value")
    func flowReferences() throws {
        let key = Data(repeating: 7, count: 32).base64EncodedString()
        let configuration = try configuration(
            """
            store: { path: data, key: ${KEY} }   # a { in a comment is none
            accounts:
              - { id: a, url: "ws://h/", token: ${TOKEN}, headers: { Cookie: ${COOKIE} } }
              - { id: b, url: "ws://h/", token: "x${TOKEN}", enabled: false }
            """, environment: ["KEY": key, "TOKEN": "t, {1}", "COOKIE": "c"])
        #expect(configuration.fleet.accounts.map(\.token) == [Secret("t, {1}"), Secret("xt, {1}")])
        #expect(configuration.store.key == Secret(key))
        #expect(problems("store: { path: ${NOT_SET} }\n").count == 1)
        #expect(problems("store: { path: ${NOT_SET} }\n").first?.contains("NOT_SET") == true)
    }

    @Test("a file that says nothing is a configuration with every default")
    func defaults() throws {
        for text in ["---\n", "{}\n"] {
            let configuration = try configuration(text)
            #expect(configuration.server == ServerConfiguration())
            #expect(configuration.store == StoreConfiguration(path: "data", key: nil))
            #expect(configuration.log == LogConfiguration())
            #expect(configuration.fleet.accounts.isEmpty)
        }
    }

    @Test("every value of a full file arrives where it belongs")
    func fullFile() throws {
        let hash = String(repeating: "0a", count: 32)
        let full = try configuration(
            """
            server:
              listen: "[::1]:9443"
              tokens: [ { name: ops, role: operator, hash: "sha256:\(hash)" } ]
            store: { path: /var/lib/holdfast }
            log: { level: debug, format: json }
            defaults:
              dialect: lwp
              heartbeat: { interval: 10s, max_interval: 20s, timeout: 25s, send_timeout: 1s, max_misses: 4, slow_after: 4s, mode: fixed, probe_timeout: 2s, quiet_after: 1m }
              phases: { resolve: 1s, connect: 2s, tls: 3s, upgrade: 4s, register: 5s, close: 6s }
              retry:
                dropped: { step: 1s, cap: 2s }
                network: { step: 3s, cap: 4s }
                other: { step: 5s, cap: 6s }
                jitter: equal
                max_failures: 7
                stable_after: 8s
                shortest: 50ms
                longest_retry_after: 9s
              recovery: { climb: [auth], renew_cooldown: 1m, longest_renew_cooldown: 2m, max_restarts: 3, restart_window: 4m, probe_every: 5m, release_timeout: 6s }
              messages: { mode: memory }
              limits: { frame: 64KiB, message: 1MiB }
              compression: deflate
              tls: { ca: null, server_name: gate.example }
              proxy: null
            admission: { connects_per_second: 2.5, burst: 3, concurrent: 4, fleet: { connects_per_second: 5, concurrent: 6 } }
            breaker: { window: 10s, min_attempts: 2, open_at: 0.25, probe_every: 1s, close_after: 1 }
            accounts:
              - id: shop-1
                url: wss://gate.example/ws
                headers: { Cookie: "a=${VALUE}$$", X-Extra: "1" }
                token: abc
                lwp: { app_key: "444", user_id: 1001, ua: agent }
                enabled: false
            """, environment: ["VALUE": "b$c"])
        #expect(full.server.listen == SocketAddressText(host: "::1", port: 9443))
        #expect(full.server.tokens == [AccessToken(name: "ops", role: .operator, hash: "sha256:\(hash)")])
        #expect(full.store.path == "/var/lib/holdfast")
        #expect(full.log == LogConfiguration(level: .debug, format: .json))

        let account = try #require(full.fleet.accounts.first)
        #expect(account.id == "shop-1")
        #expect(account.isEnabled == false)
        #expect(account.token == Secret("abc"))
        #expect(account.target.headers.map(\.name) == ["Cookie", "X-Extra"])
        #expect(account.target.headers.map(\.value) == ["a=b$c$", "1"])
        #expect(account.dialect == .lwp(LWP(accountID: "shop-1", appKey: "444", userAgent: "agent", userID: "1001")))
        #expect(account.limits == AccountLimits(frameBytes: 64 << 10, messageBytes: 1 << 20))
        #expect(account.deflate == DeflateOptions())
        #expect(account.target.tls == TLSSettings(caFile: nil, serverName: "gate.example"))

        var heartbeat = HeartbeatSettings()
        (heartbeat.mode, heartbeat.maxMisses) = (.fixed, 4)
        (heartbeat.interval, heartbeat.maxInterval, heartbeat.timeout) = (.seconds(10), .seconds(20), .seconds(25))
        (heartbeat.sendTimeout, heartbeat.slowAfter) = (.seconds(1), .seconds(4))
        (heartbeat.probeTimeout, heartbeat.quietAfter) = (.seconds(2), .seconds(60))
        #expect(account.settings.heartbeat == heartbeat)
        var retry = RetrySettings()
        retry.dropped = .init(step: .seconds(1), cap: .seconds(2))
        retry.network = .init(step: .seconds(3), cap: .seconds(4))
        retry.other = .init(step: .seconds(5), cap: .seconds(6))
        (retry.jitter, retry.maxFailures, retry.stableAfter) = (.equal, 7, .seconds(8))
        (retry.shortest, retry.longestRetryAfter) = (.milliseconds(50), .seconds(9))
        #expect(account.settings.retry == retry)
        var phases = PhaseSettings()
        (phases.resolve, phases.connect, phases.tls) = (.seconds(1), .seconds(2), .seconds(3))
        (phases.upgrade, phases.register, phases.close) = (.seconds(4), .seconds(5), .seconds(6))
        #expect(account.settings.phases == phases)
        var recovery = RecoverySettings()
        (recovery.climb, recovery.maxRestarts) = ([.auth], 3)
        (recovery.renewCooldown, recovery.longestRenewCooldown) = (.seconds(60), .seconds(120))
        (recovery.restartWindow, recovery.probeEvery) = (.seconds(240), .seconds(300))
        recovery.releaseTimeout = .seconds(6)
        #expect(account.settings.recovery == recovery)

        var breaker = BreakerSettings()
        (breaker.window, breaker.minAttempts, breaker.openAt) = (.seconds(10), 2, 0.25)
        (breaker.probeEvery, breaker.closeAfter) = (.seconds(1), 1)
        #expect(full.fleet.gate.breaker == breaker)
        #expect(full.fleet.gate.admission.connectsPerSecond == 2.5)
        #expect(full.fleet.gate.admission.fleet.concurrent == 6)
    }

    @Test("an account takes the defaults and changes what it says")
    func accountOverDefaults() throws {
        let accounts = try configuration(
            """
            defaults: { heartbeat: { interval: 5s, timeout: 10s }, retry: { jitter: none } }
            accounts:
              - { id: a, url: "ws://h/" }
              - { id: b, url: "ws://h/", heartbeat: { interval: 6s } }
            """
        ).fleet.accounts
        #expect(accounts.map(\.settings.heartbeat.interval) == [.seconds(5), .seconds(6)])
        #expect(accounts.map(\.settings.heartbeat.maxInterval) == [.seconds(5), .seconds(6)])
        #expect(accounts.map(\.settings.heartbeat.timeout) == [.seconds(10), .seconds(10)])
        #expect(accounts.map(\.settings.retry.jitter) == [.none, .none])
    }

    @Test("accounts with equal settings share one object")
    func internedSettings() throws {
        let accounts = try configuration(
            """
            accounts:
              - { id: a, url: "ws://h/" }
              - { id: b, url: "ws://h/" }
              - { id: c, url: "ws://h/", heartbeat: { interval: 6s } }
              - { id: d, url: "ws://h/", heartbeat: { interval: 6s } }
              - { id: e, url: "ws://h/", heartbeat: { interval: 15s } }
            """
        ).fleet.accounts
        #expect(Set(accounts.map { ObjectIdentifier($0.settings) }).count == 2)
        #expect(accounts[0].settings === accounts[1].settings)
        #expect(accounts[2].settings === accounts[3].settings)
        #expect(accounts[0].settings === accounts[4].settings)
    }

    @Test("deep nesting and long lists of brackets end in an error, not in a crash", arguments: [20, 900, 100_000])
    func deepNesting(depth: Int) {
        let yaml = "accounts: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "\n"
        #expect(!problems(yaml).isEmpty)
    }

    @Test("bytes that are no configuration end in an error, not in a crash")
    func rubbish() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let alphabet = Array("abc:-[]{}&*!|>'\"%@`#,? \n\t$\u{0}\u{85}\u{E000}é~")
            let text = String((0..<40).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
            _ = problems(text)
        }
    }
}
