import HoldfastCore
import HoldfastWire

/// What one lane has counted since it began. Copied as a whole into each report.
struct LaneCounters: Sendable {
    var heartbeatsSent: UInt64 = 0
    var heartbeatMisses: UInt64 = 0
    var slowReplies: UInt64 = 0
    var replies = ReplyCounts()
    var stuckResets: UInt64 = 0
    var illegalTransitions: UInt64 = 0
    var staleEvents: UInt64 = 0
    var restarts: UInt64 = 0
    var renewals = CountsByLogin()
    var messagesReceived: UInt64 = 0
    var messagesAcknowledged: UInt64 = 0
    var duplicates: UInt64 = 0
    /// Messages that nobody can handle, since there are no handlers.
    var unmatched: UInt64 = 0
    var unreadableItems: UInt64 = 0
    /// Items that are no messages, and that no handler wants.
    var otherItems: UInt64 = 0
    var pushesDropped: UInt64 = 0
    var delays = DelayCounts()
    var readingPauses: UInt64 = 0
    /// Messages of ours, by what became of them.
    var outbox = OutboxCounts()
    /// Messages of ours that the gateway could not take, and that are sent again.
    var outboxRetries: UInt64 = 0
    var malformedFrames: UInt64 = 0
    var sequenceGaps: UInt64 = 0
    var unobservedPauses: UInt64 = 0
    var timelineDropped: UInt64 = 0
    var timelineEntries = 0
    /// Sockets given up because memory was short.
    var shed: UInt64 = 0
    /// Transitions that were too many for one report.
    var unreported: UInt64 = 0

    /// Messages that nobody wants to read. Returns by how many milliseconds the last that says so came late. `look` is not changed,
    /// only not copied.
    mutating func take(_ look: inout PushLook, duplicates: Int, at now: WallTime) -> Int64? {
        messagesReceived &+= UInt64(look.count)
        self.duplicates &+= UInt64(duplicates)
        unmatched &+= UInt64(look.count - duplicates)
        var last: Int64?
        for number in 0..<look.count {
            guard let sentAt = look.sentAt(number) else { continue }
            let late = now.millisecondsSince(sentAt)
            delays.add(milliseconds: max(late, 0))
            last = late
        }
        return last
    }
}

/// Reply times in the buckets of `Histogram.replyBounds`.
struct ReplyCounts: Sendable {
    private var counts: InlineArray<14, UInt64> = .init(repeating: 0)
    private var nanoseconds: UInt64 = 0

    private static let bounds: [Int64] = Histogram.replyBounds.map { Int64($0 * 1e9) }

    mutating func add(_ time: Duration) {
        let sample = time.wholeNanoseconds
        var bucket = 0
        while bucket < Self.bounds.count, Self.bounds[bucket] < sample { bucket += 1 }
        counts[bucket] &+= 1
        nanoseconds &+= UInt64(max(0, sample))
    }

    func add(to histogram: inout Histogram) {
        for bucket in counts.indices { histogram.counts[bucket] &+= counts[bucket] }
        histogram.sum += Double(nanoseconds) / 1e9
    }
}

/// How late messages come, in the buckets of `Histogram.delayBounds`.
struct DelayCounts: Sendable {
    private var counts: InlineArray<13, UInt64> = .init(repeating: 0)
    private var milliseconds: UInt64 = 0

    private static let bounds: [Int64] = Histogram.delayBounds.map { Int64($0 * 1e3) }

    mutating func add(milliseconds sample: Int64) {
        var bucket = 0
        while bucket < Self.bounds.count, Self.bounds[bucket] < sample { bucket += 1 }
        counts[bucket] &+= 1
        milliseconds &+= UInt64(max(0, sample))
    }

    func add(to histogram: inout Histogram) {
        for bucket in counts.indices { histogram.counts[bucket] &+= counts[bucket] }
        histogram.sum += Double(milliseconds) / 1e3
    }
}

/// What one lane has counted at one endpoint.
struct EndpointCounters: Sendable {
    var attempts = CountsByOutcome()
    var disconnects = CountsByClass()
    /// How many are connected now.
    var connected = 0
    var beats: UInt64 = 0
    var missedBeats: UInt64 = 0
    var replies: UInt64 = 0
    var replyNanoseconds: UInt64 = 0
}

/// What one lane has counted at all its endpoints.
struct EndpointLedger: Sendable {
    private var pages: [(counters: EndpointCounters, isChanged: Bool)] = []

    mutating func count(at endpoint: UInt32, _ change: (inout EndpointCounters) -> Void) {
        let number = Int(endpoint)
        while pages.count <= number { pages.append((EndpointCounters(), false)) }
        change(&pages[number].counters)
        pages[number].isChanged = true
    }

    /// Those at which something was counted since this was asked last, in the order of their numbers.
    mutating func takeChanged() -> [(number: UInt32, counters: EndpointCounters)] {
        var changed: [(number: UInt32, counters: EndpointCounters)] = []
        for number in pages.indices where pages[number].isChanged {
            pages[number].isChanged = false
            changed.append((UInt32(number), pages[number].counters))
        }
        return changed
    }
}
