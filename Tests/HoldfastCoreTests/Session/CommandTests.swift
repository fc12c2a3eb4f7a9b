import HoldfastCore
import Testing

@Suite("What a person asks for")
struct CommandTests {
    @Test("disabling a connected session closes it politely, releases it and lets it rest")
    func disable() throws {
        var rig = Rig()
        try rig.connect()
        let orders = try rig.perform(.disable)
        #expect(orders.link == .close(code: 1000))
        #expect(orders.releaseIncarnation)
        #expect(rig.session.state == .closed)
        rig.release()
        #expect(rig.session.state == .closed)
        rig.close(.closed(code: 1000))
        #expect(rig.session.state == .disconnected)
        #expect(rig.session.deadline == nil)
        #expect(rig.session.failures == 0)
    }

    @Test("a release that hangs is forced after eight seconds")
    func forcedRelease() throws {
        var rig = Rig()
        try rig.connect()
        try rig.perform(.disable)
        #expect(rig.session.deadline == rig.now.instant + .seconds(8))
        let orders = rig.passToDeadline()
        #expect(orders.link == .abort)
        #expect(rig.session.state == .disconnected)
    }

    @Test("waiting ends at once on disable and on reconnect")
    func waitingEnds() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.close()
        var other = rig
        try rig.perform(.disable)
        #expect(rig.session.state == .closed)
        let orders = try other.perform(.reconnect)
        #expect(orders.slot == .request)
        #expect(other.session.isQueued)
    }

    @Test("enabled again while it is being released, it begins a new incarnation at the end of that")
    func enableDuringRelease() throws {
        var rig = Rig()
        try rig.connect()
        try rig.perform(.disable)
        try rig.perform(.enable)
        #expect(rig.session.state == .closed)
        rig.close(.closed(code: 1000))
        let orders = rig.release()
        #expect(orders.slot == .request)
        #expect(rig.session.incarnation == 2)
    }

    @Test("a planned reconnect is no failure and never holds two sockets")
    func plannedReconnect() throws {
        var rig = Rig()
        try rig.connect()
        let orders = try rig.perform(.reconnect)
        #expect(orders.link == .close(code: 1000))
        #expect(orders.slot == .none)
        #expect(rig.session.state == .reconnecting)
        let closed = rig.close(.closed(code: 1000))
        #expect(closed.slot == .request)
        #expect(rig.session.failures == 0)
        #expect(!rig.notes.contains(.outageBegan))
    }

    @Test("a planned close that nobody answers is cut")
    func unansweredClose() throws {
        var rig = Rig()
        try rig.connect()
        try rig.perform(.reconnect)
        let orders = rig.passToDeadline()
        #expect(orders.link == .abort)
        #expect(orders.slot == .request)
    }

    @Test("enabling does not lift a quarantine; releasing does")
    func quarantineByHand() throws {
        var rig = Rig()
        try rig.connect()
        try rig.perform(.quarantine)
        rig.close(.closed(code: 1000))
        rig.release()
        #expect(rig.session.state == .disconnected)
        #expect(rig.session.quarantine == .person)
        #expect(rig.session.deadline == nil)
        try rig.perform(.enable)
        #expect(rig.session.deadline == nil)
        #expect(throws: SessionRefusal.quarantined) { try rig.session.perform(.reconnect, at: rig.now) }
        let orders = try rig.perform(.release)
        #expect(orders.slot == .request)
        #expect(rig.session.quarantine == nil)
    }

    @Test("a quarantine that heals by probe keeps its probe over disable and enable")
    func probeSurvivesDisable() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        rig.close(.badURL)
        rig.fail(4, .badURL)
        #expect(rig.session.quarantine == .permanent)
        try rig.perform(.disable)
        rig.release()
        #expect(rig.session.deadline == nil)
        try rig.perform(.enable)
        #expect(rig.session.nextAttemptAt == rig.now.instant + .seconds(900))
    }

    @Test("resetting the failures of a failed session begins again")
    func reset() throws {
        var rig = Rig(Rig.settings(climb: []))
        try rig.perform(.enable)
        rig.grant()
        rig.close(.endOfStream)
        rig.fail(4, .endOfStream)
        #expect(rig.session.state == .failed)
        let orders = try rig.perform(.reset)
        #expect(orders.slot == .request)
        #expect(rig.session.failures == 0)
        #expect(rig.session.state == .reconnecting)
    }

    @Test("commands that do not apply are refused and change nothing")
    func refusals() throws {
        var rig = Rig()
        let before = rig.session
        #expect(throws: SessionRefusal.disabled) { try rig.session.perform(.reconnect, at: rig.now) }
        #expect(throws: SessionRefusal.disabled) { try rig.session.perform(.restart, at: rig.now) }
        #expect(throws: SessionRefusal.notQuarantined) { try rig.session.perform(.release, at: rig.now) }
        #expect(rig.session == before)
        try rig.connect()
        try rig.perform(.restart)
        #expect(throws: SessionRefusal.releasing) { try rig.session.perform(.reconnect, at: rig.now) }
    }

    @Test("shutting down closes with 1001 and begins nothing new")
    func shutDown() throws {
        var rig = Rig()
        try rig.connect()
        let orders = rig.note(rig.session.shutDown(at: rig.now))
        #expect(orders.link == .close(code: 1001))
        rig.release()
        rig.close(.closed(code: 1001))
        #expect(rig.session.state == .disconnected)
        #expect(rig.session.deadline == nil)
    }

    @Test("settings that need another connection bring a planned reconnect, others do not")
    func settingsChange() throws {
        var rig = Rig()
        try rig.connect()
        #expect(rig.session.apply(Rig.settings(), needsReconnect: false, at: rig.now) == .nothing)
        #expect(rig.session.settings == Rig.settings())
        #expect(rig.session.apply(Rig.settings(), needsReconnect: true, at: rig.now).link == .close(code: 1000))
    }
}
