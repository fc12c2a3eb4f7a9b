import HoldfastCore
import Testing

/// What is forgotten, and when: after a minute of connection (F3, F5, F7), by a person's hand (F6), after a blindness (H8).
@Suite("What is forgotten")
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

    @Test("releasing an account that was restarted too often forgives its restarts")
    func restarts() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        for _ in 0..<5 {
            try rig.perform(.restart)
            rig.close()
            rig.release()
            rig.tryAgain()
            rig.register()
        }
        #expect(throws: SessionRefusal.tooManyRestarts) { try rig.perform(.restart) }
        try rig.perform(.quarantine)
        rig.close()
        rig.release()
        try rig.perform(.release)
        rig.tryAgain()
        rig.register()
        try rig.perform(.restart)
        #expect(rig.session.state == .closed)
    }

    @Test("misses before a blindness of ours do not count with those after it")
    func misses() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        for _ in 0..<2 {
            while !rig.passToDeadline().notes.contains(.heartbeatMissed) {}
        }
        #expect(rig.session.liveness?.misses == 2)
        rig.pass(.seconds(20))
        rig.note(rig.session.unobserved(for: .seconds(20), at: rig.now, using: &rig.generator))
        while !rig.passToDeadline().notes.contains(.heartbeatMissed) {}
        #expect(rig.session.state == .connected)
    }
}
