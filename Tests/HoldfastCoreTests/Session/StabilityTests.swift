import HoldfastCore
import Testing

/// What a minute of connection makes forgotten (F3, F5, F7).
@Suite("A minute of connection")
struct StabilityTests {
    /// Connected until it counts as stable.
    static func becomeStable(_ rig: inout Rig) {
        rig.register()
        while rig.session.liveness.map({ _ in !rig.notes.contains(.stable) }) == true {
            if let beat = rig.passToDeadline().beat { rig.reply(to: beat) }
        }
        #expect(rig.notes.contains(.stable))
        rig.notes = []
    }

    static func renewing() -> SessionSettings {
        var retry = RetrySettings()
        retry.jitter = .none
        var recovery = RecoverySettings()
        recovery.canRenew = true
        return SessionSettings(retry: retry, recovery: recovery)
    }

    @Test("a rejection before it does not make the next one the second")
    func rejections() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.fail(1, .registrationRefused(code: 401))
        rig.tryAgain()
        Self.becomeStable(&rig)
        rig.close(.registrationRefused(code: 401))
        #expect(rig.session.quarantine == nil)
        rig.fail(1, .registrationRefused(code: 401))
        #expect(rig.session.quarantine == .auth)
    }

    @Test("the rung of the last outage is forgotten, and the store is told")
    func rung() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.close()
        rig.fail(4, .endOfStream)
        rig.release()
        #expect(rig.session.rung == .restart)
        rig.tryAgain()
        rig.register()
        var notes: Orders.Notes = []
        while !notes.contains(.stable) {
            let orders = rig.passToDeadline()
            notes.formUnion(orders.notes)
            if let beat = orders.beat { rig.reply(to: beat) }
        }
        #expect(rig.session.rung == .none)
        #expect(notes.contains(.memoryChanged))
    }

    @Test("logins before it do not lengthen the cooldown after it")
    func fruitlessLogins() throws {
        var rig = Rig(Self.renewing())
        try rig.connect()
        for _ in 0..<3 {
            rig.session.renewalStarted(at: rig.now)
            rig.pass(.seconds(600))
        }
        #expect(rig.session.memory.renewal.fruitless == 3)
        rig.close()
        rig.tryAgain()
        Self.becomeStable(&rig)
        #expect(rig.session.memory.renewal.fruitless == 0)
        rig.session.renewalStarted(at: rig.now)
        let next = rig.session.memory.renewal.nextStart(rig.session.settings.recovery)
        #expect(next == rig.now.wall + .seconds(60))
    }

    @Test("the next failure begins another outage, which is told")
    func outage() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.close()
        #expect(rig.notes.contains(.outageBegan))
        rig.tryAgain()
        Self.becomeStable(&rig)
        rig.close()
        #expect(rig.notes.contains(.outageBegan))
        #expect(!rig.session.isFlapping)
    }

    @Test("an attempt does not pay for time in which we stood still")
    func unobserved() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        let deadline = try #require(rig.session.deadline)
        rig.pass(.seconds(20))
        rig.note(rig.session.unobserved(for: .seconds(20), at: rig.now, using: &rig.generator))
        #expect(rig.session.deadline == deadline + .seconds(20))
        rig.wake()
        #expect(rig.session.state == .connecting)
    }
}
