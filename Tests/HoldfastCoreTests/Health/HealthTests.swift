import HoldfastCore
import Testing

@Suite("Health (M1)")
struct HealthTests {
    /// A connected, enabled account without a blemish, changed as a test says.
    static func evidence(_ change: (inout HealthEvidence) -> Void = { _ in }) -> HealthEvidence {
        var evidence = HealthEvidence()
        evidence.lastReply = .milliseconds(50)
        change(&evidence)
        return evidence
    }

    @Test(
        "the score is 100 − 10 × failures − 2 × seconds of reply delay, within 0 and 100",
        arguments: [
            (0, 0, nil, 100), (1, 0, nil, 90), (3, 0, nil, 70), (10, 0, nil, 0), (50, 0, nil, 0),
            (0, 50, nil, 100), (0, 4_000, nil, 92), (2, 4_000, nil, 72), (0, 30_000, nil, 40), (0, 90_000, nil, 0),
            // The larger of the last reply and the oldest open beat counts, not their sum.
            (0, 4_000, 10_000, 80), (0, 10_000, 4_000, 80), (1, 50, 20_000, 50),
        ] as [(UInt32, Int, Int?, Int)])
    func score(failures: UInt32, reply: Int, openBeat: Int?, expected: Int) {
        let evidence = Self.evidence {
            $0.failures = failures
            $0.lastReply = .milliseconds(reply)
            $0.oldestOpenBeat = openBeat.map { .milliseconds($0) }
        }
        #expect(evidence.score() == expected)
    }

    @Test("absurd evidence gives a score all the same")
    func absurd() {
        let evidence = Self.evidence {
            $0.failures = .max
            $0.lastReply = .seconds(Int64.max)
            $0.oldestOpenBeat = .seconds(Int64.min)
        }
        #expect(evidence.score() == 0)
        #expect(Self.evidence { $0.lastReply = .seconds(-5) }.score() == 100)
    }

    @Test(
        "a connected account is healthy from 80, degraded from 50, else unhealthy",
        arguments: [(0, AccountStatus.healthy), (2, .healthy), (3, .degraded), (5, .degraded), (6, .unhealthy)]
            as [(UInt32, AccountStatus)])
    func connected(failures: UInt32, expected: AccountStatus) {
        #expect(Self.evidence { $0.failures = failures }.status() == expected)
    }

    @Test(
        "an account that is not connected is at best degraded, and after two minutes unhealthy",
        arguments: [(0, AccountStatus.degraded), (119, .degraded), (120, .unhealthy), (9_999, .unhealthy)],
        [SessionState.disconnected, .connecting, .reconnecting, .closed])
    func notConnected(time: (seconds: Int, status: AccountStatus), state: SessionState) {
        let evidence = Self.evidence {
            $0.state = state
            $0.notConnectedFor = .seconds(time.seconds)
        }
        #expect(evidence.status() == time.status)
    }

    @Test("disabled outranks quarantined, that failed, and that every score")
    func precedence() {
        var evidence = Self.evidence {
            $0.isEnabled = false
            $0.quarantine = "auth"
            $0.state = .failed
            $0.failures = 9
        }
        #expect(evidence.status() == .disabled)
        #expect(evidence.reasons().map(\.code) == [.disabled])
        evidence.isEnabled = true
        #expect(evidence.status() == .quarantined)
        evidence.quarantine = nil
        #expect(evidence.status() == .failed)
        evidence.state = .connected
        #expect(evidence.status() == .unhealthy)
    }

    @Test("an account at its best has no reasons")
    func noReasons() {
        #expect(Self.evidence().reasons().isEmpty)
    }

    @Test("each blemish is named with its value")
    func reasons() {
        let connected = Self.evidence {
            $0.failures = 2
            $0.failureCode = "dropped.eof"
            $0.lastReply = .milliseconds(5_250)
            $0.oldestOpenBeat = .seconds(61)
            $0.misses = 1
            $0.isQuiet = true
            $0.isReadingPaused = true
            $0.messageDelay = .seconds(31)
            $0.isBreakerOpen = true
        }
        #expect(
            connected.reasons() == [
                HealthReason(.failures, "2 in a row, last dropped.eof"), HealthReason(.heartbeatsMissed, "1 in a row"),
                HealthReason(.replyOverdue, "1 min 1 s"), HealthReason(.replySlow, "5.2 s"), HealthReason(.quiet),
                HealthReason(.readingPaused), HealthReason(.messagesLate, "31.0 s"),
            ])
        let waiting = Self.evidence {
            $0.state = .failed
            $0.failures = 5
            $0.failureCode = "network.refused"
            $0.quarantine = "ladder"
            $0.notConnectedFor = .seconds(150)
            $0.isBreakerOpen = true
        }
        #expect(
            waiting.reasons() == [
                HealthReason(.quarantined, "ladder"), HealthReason(.failed, "network.refused"),
                HealthReason(.notConnected, "failed for 2 min 30 s"),
                HealthReason(.failures, "5 in a row, last network.refused"), HealthReason(.breakerOpen),
            ])
    }

    @Test("a delay at its limit is no reason yet")
    func limits() {
        let evidence = Self.evidence {
            $0.lastReply = .seconds(5)
            $0.oldestOpenBeat = .seconds(5)
            $0.messageDelay = .seconds(30)
        }
        #expect(evidence.reasons().isEmpty)
    }

    @Test("the names of statuses are those of the contract")
    func names() {
        #expect(
            AccountStatus.allCases.map(\.rawValue)
                == ["healthy", "degraded", "unhealthy", "failed", "disabled", "quarantined"])
    }

    @Test("a session tells its own evidence")
    func session() throws {
        var rig = Rig()
        #expect(rig.session.healthEvidence(at: rig.now).status() == .disabled)
        try rig.perform(.enable)
        rig.pass(.seconds(119))
        #expect(rig.session.healthEvidence(at: rig.now).status() == .degraded)
        rig.pass(.seconds(1))
        #expect(rig.session.healthEvidence(at: rig.now).status() == .unhealthy)
        rig.grant()
        rig.register()
        #expect(rig.session.healthEvidence(at: rig.now).status() == .healthy)
        var beat: UInt32?
        while beat == nil { beat = rig.passToDeadline().beat }
        rig.pass(.seconds(4))
        #expect(rig.session.healthEvidence(at: rig.now).score() == 92)
        if let beat { rig.reply(to: beat) }
        rig.pass(.seconds(1))
        let evidence = rig.session.healthEvidence(at: rig.now)
        #expect(evidence.lastReply == .seconds(4))
        #expect(evidence.oldestOpenBeat == nil)
        rig.close(.endOfStream)
        rig.pass(.milliseconds(1_500))
        let after = rig.session.healthEvidence(at: rig.now)
        #expect(after.status() == .degraded)
        #expect(after.score() == 90)
        #expect(
            after.reasons() == [
                HealthReason(.notConnected, "reconnecting for 1.5 s"),
                HealthReason(.failures, "1 in a row, last dropped.eof"),
            ])
    }
}
