import HoldfastCore
import Testing

@Suite("Heartbeats")
struct LivenessTests {
    /// Wakes a connected session at its deadlines, answering nothing, until it has left the connection.
    private func timeToLeave(_ rig: inout Rig) -> Duration {
        let start = rig.now.instant
        while rig.session.state == .connected { rig.passToDeadline() }
        return rig.now.instant.since(start)
    }

    /// Beats and answers for a while, so that the link is a steady one.
    private func settle(_ rig: inout Rig, for duration: Duration = .seconds(120)) {
        let end = rig.now.instant + duration
        while rig.now.instant < end {
            guard let beat = rig.passToDeadline().beat else { continue }
            rig.pass(.milliseconds(50))
            rig.reply(to: beat)
        }
    }

    @Test("the first beat is offset by a random share of the interval")
    func firstBeat() throws {
        var offsets: Set<Int64> = []
        for seed in 0..<50 {
            var rig = Rig()
            rig.generator = SeededGenerator(seed: UInt64(seed))
            try rig.connect()
            let wait = try #require(rig.session.deadline).since(rig.now.instant)
            #expect(wait >= .zero && wait <= .seconds(15))
            offsets.insert(wait.wholeMilliseconds)
        }
        #expect(offsets.count > 40)
    }

    @Test("beats keep their rhythm of 15 s")
    func rhythm() throws {
        var rig = Rig()
        try rig.connect()
        var sent: [Instant] = []
        while sent.count < 20 {
            let orders = rig.passToDeadline()
            guard let beat = orders.beat else { continue }
            if !orders.notes.contains(.quiet) { sent.append(rig.now.instant) }
            rig.reply(to: beat)
        }
        for (earlier, later) in zip(sent, sent.dropFirst()) {
            #expect(later.since(earlier) == .seconds(15))
        }
    }

    @Test("adaptive: a dead steady link is left within 26 s of its last reply")
    func adaptiveDetection() throws {
        for seed in 0..<20 {
            var rig = Rig()
            rig.generator = SeededGenerator(seed: UInt64(seed))
            try rig.connect()
            settle(&rig)
            let took = timeToLeave(&rig)
            #expect(took <= .seconds(26))
            #expect(rig.session.lastFailure?.code == "network.heartbeat_dead")
            #expect(rig.session.state == .reconnecting)
        }
    }

    @Test("fixed: three deadlines of 30 s must pass, 75 s at most")
    func fixedDetection() throws {
        var rig = Rig(Rig.settings(mode: .fixed))
        try rig.connect()
        settle(&rig)
        let took = timeToLeave(&rig)
        #expect(took >= .seconds(60) && took <= .seconds(75))
    }

    @Test("a dead connection is aborted, not closed politely")
    func deadIsAborted() throws {
        var rig = Rig()
        try rig.connect()
        var last = Orders.nothing
        while rig.session.state == .connected { last = rig.passToDeadline() }
        #expect(last.link == .abort)
        #expect(last.notes.contains(.heartbeatMissed))
    }

    @Test("a reply to a beat that is not open proves nothing")
    func unknownReply() throws {
        var rig = Rig()
        try rig.connect()
        let before = rig.session
        #expect(rig.reply(to: 99).notes == .staleEvent)
        #expect(rig.session == before)
    }

    @Test("a late reply still proves that the peer lives")
    func lateReply() throws {
        var rig = Rig()
        try rig.connect()
        settle(&rig)
        var first: UInt32?
        while first == nil { first = rig.passToDeadline().beat }
        rig.passToDeadline()
        #expect(rig.session.liveness?.misses == 1)
        rig.pass(.milliseconds(200))
        let orders = rig.reply(to: try #require(first))
        #expect(orders.notes.contains(.replySlow))
        #expect(rig.session.liveness?.misses == 0)
    }

    @Test("a negative reply is a miss; three in a row are the end")
    func negativeReplies() throws {
        var rig = Rig()
        try rig.connect()
        for expected in 1...3 {
            var beat: UInt32?
            while beat == nil { beat = rig.passToDeadline().beat }
            let orders = rig.reply(to: try #require(beat), isPositive: false)
            #expect(orders.notes.contains(.heartbeatMissed))
            #expect((rig.session.state == .connected) == (expected < 3))
        }
        #expect(rig.session.lastFailure?.code == "network.heartbeat_dead")
    }

    @Test("one beat is one miss, though its negative answer comes after its deadline")
    func lateNegativeReply() throws {
        var rig = Rig()
        try rig.connect()
        settle(&rig)
        var beat: UInt32?
        while beat == nil { beat = rig.passToDeadline().beat }
        rig.passToDeadline()
        #expect(rig.session.liveness?.misses == 1)
        rig.reply(to: try #require(beat), isPositive: false)
        #expect(rig.session.liveness?.misses == 1)
    }

    @Test("30 s without a message bring one probe and one note per silence")
    func quiet() throws {
        var rig = Rig()
        try rig.connect()
        var notes = 0
        let end = rig.now.instant + .seconds(300)
        while rig.now.instant < end {
            let orders = rig.passToDeadline()
            if orders.notes.contains(.quiet) {
                notes += 1
                #expect(orders.beat != nil)
            }
            if let beat = orders.beat { rig.reply(to: beat) }
        }
        #expect(notes == 1)
        rig.session.messageReceived(generation: rig.session.generation, at: rig.now)
        #expect(rig.session.liveness?.isQuiet == false)
        let message = rig.now.instant
        while rig.now.instant < message + .seconds(29) {
            let orders = rig.passToDeadline()
            if let beat = orders.beat { rig.reply(to: beat) }
            if rig.now.instant < message + .seconds(30) { #expect(!orders.notes.contains(.quiet)) }
        }
    }

    @Test("a beat the socket does not take within 2 s is a miss")
    func sendDeadline() throws {
        var rig = Rig()
        try rig.connect()
        var beat: UInt32?
        while beat == nil { beat = rig.passToDeadline().beat }
        rig.session.beatBlocked(generation: rig.session.generation, at: rig.now)
        #expect(rig.session.deadline == rig.now.instant + .seconds(2))
        let orders = rig.passToDeadline()
        #expect(orders.notes.contains(.heartbeatMissed))
        #expect(rig.session.liveness?.misses == 1)
    }

    @Test("a beat that is taken late but in time is no miss")
    func drained() throws {
        var rig = Rig()
        try rig.connect()
        var beat: UInt32?
        while beat == nil { beat = rig.passToDeadline().beat }
        rig.session.beatBlocked(generation: rig.session.generation, at: rig.now)
        rig.pass(.seconds(1))
        rig.session.drained(generation: rig.session.generation)
        rig.pass(.seconds(2))
        #expect(!rig.wake().notes.contains(.heartbeatMissed))
    }

    @Test("a minute in which we could not have noticed a reply is not held against the peer")
    func suspension() throws {
        for mode in HeartbeatSettings.Mode.allCases {
            var rig = Rig(Rig.settings(mode: mode))
            try rig.connect()
            settle(&rig)
            var open: UInt32?
            while open == nil { open = rig.passToDeadline().beat }
            rig.pass(.seconds(60))
            let orders = rig.note(
                rig.session.unobserved(for: .seconds(60), at: rig.now, using: &rig.generator))
            let probe = try #require(orders.beat)
            #expect(rig.wake().link == .none)
            #expect(rig.session.state == .connected)
            rig.pass(.milliseconds(20))
            rig.reply(to: probe)
            #expect(rig.session.liveness?.beats.isEmpty == true)
            #expect(rig.session.liveness?.misses == 0)
        }
    }

    @Test("after a pause of ours each session keeps its own place in the rhythm")
    func rhythmAfterPause() throws {
        var places: Set<Int64> = []
        for seed in 0..<20 {
            var rig = Rig()
            rig.generator = SeededGenerator(seed: UInt64(seed))
            try rig.connect()
            settle(&rig, for: .seconds(60))
            rig.pass(.seconds(30))
            let probe = rig.note(rig.session.unobserved(for: .seconds(30), at: rig.now, using: &rig.generator)).beat
            rig.reply(to: try #require(probe))
            let wait = try #require(rig.session.deadline).since(rig.now.instant)
            #expect(wait > .zero && wait <= .seconds(15))
            places.insert(wait.wholeMilliseconds)
        }
        #expect(places.count > 15)
    }

    @Test("a short lag of ours does not move the rhythm")
    func rhythmAfterShortLag() throws {
        var rig = Rig()
        try rig.connect()
        settle(&rig)
        let due = try #require(rig.session.deadline)
        rig.note(rig.session.unobserved(for: .milliseconds(400), at: rig.now, using: &rig.generator))
        #expect(rig.session.deadline == due)
    }

    @Test("a peer that died while we were away is still found out")
    func suspensionOfDeadPeer() throws {
        var rig = Rig()
        try rig.connect()
        settle(&rig)
        rig.pass(.seconds(60))
        rig.note(rig.session.unobserved(for: .seconds(60), at: rig.now, using: &rig.generator))
        #expect(timeToLeave(&rig) <= .seconds(26))
    }

    @Test("while we do not read, no reply is missed; when we read again, we ask anew")
    func backPressure() throws {
        var rig = Rig()
        try rig.connect()
        settle(&rig)
        rig.session.readingPaused(at: rig.now)
        let start = rig.now.instant
        while rig.now.instant < start + .seconds(120) { rig.passToDeadline() }
        #expect(rig.session.state == .connected)
        #expect(rig.session.liveness?.misses == 0)
        let orders = rig.note(rig.session.readingResumed(at: rig.now, using: &rig.generator))
        #expect(orders.beat != nil)
        #expect(rig.wake().link == .none)
        #expect(rig.session.state == .connected)
    }

    @Test("the interval stretches on a healthy link when it may, and shortens on a suspect one")
    func stretching() throws {
        var heartbeat = HeartbeatSettings()
        heartbeat.maxInterval = .seconds(60)
        var rig = Rig(SessionSettings(heartbeat: heartbeat))
        try rig.connect()
        settle(&rig, for: .seconds(3600))
        let before = rig.now.instant
        var beat: UInt32?
        while beat == nil { beat = rig.passToDeadline().beat }
        #expect(rig.now.instant.since(before) > .seconds(50))
        rig.passToDeadline()
        #expect(rig.session.liveness?.misses == 1)
        rig.reply(to: try #require(beat))
        let again = rig.now.instant
        beat = nil
        while beat == nil { beat = rig.passToDeadline().beat }
        #expect(rig.now.instant.since(again) <= .seconds(15))
    }
}

@Suite("The estimator of reply times")
struct ReplyEstimatorTests {
    @Test("follows RFC 6298: first sample sets mean and half of it as deviation")
    func firstSample() {
        var estimator = ReplyEstimator()
        #expect(estimator.mean == nil)
        #expect(estimator.timeout(from: .seconds(5), to: .seconds(30)) == .seconds(30))
        estimator.add(.seconds(4))
        #expect(estimator.mean == .seconds(4))
        #expect(estimator.timeout(from: .seconds(5), to: .seconds(30)) == .seconds(12))
    }

    @Test("follows RFC 6298: later samples weigh an eighth and a quarter")
    func laterSamples() {
        var estimator = ReplyEstimator()
        estimator.add(.milliseconds(800))
        estimator.add(.milliseconds(1600))
        #expect(estimator.mean == .milliseconds(900))
        // deviation: 3/4 × 400 + 1/4 × |800 − 1600| = 500
        #expect(estimator.timeout(from: .zero, to: .seconds(30)) == .milliseconds(2900))
    }

    @Test("stays within its limits for absurd samples")
    func absurd() {
        var estimator = ReplyEstimator()
        estimator.add(.seconds(-5))
        estimator.add(.seconds(Int64.max / 2))
        #expect(estimator.timeout(from: .seconds(5), to: .seconds(30)) == .seconds(30))
    }
}
