import Testing

@testable import HoldfastCore

@Suite("After a failure")
struct RecoveryTests {
    @Test("a dropped connection is tried again after the delay, without the failed state")
    func dropped() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        let orders = rig.close(.endOfStream)
        #expect(rig.session.state == .reconnecting)
        #expect(orders.slot == .none)
        #expect(rig.session.nextAttemptAt == rig.now.instant + .seconds(3))
        #expect(rig.notes.contains(.outageBegan))
        let again = rig.passToDeadline()
        #expect(again.slot == .request)
    }

    @Test("a clean close by the peer takes the same path, and the delays grow")
    func cleanClose() throws {
        var rig = Rig(Rig.settings(climb: []))
        try rig.connect()
        var delays: [Duration] = []
        for _ in 0..<7 {
            rig.close(.closed(code: 1000))
            if let next = rig.session.nextAttemptAt { delays.append(next.since(rig.now.instant)) }
            rig.tryAgain()
            rig.register()
        }
        #expect(delays == [3, 6, 9, 12, 15, 15, 15].map { Duration.seconds($0) })
    }

    @Test("failures are forgotten after 60 s of connection and not before")
    func stability() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.close()
        rig.tryAgain()
        rig.register()
        #expect(rig.session.failures == 1)
        let connectedAt = rig.now.instant
        while rig.now.instant < connectedAt + .seconds(59) {
            if let beat = rig.passToDeadline().beat { rig.reply(to: beat) }
            if rig.now.instant < connectedAt + .seconds(60) { #expect(rig.session.failures == 1) }
        }
        while rig.now.instant < connectedAt + .seconds(60) {
            if let beat = rig.passToDeadline().beat { rig.reply(to: beat) }
        }
        #expect(rig.session.failures == 0)
        #expect(rig.notes.contains(.stable))
    }

    @Test("network and server outages go on at the ceiling for ever, without quarantine", arguments: [true, false])
    func endless(isNetwork: Bool) throws {
        let cause: FailureCause =
            isNetwork ? .systemCall(errno: 111) : .upgradeRefused(status: 503, retryAfter: nil)
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        rig.close(cause)
        rig.fail(3, cause)
        #expect(rig.session.state == .reconnecting)
        rig.fail(1, cause)
        #expect(rig.session.state == .failed)
        rig.fail(50, cause)
        #expect(rig.session.state == .failed)
        #expect(rig.session.quarantine == nil)
        #expect(rig.session.failures == 55)
        let ceiling = Duration.seconds(isNetwork ? 60 : 30)
        #expect(rig.session.nextAttemptAt == rig.now.instant + ceiling)
    }

    @Test("five drops restart the instance, five more quarantine it, and a probe heals it")
    func ladder() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.close()
        rig.fail(4, .endOfStream)
        #expect(rig.session.state == .closed)
        #expect(rig.path.suffix(2) == [.failed, .closed])
        #expect(rig.notes.contains(.restarted))
        rig.release()
        #expect(rig.session.state == .disconnected)
        #expect(rig.session.incarnation == 2)
        #expect(rig.session.failures == 0)
        rig.fail(5, .endOfStream)
        #expect(rig.session.state == .failed)
        #expect(rig.session.quarantine == .ladder)
        #expect(rig.session.nextAttemptAt == rig.now.instant + .seconds(900))
        rig.tryAgain()
        rig.register()
        #expect(rig.session.state == .connected)
        #expect(rig.session.quarantine == nil)
        #expect(rig.notes.contains(.quarantineEnded))
    }

    @Test("one drop amid refusals does not climb the ladder")
    func mixedOutage() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        rig.close(.systemCall(errno: 111))
        rig.fail(20, .systemCall(errno: 111))
        rig.fail(4, .reset)
        #expect(rig.session.state == .failed)
        #expect(rig.session.rung == .none)
        rig.fail(1, .reset)
        #expect(rig.session.rung == .restart)
    }

    @Test("nor do five drops with a refusal among them")
    func interruptedClimb() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.fail(4, .reset)
        rig.fail(1, .systemCall(errno: 111))
        rig.fail(4, .reset)
        #expect(rig.session.state == .failed)
        #expect(rig.session.rung == .none)
        rig.fail(1, .reset)
        #expect(rig.session.rung == .restart)
    }

    @Test("another credential begins with a clean record: its first rejection is the first")
    func anotherCredential() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.fail(1, .registrationRefused(code: 401))
        rig.note(rig.session.credentialChanged(at: rig.now))
        rig.fail(1, .registrationRefused(code: 401))
        #expect(rig.session.quarantine == nil)
        rig.fail(1, .registrationRefused(code: 401))
        #expect(rig.session.quarantine == .auth)
    }

    @Test("from connected, the fifth failure passes through reconnecting and failed")
    func connectDropLoop() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        for _ in 0..<4 {
            rig.close()
            rig.tryAgain()
            rig.register()
        }
        rig.transitions = []
        rig.close()
        #expect(rig.path == [.reconnecting, .failed, .closed])
    }

    @Test("a second rejection of the credential quarantines; only a person or another credential ends that")
    func rejection() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        rig.close(.registrationRefused(code: 401))
        #expect(rig.session.quarantine == nil)
        rig.fail(1, .registrationRefused(code: 401))
        #expect(rig.session.quarantine == .auth)
        #expect(rig.session.state == .failed)
        #expect(rig.session.deadline == nil)
        let orders = rig.note(rig.session.credentialChanged(at: rig.now))
        #expect(orders.slot == .request)
        #expect(rig.session.quarantine == nil)
    }

    @Test("a permanent failure is tried five times, then quarantined with a probe")
    func permanent() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        rig.close(.certificate(.wrongHost))
        rig.fail(4, .certificate(.wrongHost))
        #expect(rig.session.quarantine == .permanent)
        #expect(rig.session.nextAttemptAt == rig.now.instant + .seconds(900))
    }

    @Test("more than five restarts in ten minutes quarantine instead of restarting")
    func restartBudget() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        for _ in 0..<5 {
            try rig.perform(.restart)
            rig.close(.closed(code: 1000))
            rig.release()
            rig.grant()
            rig.register()
        }
        #expect(throws: SessionRefusal.tooManyRestarts) { try rig.session.perform(.restart, at: rig.now) }
        rig.close()
        rig.fail(4, .endOfStream)
        #expect(rig.session.quarantine == .restarts)
    }

    @Test("trouble in our own handling never touches the connection")
    func handlerFailure() throws {
        var rig = Rig()
        try rig.connect()
        let failure = Failure.classify(.handlerFailed, phase: .established)
        let orders = rig.note(
            rig.session.failed(with: failure, generation: rig.session.generation, at: rig.now, using: &rig.generator))
        #expect(orders == .nothing)
        #expect(rig.session.state == .connected)
        #expect(rig.session.failures == 0)
    }

    @Test("an outage is told when it begins and when it ends, flapping only once")
    func outageLines() throws {
        var rig = Rig(Rig.settings(climb: []))
        try rig.connect()
        #expect(rig.close().notes.contains(.outageBegan))
        rig.tryAgain()
        #expect(rig.register().notes.contains(.outageEnded))
        #expect(!rig.close().notes.contains(.outageBegan))
        rig.tryAgain()
        #expect(!rig.register().notes.contains(.outageEnded))
        rig.notes = []
        let connectedAt = rig.now.instant
        while rig.now.instant < connectedAt + .seconds(61) {
            if let beat = rig.passToDeadline().beat { rig.reply(to: beat) }
        }
        #expect(rig.notes.contains(.outageEnded))
    }

    @Test("a stuck session is reset under a new generation")
    func stuck() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        let generation = rig.session.generation
        rig.pass(.seconds(15))
        #expect(rig.session.sweep(at: rig.now) == .nothing)
        rig.pass(.milliseconds(1))
        let orders = rig.note(rig.session.sweep(at: rig.now))
        #expect(orders.notes.contains(.stuckReset))
        #expect(orders.link == .abort)
        #expect(orders.slot == .request)
        #expect(rig.session.generation == generation + 1)
        #expect(rig.path == [.connecting, .closed, .disconnected])
    }

    @Test("a session that should be connected and waits for nothing is reset; one that waits for a person is not")
    func stuckForEver() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        rig.session.machine = .parked
        let generation = rig.session.generation
        #expect(rig.note(rig.session.sweep(at: rig.now)).notes.contains(.stuckReset))
        #expect(rig.session.generation == generation + 1 && rig.session.deadline != nil)
        #expect(rig.session.sweep(at: rig.now) == .nothing)
        try rig.perform(.quarantine)
        rig.release()
        #expect(rig.session.deadline == nil)
        #expect(rig.session.sweep(at: rig.now) == .nothing)
        try rig.perform(.release)
        try rig.perform(.disable)
        #expect(rig.session.sweep(at: rig.now) == .nothing)
    }
}
