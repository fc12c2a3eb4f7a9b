/// What a connected session knows about whether its peer is alive, and when it will ask next.
///
/// Two kinds of evidence are kept apart (H5): any inbound frame proves the socket, but only a matched, positive reply
/// proves the application. Only the second keeps a session alive here, so a gateway that answers protocol pings and
/// not heartbeats is found out.
///
/// How soon a dead peer is left, with the defaults: in `adaptive` mode a beat goes out within 15 s, its deadline is 5 s
/// on a steady link, and two probes of 3 s follow: 26 s at most, 18.5 s in the mean. In `fixed` mode: 15 + 30 + 2 × 15 =
/// 75 s at most.
public struct Liveness: Hashable, Sendable {
    public private(set) var estimator = ReplyEstimator()
    public private(set) var beats = OpenBeats()
    /// Misses in a row.
    public private(set) var misses: UInt8 = 0
    /// The silence before the next business message has already been noted (H4).
    public private(set) var isQuiet = false
    /// Reading is paused by us: no reply can be seen, so none is missed (H8).
    private var pausedSince: Instant?
    /// The socket has not taken the last beat; past this instant it counts as missed.
    private var blockedUntil: Instant?
    private var healthyBeats: UInt8 = 0
    private var isDictated: Bool
    private var nextBeatAt: Instant
    private var lastMessageAt: Instant
    /// The interval in force, `interval` … `maxInterval`, or the one that the gateway has dictated.
    private var intervalNanoseconds: Int64
    private var lastReplyNanoseconds: Int64 = -1

    /// What was found by a look at the clock or at a reply, and what is to be done.
    public struct Verdict: Hashable, Sendable {
        /// Number of a beat to send now.
        public var beat: UInt32?
        /// How many beats were found missed.
        public var missed: UInt8 = 0
        public var isSlow = false
        /// The session has just become quiet.
        public var becameQuiet = false
        /// Too many misses in a row: leave this connection.
        public var isDead = false
    }

    /// Blindness from which on the peer is asked again before anything is held against it. A shorter one only moves
    /// deadlines.
    public static let doubtAfter = Duration.seconds(1)

    /// - Parameters:
    ///   - registrationTime: how long the registration took: the estimator's first sample.
    ///   - dictated: the interval that the gateway has asked for; nil if it has not.
    init(
        at now: Instant, registrationTime: Duration, dictated: Duration? = nil, settings: HeartbeatSettings,
        using generator: inout SeededGenerator
    ) {
        let interval = dictated ?? settings.interval
        intervalNanoseconds = interval.wholeNanoseconds
        isDictated = dictated != nil
        // H6: a random share of the interval, so that a fleet that connected together does not beat in step.
        nextBeatAt = now + generator.duration(from: .zero, to: interval)
        lastMessageAt = now
        estimator.add(registrationTime)
    }

    /// How long the last reply on this connection took; nil before the first.
    public var lastReplyTime: Duration? {
        lastReplyNanoseconds < 0 ? nil : .nanoseconds(lastReplyNanoseconds)
    }

    /// When `wake` must be called at the latest.
    public func deadline(_ settings: HeartbeatSettings) -> Instant {
        var earliest = nextBeatAt
        if !isQuiet { earliest = min(earliest, lastMessageAt + settings.quietAfter) }
        if let blockedUntil { earliest = min(earliest, blockedUntil) }
        if pausedSince == nil, let awaited = beats.firstAwaited {
            earliest = min(earliest, awaited.sentAt + replyTimeout(isProbe: awaited.isProbe, settings))
        }
        return earliest
    }

    /// A business message arrived.
    mutating func messageReceived(at now: Instant) {
        lastMessageAt = now
        isQuiet = false
    }

    /// Looks at the clock: finds misses, sends what is due.
    mutating func wake(at now: Instant, _ settings: HeartbeatSettings) -> Verdict {
        var verdict = Verdict()
        findMisses(at: now, settings, &verdict)
        guard !verdict.isDead else { return verdict }
        if verdict.missed > 0 {
            suspect(settings)
            if settings.mode == .adaptive {
                verdict.beat = beats.open(at: now, isProbe: true)
                nextBeatAt = now + interval
            }
        }
        if !isQuiet, lastMessageAt + settings.quietAfter <= now {
            isQuiet = true
            verdict.becameQuiet = true
            if verdict.beat == nil, now < nextBeatAt {
                verdict.beat = beats.open(at: now, isProbe: false)
            }
        }
        if nextBeatAt <= now {
            if verdict.beat == nil { verdict.beat = beats.open(at: now, isProbe: false) }
            // Counted from the instant it was due, so that the rhythm does not drift; but no burst to catch up.
            nextBeatAt = max(nextBeatAt + interval, now + .nanoseconds(intervalNanoseconds / 2))
        }
        return verdict
    }

    /// A reply to the beat with this number arrived. Nil if that beat is not open: then it proves nothing.
    ///
    /// - Parameter number: nil if the reply does not say which beat it answers. Then it is counted from the oldest open one, so
    ///   that it never looks faster than it was, and answers them all: what it proves is that the gateway has read one of
    ///   them.
    mutating func replied(
        to number: UInt32?, isPositive: Bool, at now: Instant, _ settings: HeartbeatSettings
    ) -> Verdict? {
        let closed = if let number { beats.close(number) } else { beats.closeAll() }
        guard let beat = closed else { return nil }
        var verdict = Verdict()
        blockedUntil = nil
        guard isPositive else {
            // One beat is one miss, though its answer came after its deadline.
            if !beat.wasMissed { noteMiss(settings, &verdict) }
            suspect(settings)
            // The application answers, only not well: ask again soon, but not in the same breath.
            if settings.mode == .adaptive { nextBeatAt = min(nextBeatAt, now + settings.probeTimeout) }
            return verdict
        }
        let replyTime = max(.zero, now.since(beat.sentAt))
        estimator.add(replyTime)
        lastReplyNanoseconds = replyTime.wholeNanoseconds
        misses = 0
        verdict.isSlow = replyTime > settings.slowAfter
        if verdict.isSlow { suspect(settings) } else { trust(settings) }
        return verdict
    }

    /// The socket did not take the beat that was just sent.
    mutating func beatBlocked(at now: Instant, _ settings: HeartbeatSettings) {
        if blockedUntil == nil { blockedUntil = now + settings.sendTimeout }
    }

    /// The socket has taken everything.
    mutating func drained() {
        blockedUntil = nil
    }

    /// For this long we could not have noticed a reply (H8): the loop was late, the process or the machine was stopped.
    /// Deadlines move by it; after a long blindness earlier misses are void and the peer is asked anew.
    mutating func unobserved(for duration: Duration, at now: Instant) -> Verdict {
        beats.shift(by: duration)
        if let limit = blockedUntil { blockedUntil = limit + duration }
        guard duration >= Self.doubtAfter else { return Verdict() }
        // The rhythm moves with it: each session keeps its own place in it, so that the fleet does not beat in step (H6).
        // After a short lag it stays: what was due goes out now, and the next beat is on time.
        nextBeatAt = nextBeatAt + duration
        return askAnew(at: now)
    }

    /// We stop reading from the socket because what it delivers cannot be taken (T7).
    mutating func readingPaused(at now: Instant) {
        if pausedSince == nil { pausedSince = now }
    }

    /// We read again.
    mutating func readingResumed(at now: Instant) -> Verdict {
        guard let start = pausedSince else { return Verdict() }
        pausedSince = nil
        beats.skip(from: start, to: now)
        return askAnew(at: now)
    }

    /// The gateway asks for another interval. The next beat keeps the share of its way that is left.
    mutating func dictate(_ interval: Duration, at now: Instant, using generator: inout SeededGenerator) {
        guard !isDictated || interval != self.interval else { return }
        intervalNanoseconds = interval.wholeNanoseconds
        isDictated = true
        nextBeatAt = now + generator.duration(from: .zero, to: interval)
    }

    private var interval: Duration { .nanoseconds(intervalNanoseconds) }

    private mutating func findMisses(at now: Instant, _ settings: HeartbeatSettings, _ verdict: inout Verdict) {
        if let limit = blockedUntil, limit <= now {
            blockedUntil = nil
            while beats.firstAwaited != nil { beats.miss() }
            noteMiss(settings, &verdict)
        }
        guard pausedSince == nil else { return }
        while let awaited = beats.firstAwaited,
            awaited.sentAt + replyTimeout(isProbe: awaited.isProbe, settings) <= now
        {
            beats.miss()
            noteMiss(settings, &verdict)
        }
    }

    private mutating func askAnew(at now: Instant) -> Verdict {
        misses = 0
        return Verdict(beat: beats.open(at: now, isProbe: false))
    }

    private mutating func noteMiss(_ settings: HeartbeatSettings, _ verdict: inout Verdict) {
        if misses < .max { misses += 1 }
        verdict.missed += 1
        verdict.isDead = Int(misses) >= settings.maxMisses
    }

    private mutating func suspect(_ settings: HeartbeatSettings) {
        healthyBeats = 0
        if !isDictated { intervalNanoseconds = settings.interval.wholeNanoseconds }
    }

    /// After enough good replies in a row the interval grows by an eighth per reply, up to `maxInterval` (H7).
    private mutating func trust(_ settings: HeartbeatSettings) {
        guard settings.mode == .adaptive, !isDictated, settings.maxInterval > interval else { return }
        if healthyBeats < Self.healthyBeatsToStretch {
            healthyBeats += 1
        } else {
            let longest = settings.maxInterval.wholeNanoseconds
            intervalNanoseconds = min(longest, intervalNanoseconds.addingSaturated(intervalNanoseconds / 8))
        }
    }

    private static let healthyBeatsToStretch: UInt8 = 20

    private func replyTimeout(isProbe: Bool, _ settings: HeartbeatSettings) -> Duration {
        // A configured interval leaves room for its deadline in the list of open beats; a short one that a gateway dictates
        // must not push beats out of it before they are found missed.
        let longest =
            isDictated ? min(settings.timeout, interval * (HeartbeatSettings.openBeatsLimit - 2)) : settings.timeout
        return switch settings.mode {
        case .fixed: longest
        case .adaptive:
            isProbe ? settings.probeTimeout : estimator.timeout(from: min(settings.slowAfter, longest), to: longest)
        }
    }
}
