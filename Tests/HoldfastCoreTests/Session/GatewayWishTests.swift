import HoldfastCore
import Testing

@Suite("What a gateway asks for: a reconnect, another rhythm")
struct GatewayWishTests {
    private func connected(_ settings: SessionSettings = Rig.settings()) throws -> Rig {
        var rig = Rig(settings)
        try rig.connect()
        return rig
    }

    /// Answers every beat until then.
    private func live(_ rig: inout Rig, until end: Instant) -> [Instant] {
        var beats: [Instant] = []
        while let deadline = rig.session.deadline, deadline <= end {
            let orders = rig.passToDeadline()
            guard let beat = orders.beat else { continue }
            beats.append(rig.now.instant)
            rig.reply(to: beat)
        }
        return beats
    }

    private func ask(_ rig: inout Rig, within time: Duration) {
        rig.note(
            rig.session.reconnectAsked(
                within: time, generation: rig.session.generation, at: rig.now, using: &rig.generator))
    }

    private func dictate(_ interval: Duration, _ rig: inout Rig) {
        rig.note(
            rig.session.intervalDictated(
                interval, generation: rig.session.generation, at: rig.now, using: &rig.generator))
    }

    @Test("a stable session leaves within the time it was given, politely, and it is no failure")
    func leaves() throws {
        var rig = try connected()
        _ = live(&rig, until: rig.now.instant + .seconds(100))
        let asked = rig.now.instant
        ask(&rig, within: .seconds(30))
        #expect(rig.session.state == .connected)
        while rig.session.state == .connected {
            let orders = rig.passToDeadline()
            if let beat = orders.beat { rig.reply(to: beat) }
            if rig.session.state != .connected { #expect(orders.link == .close(code: CloseCode.normal)) }
        }
        #expect(rig.now.instant.since(asked) <= .seconds(27))
        #expect(rig.transitions.last?.reason == .gatewayAsked)
        #expect(rig.session.state == .reconnecting && rig.session.failures == 0)
        #expect(!rig.notes.contains(.outageBegan))
        rig.close(.closed(code: CloseCode.normal))
        #expect(rig.session.isQueued && rig.session.failures == 0)
        rig.grant()
        rig.register()
        #expect(rig.session.state == .connected)
    }

    @Test("a gateway that asks at once and always gets one reconnect in the time a connection needs to be stable")
    func isNotHurried() throws {
        var rig = try connected()
        for _ in 0..<3 {
            let since = rig.now.instant
            while rig.session.state == .connected {
                ask(&rig, within: .zero)
                let orders = rig.passToDeadline()
                if let beat = orders.beat { rig.reply(to: beat) }
            }
            #expect(rig.now.instant.since(since) >= .seconds(60))
            rig.close(.closed(code: CloseCode.normal))
            rig.grant()
            rig.register()
        }
        #expect(rig.session.failures == 0)
    }

    @Test("the earliest of several wishes counts, and absurd ones are cut")
    func takesEarliest() throws {
        var rig = try connected()
        _ = live(&rig, until: rig.now.instant + .seconds(100))
        ask(&rig, within: .seconds(Int64.max))
        let late = try #require(rig.session.deadline)
        #expect(late <= rig.now.instant + .seconds(3_600))
        ask(&rig, within: .seconds(-5))
        #expect(try #require(rig.session.deadline) <= rig.now.instant + .milliseconds(100))
    }

    @Test("nobody leaves for a wish of an older attempt, or before there is a connection")
    func ignoresStale() throws {
        var rig = try connected()
        let before = rig.session
        let orders = rig.session.reconnectAsked(
            within: .zero, generation: rig.session.generation &- 1, at: rig.now, using: &rig.generator)
        #expect(orders.notes == .staleEvent && rig.session == before)
        rig.close()
        rig.tryAgain()
        let connecting = rig.session
        ask(&rig, within: .zero)
        #expect(rig.session == connecting)
    }

    @Test("an interval dictated with the greeting is the rhythm of that connection, and of no other")
    func keepsRhythm() throws {
        var rig = Rig(Rig.settings())
        try rig.perform(.enable)
        rig.grant()
        _ = rig.session.linkOpened(generation: rig.session.generation, at: rig.now)
        dictate(.seconds(7), &rig)
        rig.note(rig.session.registered(generation: rig.session.generation, at: rig.now, using: &rig.generator))
        rig.session.messageReceived(generation: rig.session.generation, at: rig.now)
        let beats = live(&rig, until: rig.now.instant + .seconds(29))
        #expect(beats.count >= 4)
        for (earlier, later) in zip(beats, beats.dropFirst()) { #expect(later.since(earlier) == .seconds(7)) }
        rig.close()
        rig.tryAgain()
        rig.register()
        let usual = live(&rig, until: rig.now.instant + .seconds(29))
        #expect(usual.count <= 2)
    }

    @Test(
        "a dictated interval is clamped, and a peer that falls silent is still left",
        arguments: [(-1, 1), (0, 1), (1, 1), (41, 41), (9_999, 300)], HeartbeatSettings.Mode.allCases)
    func isClamped(interval: (dictated: Int, kept: Int), mode: HeartbeatSettings.Mode) throws {
        var heartbeat = HeartbeatSettings()
        heartbeat.mode = mode
        heartbeat.quietAfter = .seconds(86_400)
        var rig = try connected(SessionSettings(heartbeat: heartbeat))
        dictate(.seconds(interval.dictated), &rig)
        var beats: [Instant] = []
        while rig.session.state == .connected {
            if rig.passToDeadline().beat != nil { beats.append(rig.now.instant) }
        }
        #expect(rig.session.lastFailure?.code == "network.heartbeat_dead")
        #expect(beats.count >= 3)
        if mode == .fixed, let first = beats.first, let second = beats.dropFirst().first {
            #expect(second.since(first) == .seconds(interval.kept))
        }
    }

    @Test("a reply that names no beat answers all that are open, and is timed from the oldest")
    func takesUnnamedReplies() throws {
        var rig = try connected()
        var beats = 0
        while beats < 2 { if rig.passToDeadline().beat != nil { beats += 1 } }
        let open = try #require(rig.session.liveness?.beats)
        #expect(open.count == 2)
        let oldest = try #require(open.oldestSentAt)
        rig.pass(.milliseconds(10))
        let orders = rig.replyToSome()
        #expect(!orders.notes.contains(.staleEvent))
        #expect(rig.session.liveness?.beats.isEmpty == true)
        #expect(rig.session.liveness?.lastReplyTime == rig.now.instant.since(oldest))
        #expect(rig.session.liveness?.misses == 0)
        // Nothing is open: nothing is proved.
        let before = rig.session
        let late = rig.replyToSome()
        #expect(late.notes == .staleEvent)
        #expect(rig.session == before)
    }
}
