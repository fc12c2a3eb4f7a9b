import HoldfastCore
import Testing

@Suite("The end of a quarantine, and what is told of it")
struct QuarantineEndTests {
    /// Quarantined because trying again cannot help, with a probe in a quarter of an hour.
    func quarantined() throws -> Rig {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        rig.close(.badURL)
        rig.fail(4, .badURL)
        #expect(rig.session.quarantine == .permanent)
        return rig
    }

    @Test("a person's release is followed by an attempt at once, wherever the account waits for its probe")
    func release() throws {
        var failed = try quarantined()
        try failed.perform(.release)
        #expect(failed.session.isQueued)

        var pausing = try quarantined()
        try pausing.perform(.disable)
        pausing.release()
        try pausing.perform(.enable)
        #expect(pausing.session.nextAttemptAt == pausing.now.instant + .seconds(900))
        try pausing.perform(.release)
        #expect(pausing.session.isQueued)
    }

    @Test("a probe that succeeds is told to whoever keeps what must survive a restart")
    func probe() throws {
        var rig = try quarantined()
        rig.tryAgain()
        rig.notes = []
        rig.register()
        #expect(rig.session.quarantine == nil)
        #expect(rig.notes.isSuperset(of: [.quarantineEnded, .memoryChanged]))
    }

    @Test("so is a reset, if there was a rung to forget")
    func reset() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.notes = []
        try rig.perform(.reset)
        #expect(!rig.notes.contains(.memoryChanged))
        rig.close()
        rig.fail(4, .endOfStream)
        rig.release()
        #expect(rig.session.rung == .restart)
        rig.notes = []
        try rig.perform(.reset)
        #expect(rig.notes.contains(.memoryChanged))
    }

    @Test("a socket that is gone is gone, whatever it is said to have died of")
    func handler() throws {
        var rig = Rig(Rig.settings())
        try rig.connect()
        rig.close(.handlerFailed)
        #expect(rig.session.state == .reconnecting)
        #expect(!rig.session.holdsLink)
    }
}
