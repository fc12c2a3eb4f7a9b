import HoldfastCore
import Testing

@Suite("An attempt")
struct AttemptTests {
    @Test("starts only when the slot is granted")
    func grantStarts() throws {
        var rig = Rig()
        let asked = try rig.perform(.enable)
        #expect(asked.slot == .request)
        #expect(rig.session.state == .disconnected)
        let granted = rig.grant()
        #expect(granted.link == .connect)
        #expect(rig.session.state == .connecting)
    }

    @Test("is not connected before the gateway has answered the registration")
    func registrationDecides() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        let opened = rig.note(rig.session.linkOpened(generation: rig.session.generation, at: rig.now))
        #expect(opened.link == .register)
        #expect(rig.session.state == .connecting)
        let answered = rig.note(
            rig.session.registered(generation: rig.session.generation, at: rig.now, using: &rig.generator))
        #expect(rig.session.state == .connected)
        #expect(answered.slot == .giveBack(.succeeded))
        #expect(rig.session.lastConnectedAt == rig.now.wall)
    }

    @Test("an answer before the registration was sent does not connect")
    func earlyAnswer() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        rig.note(rig.session.registered(generation: rig.session.generation, at: rig.now, using: &rig.generator))
        #expect(rig.session.state == .connecting)
        #expect(rig.notes.contains(.staleEvent))
    }

    @Test("a refused registration is a failure and drops the socket")
    func refusedRegistration() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        rig.note(rig.session.linkOpened(generation: rig.session.generation, at: rig.now))
        let failure = Failure.classify(.registrationRefused(code: 401), phase: .register)
        let orders = rig.note(
            rig.session.failed(with: failure, generation: rig.session.generation, at: rig.now, using: &rig.generator))
        #expect(orders.link == .abort)
        #expect(orders.slot == .giveBack(.accountFailed))
        #expect(rig.session.state == .reconnecting)
        #expect(rig.session.lastFailure?.code == "auth.register_401")
    }

    @Test(
        "each phase has its own deadline",
        arguments: [
            (Phase.resolve, Duration.seconds(5)), (.connect, .seconds(10)), (.tls, .seconds(10)),
            (.upgrade, .seconds(10)), (.register, .seconds(10)),
        ])
    func phaseDeadlines(phase: Phase, limit: Duration) throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        if phase == .register {
            rig.note(rig.session.linkOpened(generation: rig.session.generation, at: rig.now))
        } else {
            rig.note(rig.session.entered(phase, generation: rig.session.generation, at: rig.now))
        }
        #expect(rig.session.deadline == rig.now.instant + limit)
        let orders = rig.passToDeadline()
        #expect(orders.link == .abort)
        #expect(rig.session.lastFailure?.code == "network.timeout_\(phase.name)")
        #expect(rig.session.lastFailure?.class == .network)
    }

    @Test("does not go back to an earlier phase")
    func phasesGoForward() throws {
        var rig = Rig()
        try rig.perform(.enable)
        rig.grant()
        rig.note(rig.session.entered(.upgrade, generation: rig.session.generation, at: rig.now))
        rig.note(rig.session.entered(.connect, generation: rig.session.generation, at: rig.now))
        #expect(rig.session.phase == .upgrade)
    }

    @Test("events of an older generation change nothing")
    func olderGeneration() throws {
        var rig = Rig()
        try rig.connect()
        let old = rig.session.generation
        try rig.perform(.reconnect)
        rig.close(.closed(code: 1000))
        rig.grant()
        let before = rig.session
        let failure = Failure.classify(.endOfStream, phase: .established)
        #expect(
            rig.session.linkClosed(with: failure, generation: old, at: rig.now, using: &rig.generator).notes
                == .staleEvent)
        #expect(rig.session.linkOpened(generation: old, at: rig.now).notes == .staleEvent)
        #expect(rig.session.registered(generation: old, at: rig.now, using: &rig.generator).notes == .staleEvent)
        #expect(rig.session.slotGranted(generation: old, at: rig.now).notes == .staleEvent)
        #expect(
            rig.session.heartbeatReplied(
                0, isPositive: true, generation: old, at: rig.now, using: &rig.generator
            ).notes == .staleEvent)
        rig.session.messageReceived(generation: old, at: rig.now)
        rig.session.beatBlocked(generation: old, at: rig.now)
        rig.session.drained(generation: old)
        #expect(rig.session == before)
    }

    @Test("a lost grant is asked for again")
    func lostGrant() throws {
        var rig = Rig()
        try rig.perform(.enable)
        let generation = rig.session.generation
        let orders = rig.passToDeadline()
        #expect(orders.slot == .request)
        #expect(rig.session.generation == generation)
        #expect(rig.session.isQueued)
    }

    @Test("a session is small")
    func size() {
        #expect(MemoryLayout<Session>.size <= 400)
    }
}
