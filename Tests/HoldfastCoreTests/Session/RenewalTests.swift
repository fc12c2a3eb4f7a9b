import HoldfastCore
import Testing

@Suite("Renewing a credential")
struct RenewalTests {
    private func rig() -> Rig {
        var recovery = RecoverySettings()
        recovery.canRenew = true
        var retry = RetrySettings()
        retry.jitter = .none
        return Rig(SessionSettings(retry: retry, recovery: recovery))
    }

    /// Lets the desk do its part: the login is written down, takes a second, and ends.
    @discardableResult
    private func login(_ rig: inout Rig, _ outcome: RenewalOutcome) -> Orders {
        rig.session.renewalStarted(at: rig.now)
        rig.pass(.seconds(1))
        return rig.note(rig.session.renewalEnded(outcome, at: rig.now))
    }

    private func hold(_ rig: inout Rig, for duration: Duration) -> Orders {
        let end = rig.now.instant + duration
        var orders = Orders.nothing
        while rig.now.instant < end, !orders.renew {
            orders = rig.passToDeadline()
            if let beat = orders.beat { rig.reply(to: beat) }
        }
        return orders
    }

    @Test("a rejected token is renewed at once, and the session comes back with it")
    func rejectedToken() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        let orders = rig.close(.registrationRefused(code: 401))
        #expect(orders.renew)
        #expect(rig.session.state == .failed)
        #expect(rig.session.deadline != nil)
        let renewed = login(&rig, .renewed(lifetime: .seconds(3600)))
        #expect(renewed.slot == .request)
        #expect(rig.session.failures == 0)
        #expect(rig.session.rung == .renew)
        rig.grant()
        rig.register()
        #expect(rig.session.state == .connected)
    }

    @Test("a second rejection quarantines, whether by the gateway or by the provider", arguments: [true, false])
    func secondRejection(byGateway: Bool) throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        if byGateway {
            login(&rig, .renewed(lifetime: nil))
            rig.grant()
            rig.close(.registrationRefused(code: 401))
        } else {
            login(&rig, .rejected)
        }
        #expect(rig.session.quarantine == .auth)
        #expect(rig.session.deadline == nil)
        #expect(rig.notes.contains(.quarantineBegan))
    }

    @Test("a login that needs a person waits for one")
    func needsPerson() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        login(&rig, .needsPerson)
        #expect(rig.session.quarantine == .login)
        #expect(rig.session.deadline == nil)
        #expect(rig.note(rig.session.credentialChanged(at: rig.now)).slot == .request)
    }

    @Test("logins that lead to nothing come ever more rarely, and the session waits without an attempt")
    func cooldown() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        var starts: [WallTime] = []
        for _ in 0..<9 {
            starts.append(rig.now.wall)
            login(&rig, .tryLater)
            #expect(rig.session.state == .failed)
            var orders = Orders.nothing
            while !orders.renew {
                orders = rig.passToDeadline()
                #expect(orders.slot == .none)
            }
        }
        let waits = zip(starts, starts.dropFirst()).map { $1.since($0) }
        #expect(waits == [60, 120, 240, 480, 960, 1920, 3600, 3600].map { Duration.seconds($0) })
    }

    @Test("an outage of drops renews once, then restarts, then quarantines")
    func dropsClimb() throws {
        var rig = rig()
        try rig.connect()
        rig.close()
        rig.fail(4, .endOfStream)
        #expect(rig.session.state == .failed)
        login(&rig, .renewed(lifetime: nil))
        rig.grant()
        rig.close()
        rig.fail(4, .endOfStream)
        #expect(rig.session.state == .closed)
        rig.release()
        rig.fail(5, .endOfStream)
        #expect(rig.session.quarantine == .ladder)
    }

    @Test("an outage of drops with the login cooling down goes on at the ceiling and does not climb")
    func dropsWhileCooling() throws {
        var rig = rig()
        var memory = SessionMemory()
        memory.renewal.startedAt = rig.now.wall
        memory.renewal.fruitless = 4
        rig.session.recall(memory)
        try rig.connect()
        rig.close()
        rig.fail(10, .endOfStream)
        #expect(rig.session.state == .failed)
        #expect(rig.session.rung == .none)
        #expect(rig.session.nextAttemptAt != nil)
        rig.pass(.seconds(480))
        rig.tryAgain()
        #expect(rig.close().renew)
    }

    @Test("network outages never ask for a login")
    func networkOutage() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.systemCall(errno: 111))
        for _ in 0..<60 {
            rig.tryAgain()
            #expect(!rig.close(.systemCall(errno: 111)).renew)
        }
        #expect(rig.session.quarantine == nil)
    }

    @Test("a token is refreshed as planned while connected, and the reconnect is no failure")
    func plannedRefresh() throws {
        var rig = rig()
        rig.session.tokenObtained(at: rig.now.wall, lifetime: .seconds(1000), now: rig.now)
        let start = rig.now.instant
        try rig.connect()
        let orders = hold(&rig, for: .seconds(1000))
        #expect(orders.renew)
        #expect(rig.now.instant.since(start) == .seconds(800))
        #expect(rig.session.state == .connected)
        let renewed = login(&rig, .renewed(lifetime: .seconds(1000)))
        #expect(renewed.link == .close(code: 1000))
        #expect(rig.session.failures == 0)
        #expect(!rig.notes.contains(.outageBegan))
    }

    @Test("without a promised lifetime a token is refreshed every 72 000 s")
    func defaultRefresh() throws {
        var rig = rig()
        rig.session.tokenObtained(at: rig.now.wall, lifetime: nil, now: rig.now)
        let start = rig.now.instant
        try rig.connect()
        #expect(hold(&rig, for: .seconds(80_000)).renew)
        #expect(rig.now.instant.since(start) == .seconds(72_000))
    }

    @Test("a recent message puts a planned refresh off, but never into the last tenth of the token's life")
    func refreshRests() throws {
        var rig = rig()
        rig.session.tokenObtained(at: rig.now.wall, lifetime: .seconds(10_000), now: rig.now)
        let start = rig.now.instant
        try rig.connect()
        var orders = Orders.nothing
        while !orders.renew {
            rig.session.messageReceived(generation: rig.session.generation, at: rig.now)
            orders = rig.passToDeadline()
            if let beat = orders.beat { rig.reply(to: beat) }
        }
        #expect(rig.now.instant.since(start) == .seconds(9000))
    }

    @Test("a failed planned refresh is tried again after half of what is left, and leaves the connection alone")
    func refreshFails() throws {
        var rig = rig()
        rig.session.tokenObtained(at: rig.now.wall, lifetime: .seconds(10_000), now: rig.now)
        try rig.connect()
        #expect(hold(&rig, for: .seconds(9000)).renew)
        login(&rig, .tryLater)
        #expect(rig.session.state == .connected)
        let failedAt = rig.now.instant
        #expect(hold(&rig, for: .seconds(2000)).renew)
        #expect(rig.now.instant.since(failedAt) == .milliseconds(999_500))
    }

    @Test("asked for by hand: refused without a provider and while cooling down")
    func byHand() throws {
        var without = Rig()
        try without.connect()
        #expect(throws: SessionRefusal.noProvider) { try without.session.perform(.renew, at: without.now) }
        var rig = rig()
        try rig.connect()
        #expect(try rig.perform(.renew).renew)
        rig.session.renewalStarted(at: rig.now)
        #expect(throws: SessionRefusal.coolingDown) { try rig.session.perform(.renew, at: rig.now) }
    }

    @Test("asked for by hand, a quarantine for rejection ends in a login")
    func byHandInQuarantine() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        login(&rig, .rejected)
        rig.pass(.seconds(60))
        #expect(try rig.perform(.renew).renew)
        #expect(rig.session.quarantine == nil)
        #expect(login(&rig, .renewed(lifetime: nil)).slot == .request)
    }

    @Test("rung, restarts, quarantine and cooldown survive a restart of the process; failure counts do not")
    func memory() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        login(&rig, .tryLater)
        var reborn = Session(settings: rig.session.settings)
        reborn.recall(rig.session.memory)
        #expect(reborn.memory == rig.session.memory)
        #expect(reborn.failures == 0)
        #expect(throws: SessionRefusal.disabled) { try reborn.perform(.renew, at: rig.now) }
        _ = try reborn.perform(.enable, at: rig.now)
        #expect(throws: SessionRefusal.coolingDown) { try reborn.perform(.renew, at: rig.now) }
    }

    @Test("having no credential yet is no rejection of one: it is got first, and the next rejection is the first")
    func noCredential() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        #expect(rig.close(.noCredential).renew)
        #expect(rig.session.lastFailure?.code == "auth.no_credential")
        login(&rig, .renewed(lifetime: nil))
        rig.grant()
        rig.pass(.seconds(60))
        #expect(rig.close(.registrationRefused(code: 401)).renew)
        #expect(rig.session.quarantine == nil)
    }

    @Test(
        "a planned refresh that needs a person is a reason, no login follows, and the end of the token is a quarantine")
    func plannedRefreshNeedsPerson() throws {
        var rig = rig()
        rig.session.tokenObtained(at: rig.now.wall, lifetime: .seconds(1000), now: rig.now)
        try rig.connect()
        #expect(hold(&rig, for: .seconds(1000)).renew)
        login(&rig, .needsPerson)
        #expect(rig.session.state == .connected)
        let evidence = rig.session.healthEvidence(at: rig.now)
        #expect(evidence.reasons().first?.code == .loginNeedsPerson)
        #expect(evidence.status() == .degraded)
        // It survives the process, and so does the rule that nobody logs in.
        var reborn = Session(settings: rig.session.settings)
        reborn.recall(rig.session.memory)
        #expect(reborn.needsPerson)
        #expect(!hold(&rig, for: .seconds(10_000)).renew)
        rig.close(.closed(code: 1008))
        #expect(rig.session.quarantine == .login)
        #expect(rig.session.deadline == nil)
        rig.note(rig.session.credentialChanged(at: rig.now))
        #expect(!rig.session.needsPerson)
        #expect(rig.session.quarantine == nil)
    }

    @Test("while a login needs a person, drops climb the ladder past it")
    func dropsWhileAPersonIsNeeded() throws {
        var rig = rig()
        var memory = SessionMemory()
        memory.renewal.needsPerson = true
        rig.session.recall(memory)
        try rig.connect()
        rig.close()
        rig.fail(4, .endOfStream)
        #expect(rig.session.state == .closed)
        #expect(rig.session.rung == .restart)
    }

    @Test("asked for by hand, a login that needed a person is tried again")
    func personActed() throws {
        var rig = rig()
        var memory = SessionMemory()
        memory.renewal.needsPerson = true
        rig.session.recall(memory)
        try rig.connect()
        #expect(try rig.perform(.renew).renew)
        #expect(!rig.session.needsPerson)
        #expect(rig.notes.contains(.memoryChanged))
    }

    @Test("with the clock set back by a day, the next login comes after one cooldown, and restarts after their window")
    func sessionWithClockSetBack() throws {
        var rig = rig()
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        rig.session.renewalStarted(at: rig.now)
        rig.now.wall = rig.now.wall - .seconds(86_400)
        rig.note(rig.session.renewalEnded(.tryLater, at: rig.now))
        let start = rig.now.instant
        #expect(rig.passToDeadline().renew)
        #expect(rig.now.instant.since(start) == .seconds(60))

        var restarted = Rig(rig.session.settings)
        var memory = SessionMemory()
        memory.restarts = Array(repeating: restarted.now.wall + .seconds(86_400), count: 5)
        restarted.session.recall(memory)
        try restarted.connect()
        #expect(throws: SessionRefusal.tooManyRestarts) {
            try restarted.session.perform(.restart, at: restarted.now)
        }
        restarted.pass(.seconds(600))
        #expect(throws: Never.self) { try restarted.session.perform(.restart, at: restarted.now) }
    }

    @Test("a time stamp from the future does not block logins for ever")
    func clockSetBack() {
        var record = RenewalRecord()
        record.startedAt = WallTime(milliseconds: 10_000_000)
        #expect(record.remaining(at: WallTime(milliseconds: 0), RecoverySettings()) == .seconds(60))
    }
}
