import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import HoldfastWire
import Testing

@testable import HoldfastFleet

/// What must be seen of logins: each kind of trouble with its timeline, and never more than one login per cooldown.
@Suite("Sessions get another credential by themselves")
struct RenewalTests {
    private func run(
        tokenLifetime: Duration = .seconds(3_600), _ body: (StoredFleet) async throws -> Void
    ) async throws {
        let gateway = Gateway.Configuration(control: Gateway.Address(), tokenLifetime: tokenLifetime)
        try await StoredFleet.run(gateway) { rig in
            rig.configuration.storeKey = SealingKey.generate()
            rig.configuration.providers = ["login": try .lab(rig.gateway)]
            rig.configuration.renewals.perSecond = 1_000
            try await body(rig)
        }
    }

    private func logins(_ rig: StoredFleet) -> [LoginStatistics.Login] { rig.gateway.statistics().login.logins }

    @Test("a token that expires while connected is renewed, once, and the account is back")
    func expires() async throws {
        try await run { rig in
            try await rig.start([
                try .login("a", rig.gateway, settings: .login { $0.renewCooldown = .milliseconds(200) })
            ])
            try await rig.stable("a")
            #expect(logins(rig).count == 1)
            try await rig.gateway.setFaults([Fault(.expireToken, for: "a")])
            try await rig.wait { self.logins(rig).count == 2 }
            try await rig.connected("a")
            #expect(logins(rig).map(\.outcome) == [.issued, .issued])
            let reasons = try #require(await rig.fleet.timeline("a", limit: 100)).map(\.reason)
            #expect(reasons.contains("renewing") && reasons.contains("renewed"))
            #expect(await rig.fleet.account("a")?.lastLogin?.outcome == .renewed)
            #expect(rig.fleet.metrics().renewals[.renewed] >= 1)
        }
    }

    @Test("a token that expires while the account is away is renewed when it comes back")
    func expiresWhileReconnecting() async throws {
        try await run { rig in
            try await rig.start([
                try .login("a", rig.gateway, settings: .login { $0.renewCooldown = .milliseconds(200) })
            ])
            try await rig.stable("a")
            try await rig.gateway.setFaults([Fault(.refuse)])
            try await rig.fleet.perform(.reconnect, on: "a")
            try await rig.wait { await rig.fleet.account("a")?.failures ?? 0 >= 2 }
            #expect(logins(rig).count == 1)
            try await rig.gateway.setFaults([Fault(.expireToken, for: "a")])
            try await rig.connected("a")
            #expect(logins(rig).count == 2)
        }
    }

    @Test("a token lives on over a restart of the process: no login at the start")
    func keepsToken() async throws {
        try await run { rig in
            let account = try AccountConfiguration.login("a", rig.gateway)
            try await rig.start([account])
            try await rig.connected("a")
            try await rig.restart([account])
            try await rig.connected("a")
            #expect(logins(rig).count == 1)
            #expect(
                await rig.fleet.timeline("a", limit: 1_000)?.contains { $0.failureCode != nil && $0.incarnation > 1 }
                    == false)
        }
    }

    @Test("a token is refreshed before it expires, by a planned reconnect that is no failure")
    func planned() async throws {
        try await run(tokenLifetime: .seconds(3)) { rig in
            let settings = SessionSettings.login { $0.renewCooldown = .seconds(1) }
            try await rig.start([try .login("a", rig.gateway, settings: settings)])
            try await rig.connected("a")
            // Four fifths of 3 s later.
            try await rig.wait { self.logins(rig).count == 2 }
            try await rig.wait {
                await rig.fleet.timeline("a", limit: 100)?.contains { $0.reason == "renewed" && $0.from == .connected }
                    == true
            }
            try await rig.connected("a")
            let entries = try #require(await rig.fleet.timeline("a", limit: 100))
            let failures = entries.compactMap(\.failureCode)
            // The first attempt had no token yet; nothing has failed since.
            #expect(failures.allSatisfy { $0 == "auth.no_credential" } && failures.count <= 2)
        }
    }

    struct Trouble: CustomTestStringConvertible, Sendable {
        var kind: LoginFault.Kind
        var outcome: ProviderOutcome
        var quarantine: Session.Quarantine?
        var testDescription: String { kind.rawValue }
    }

    @Test(
        "whatever a login comes to is told, leads where it must, and is not repeated within its cooldown",
        arguments: [
            Trouble(kind: .refuse, outcome: .rejected, quarantine: .auth),
            Trouble(kind: .needsPerson, outcome: .needsPerson, quarantine: .login),
            Trouble(kind: .tryLater, outcome: .tryLater), Trouble(kind: .rubbish, outcome: .tryLater),
            Trouble(kind: .hang, outcome: .tryLater),
        ])
    func troubles(_ trouble: Trouble) async throws {
        try await run { rig in
            if trouble.kind == .hang {
                rig.configuration.providers["login"] = try .lab(rig.gateway, timeout: .seconds(1))
            }
            try rig.gateway.setLoginFaults([LoginFault(trouble.kind)])
            let account = try AccountConfiguration.login("a", rig.gateway)
            try await rig.start([account])
            try await rig.wait { await rig.fleet.account("a")?.lastLogin?.outcome == trouble.outcome }
            let before = try #require(await rig.fleet.account("a"))
            #expect(before.quarantine == trouble.quarantine)
            #expect(before.state == .failed)
            #expect(before.lastLogin?.reason.isEmpty == false)
            let told = try #require(
                await rig.fleet.timeline("a", limit: 100)?.first { $0.reason == "login_\(trouble.outcome.rawValue)" })
            #expect(told.from == .failed && told.to == .failed)
            #expect(told.record?.chain.first == before.lastLogin?.reason)
            if let quarantine = trouble.quarantine {
                try await rig.wait { !rig.log.lines("account quarantined").isEmpty }
                #expect(rig.log.lines("account quarantined").first?.metadata["quarantine"] == "\(quarantine.name)")
            }
            // Over three restarts of the process the cooldown of a minute holds.
            for _ in 0..<3 {
                try await rig.restart([account])
                try await rig.wait { await rig.fleet.account("a")?.state != .connecting }
                _ = try? await rig.fleet.perform(.renew, on: "a")
            }
            #expect(rig.gateway.statistics().login.requests == 1)
            // When the trouble is over a person, or time, brings it back.
            try rig.gateway.setLoginFaults([])
            try await rig.fleet.setCredential([.token: Secret(rig.gateway.token(for: "a"))], of: "a")
            try await rig.connected("a")
            #expect(await rig.fleet.account("a")?.quarantine == nil)
        }
    }

    @Test("an account that has no token gets one before it connects: nobody is asked without, and nothing is rejected")
    func noToken() async throws {
        try await run { rig in
            try await rig.start([try .login("a", rig.gateway)])
            try await rig.connected("a")
            #expect(rig.gateway.statistics(lists: false).connectsTotal == 1)
            #expect(logins(rig).count == 1)
            let failures = try #require(await rig.fleet.timeline("a", limit: 100)).compactMap(\.failureCode)
            #expect(Set(failures) == ["auth.no_credential"])
        }
    }

    @Test("removed and added again, an account still waits for its cooldown")
    func removedAndAdded() async throws {
        try await run { rig in
            rig.configuration.declarationReader = { [gateway = rig.gateway] text throws(InvalidDeclaration) in
                guard let account = try? AccountConfiguration.login("a", gateway) else { throw InvalidDeclaration([]) }
                return account
            }
            try rig.gateway.setLoginFaults([LoginFault(.tryLater)])
            try await rig.start([])
            for _ in 0..<3 {
                try await rig.fleet.add(#"{"id":"a"}"#)
                try await rig.wait { self.logins(rig).count == 1 }
                try await rig.wait { await rig.fleet.account("a")?.state == .failed }
                let refusal = await #expect(throws: CommandRefusal.self) {
                    try await rig.fleet.perform(.renew, on: "a")
                }
                #expect(refusal == .session(.coolingDown))
                try await rig.fleet.remove("a")
            }
            try await rig.restart([try .login("a", rig.gateway)])
            try await rig.wait { await rig.fleet.account("a")?.state == .failed }
            #expect(logins(rig).count == 1)
        }
    }

    @Test("what a login brings does not take the place of what a person has set meanwhile, nor over a restart")
    func setWhileLoggingIn() async throws {
        try await run { rig in
            let (asked, go) = ("\(rig.folder)/asked", "\(rig.folder)/go")
            let script = """
                touch "\(asked)"; while [ ! -e "\(go)" ]; do sleep 0.02; done
                echo '{"outcome": "renewed", "token": "of-the-login"}'
                """
            rig.configuration.providers["login"] = .command(
                CommandProviderConfiguration(command: ["/bin/sh", "-c", script]))
            let account = try AccountConfiguration.login("a", rig.gateway)
            try await rig.start([account])
            try await rig.wait { FileManager.default.fileExists(atPath: asked) }
            let byHand = Secret(rig.gateway.token(for: "a"))
            try await rig.fleet.setCredential([.token: byHand], of: "a")
            #expect(FileManager.default.createFile(atPath: go, contents: nil))
            try await rig.wait { await rig.fleet.account("a")?.lastLogin != nil }
            #expect(await rig.fleet.account("a")?.lastLogin?.reason.contains("changed meanwhile") == true)
            #expect(await rig.token("a") == byHand)
            try await rig.connected("a")
            try await rig.restart([account])
            #expect(await rig.token("a") == byHand)
        }
    }

    @Test("an outage of the network is answered with no login and no quarantine")
    func networkOutage() async throws {
        try await run { rig in
            try await rig.start([try .login("a", rig.gateway)])
            try await rig.connected("a")
            try await rig.gateway.setFaults([Fault(.refuse)])
            try await rig.fleet.perform(.reconnect, on: "a")
            try await rig.wait { await rig.fleet.account("a")?.failures ?? 0 > 20 }
            #expect(await rig.fleet.account("a")?.state == .failed)
            #expect(await rig.fleet.account("a")?.quarantine == nil)
            try await rig.gateway.setFaults([])
            try await rig.connected("a")
            #expect(logins(rig).count == 1)
        }
    }

    @Test("one message and then an abrupt drop are one reconnect and no login")
    func messageThenDrop() async throws {
        try await run { rig in
            try await rig.start([try .login("a", rig.gateway)])
            try await rig.connected("a")
            let connects = rig.gateway.statistics(lists: false).connectsTotal
            try rig.gateway.push(PushRequest(account: "a", text: "hello"))
            #expect(await rig.gateway.wait { $0.acked == 1 })
            try await rig.gateway.setFaults([Fault(.reset, for: "a")])
            try await rig.wait { await rig.fleet.account("a")?.state != .connected }
            try await rig.gateway.setFaults([])
            try await rig.connected("a")
            #expect(rig.gateway.statistics(lists: false).connectsTotal <= connects + 2)
            #expect(logins(rig).count == 1)
        }
    }

    @Test("no login begins that cannot be written down first")
    func brokenStore() async throws {
        try await run { rig in
            try await rig.start([try .login("a", rig.gateway, token: rig.gateway.token(for: "a"))])
            try await rig.connected("a")
            let store = try #require(rig.fleet.state.withLock { $0.store })
            try store.register.refuseWrites(true)
            try await rig.gateway.setFaults([Fault(.expireToken, for: "a")])
            try await rig.wait { rig.log.lines("no login: it cannot be written down first").count == 1 }
            #expect(logins(rig).isEmpty)
            try store.register.refuseWrites(false)
        }
    }

    @Test("many tokens that expire together cost the login no more than its budget, and all are back")
    func manyAtOnce() async throws {
        try await run { rig in
            // A thousand are for `scripts/soak logins`.
            let count = ProcessInfo.processInfo.environment["HOLDFAST_LOGINS"].flatMap { Int($0) } ?? 200
            rig.configuration.lanes = 2
            rig.configuration.renewals.concurrent = 10
            rig.configuration.renewals.perSecond = 100
            let ids = (0..<count).map { "account-\($0)" }
            try await rig.start(try ids.map { try .login($0, rig.gateway, token: rig.gateway.token(for: $0)) })
            try await rig.wait(atMost: .seconds(60)) { rig.fleet.metrics().totals[.connected] == count }
            try await rig.gateway.setFaults([Fault(.expireToken)])
            try await rig.wait(atMost: .seconds(60)) { rig.gateway.statistics(lists: false).login.requests >= count }
            try await rig.wait(atMost: .seconds(60)) { rig.fleet.metrics().totals[.connected] == count }
            let login = rig.gateway.statistics().login
            #expect(login.requests == count)
            #expect(Set(login.logins.map(\.user)).count == count)
            #expect(login.maxInProgress <= 10)
            let perSecond = Dictionary(grouping: login.logins) { $0.at.milliseconds / 1_000 }.mapValues(\.count)
            // A second of the clock may hold what was granted in a little more than one.
            #expect(perSecond.values.max() ?? 0 <= 125)
        }
    }

    @Test("nothing secret lies in the clear in any file of the store, nor in the log")
    func sealed() async throws {
        try await run { rig in
            try await rig.start([try .login("a", rig.gateway)])
            try await rig.connected("a")
            try await rig.fleet.setCredential(
                [.password: Secret("pass-word-4711"), .cookies: Secret("c00kie=4711")], of: "a")
            try await rig.connected("a")
            await rig.stop()
            let token = "login.61."
            for secret in [token, "pass-word-4711", "c00kie=4711", "secret-a"] {
                for file in try FileManager.default.contentsOfDirectory(atPath: rig.folder) {
                    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(rig.folder)/\(file)"))
                    #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret) in \(file)")
                }
                #expect(!rig.log.lines.contains { "\($0)".contains(secret) })
            }
        }
    }
}

extension StoredFleet {
    func connected(_ id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await wait(sourceLocation: sourceLocation) { await self.fleet.account(id)?.state == .connected }
    }
}

extension StoredFleet {
    /// Connected for so long that what was before is forgotten.
    func stable(_ id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await wait(sourceLocation: sourceLocation) {
            let account = await self.fleet.account(id)
            return account?.state == .connected && account?.ladder == Session.Rung.none
        }
    }
}

extension ProviderConfiguration {
    /// The gateway's own login server.
    static func lab(_ gateway: Gateway, timeout: Duration = .seconds(60)) throws -> ProviderConfiguration {
        var http = HTTPProviderConfiguration(url: try #require(gateway.controlURL) + "/login")
        http.body = #"{"user":"{user}","password":"{password}"}"#
        http.token = JSONPath("token")
        http.lifetime = JSONPath("ttl_s")
        http.timeout = timeout
        http.rules = [
            .init(status: 403, path: JSONPath("code"), equals: "needs_person", outcome: .needsPerson)
        ]
        return .http(http)
    }
}

extension AccountConfiguration {
    static func login(
        _ id: String, _ gateway: Gateway, token: String? = nil, settings: SessionSettings = .login()
    ) throws -> AccountConfiguration {
        var account = try AccountConfiguration.test(id, gateway, settings: settings)
        account.token = token.map { Secret($0) }
        account.credential = Credential(user: Secret(id), password: Secret("secret-\(id)"))
        account.provider = "login"
        return account
    }
}

extension SessionSettings {
    /// Quick to try again, and the usual deadlines: a crowded machine must not look like a gateway in trouble.
    static func login(_ change: (inout RecoverySettings) -> Void = { _ in }) -> SessionSettings {
        var recovery = RecoverySettings()
        recovery.canRenew = true
        change(&recovery)
        return SessionSettings(retry: SessionSettings.short.retry, recovery: recovery)
    }
}
