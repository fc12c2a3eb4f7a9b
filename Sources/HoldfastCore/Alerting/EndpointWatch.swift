/// What has been counted at one endpoint since the process began.
public struct EndpointTotals: Sendable, Hashable {
    /// Attempts that came to an end; those that we gave up ourselves are not among them.
    public var attempts: UInt64 = 0
    public var failedAttempts: UInt64 = 0
    public var beats: UInt64 = 0
    public var missedBeats: UInt64 = 0
    public var replies: UInt64 = 0
    public var replySeconds: Double = 0

    public init() {}
}

/// One endpoint, as alerts see it.
struct EndpointWatch: Sendable {
    /// Empty until it is heard of.
    var name = ""
    var totals = EndpointTotals()
    var window = MinuteWindow()
    /// Accounts that should be connected, and those of them that are.
    var expected = 0
    var connected = 0
    var rules = RuleStates()
    /// So few of its accounts are connected that single ones are no matter of their own.
    private(set) var isSuspect = false
    private(set) var lastSuspectAt = Instant(nanoseconds: .min)
    /// Single accounts that are down are no matter of their own now. Looked at once a second.
    var explainsItsAccounts = false
    /// When the suspicion began; what comes and goes is one.
    private var suspectSince = Instant(nanoseconds: .min)
    /// Connections lost in each of the last seconds: when many are lost together, that is the endpoint's doing.
    private var losses = RecentCounts<16, UInt32>()

    var down: Int { max(0, expected - connected) }

    /// Takes in totals; what they grew by was counted now.
    mutating func take(_ new: EndpointTotals) {
        var counts = MinuteWindow.Counts()
        counts.attempts = Self.growth(from: totals.attempts, to: new.attempts)
        counts.failedAttempts = Self.growth(from: totals.failedAttempts, to: new.failedAttempts)
        counts.beats = Self.growth(from: totals.beats, to: new.beats)
        counts.missedBeats = Self.growth(from: totals.missedBeats, to: new.missedBeats)
        counts.replies = Self.growth(from: totals.replies, to: new.replies)
        counts.replySeconds = Float(max(0, new.replySeconds - totals.replySeconds))
        totals = new
        window.add(counts)
    }

    /// Totals only ever grow; if they do not, nothing is known about what happened.
    private static func growth(from old: UInt64, to new: UInt64) -> UInt32 {
        new > old ? UInt32(clamping: new - old) : 0
    }

    /// Once a second: how many are connected, of how many.
    mutating func sample(_ settings: AlertSettings, at now: Instant) {
        window.advance(to: now.minute)
        var counts = MinuteWindow.Counts()
        counts.expected = UInt32(clamping: expected)
        counts.connected = UInt32(clamping: connected)
        window.add(counts)
        suspect(expected, connected, settings, at: now)
    }

    /// Looks whether it is suspect, with so many accounts that should be connected and so many that are.
    mutating func suspect(_ expected: Int, _ connected: Int, _ settings: AlertSettings, at now: Instant) {
        isSuspect = Self.isSuspect(expected, connected, was: isSuspect, settings)
        guard isSuspect else { return }
        if lastSuspectAt + settings.recoverAfter < now { suspectSince = now }
        lastSuspectAt = now
    }

    /// Whether an account of it that is down is no matter of its own: so many others are, or were a moment ago. A suspicion
    /// that has not become an alert after the time that an alert needs explains nothing: else nobody would be told.
    func mayExplain(_ settings: AlertSettings, at now: Instant) -> Bool {
        let patience = settings.accountDownAfter ?? settings.recoverAfter
        guard lastSuspectAt + patience > now else { return false }
        return rules.isFiring(.connectedShare)
            || now.since(suspectSince) < .seconds(60 * (settings.windowMinutes + 1))
    }

    /// With hysteresis, since all accounts of an endpoint hang on it.
    private static func isSuspect(_ expected: Int, _ connected: Int, was: Bool, _ settings: AlertSettings) -> Bool {
        guard let limit = settings.connectedShareBelow, expected >= settings.minSamples else { return false }
        let down = 1 - Double(connected) / Double(max(expected, 1))
        return down > (1 - limit) * (was ? AlertSettings.clearFactor : 1)
    }

    // MARK: Losses

    mutating func countLoss(at second: Int64) {
        losses.advance(to: second)
        losses[second] &+= 1
    }

    /// Whether so many connections were lost around this second, five before and five after, that the endpoint lost them.
    func lostMany(around second: Int64) -> Bool {
        var sum = 0
        for other in (second - 5)...(second + 5) { sum += Int(losses[other]) }
        return sum >= max(3, expected / 20)
    }
}

/// Which rules fire at one place, an endpoint or the fleet.
struct RuleStates: Sendable {
    static let rules: [AlertRule] = [.connectedShare, .heartbeatMisses, .connectFailures, .slowReplies]

    struct One: Sendable {
        var isFiring = false
        /// Since when it is no longer what it was raised for.
        var clearSince: Instant?
        var figure: AlertFigure?
    }

    private var states = InlineArray<4, One>(repeating: One())

    subscript(place: Int) -> One {
        get { states[place] }
        set { states[place] = newValue }
    }

    func isFiring(_ rule: AlertRule) -> Bool {
        Self.rules.firstIndex(of: rule).map { states[$0].isFiring } ?? false
    }

    /// A rule fires now that is not about to be over.
    var isAnyPressing: Bool { Self.rules.indices.contains { states[$0].isFiring && states[$0].clearSince == nil } }

    /// The weightiest first.
    var figures: [AlertFigure] {
        Self.rules.indices.compactMap { states[$0].isFiring ? states[$0].figure : nil }
    }

    mutating func restore(_ figures: [AlertFigure]) {
        for figure in figures {
            guard let place = Self.rules.firstIndex(of: figure.rule) else { continue }
            states[place] = One(isFiring: true, clearSince: nil, figure: figure)
        }
    }

    /// - Parameters:
    ///   - reading: nil if there is not enough to judge by.
    ///   - mayClear: whether not enough to judge by counts as over.
    mutating func update(
        _ place: Int, _ reading: Reading?, mayClear: Bool, after recoverAfter: Duration, at now: Instant
    ) {
        if let reading { states[place].figure = reading.figure }
        if let reading, reading.isBreach {
            states[place].isFiring = true
            states[place].clearSince = nil
            return
        }
        guard states[place].isFiring else { return }
        guard reading.map(\.isClear) ?? mayClear else {
            states[place].clearSince = nil
            return
        }
        let since = states[place].clearSince ?? now
        states[place].clearSince = since
        if now.since(since) >= recoverAfter { states[place] = One() }
    }
}

/// One rule, measured.
struct Reading: Sendable {
    var figure: AlertFigure
    /// How bad it is, and from where on it is too bad.
    var badness: Double
    var limit: Double

    var isBreach: Bool { badness > limit }
    var isClear: Bool { badness <= limit * AlertSettings.clearFactor }

    /// Nil if the rule is off, or there are too few samples.
    static func all(_ counts: MinuteWindow.Counts, expected: Int, _ settings: AlertSettings) -> [Reading?] {
        let least = settings.minSamples
        func share(_ rule: AlertRule, _ part: UInt32, of all: UInt32, _ limit: Double?) -> Reading? {
            guard let limit, all >= least else { return nil }
            let value = Double(part) / Double(max(all, 1))
            return Reading(
                figure: AlertFigure(rule, value: value, threshold: limit, samples: Int(all)), badness: value,
                limit: limit)
        }
        var connected: Reading?
        if let limit = settings.connectedShareBelow, expected >= least, counts.expected >= least {
            let value = Double(counts.connected) / Double(counts.expected)
            connected = Reading(
                figure: AlertFigure(.connectedShare, value: value, threshold: limit, samples: expected),
                badness: 1 - value, limit: 1 - limit)
        }
        var replies: Reading?
        if let limit = settings.slowRepliesAbove?.inSeconds, counts.replies >= least {
            let value = Double(counts.replySeconds) / Double(max(counts.replies, 1))
            replies = Reading(
                figure: AlertFigure(.slowReplies, value: value, threshold: limit, samples: Int(counts.replies)),
                badness: value, limit: limit)
        }
        return [
            connected, share(.heartbeatMisses, counts.missedBeats, of: counts.beats, settings.heartbeatMissesAbove),
            share(.connectFailures, counts.failedAttempts, of: counts.attempts, settings.connectFailuresAbove), replies,
        ]
    }
}
