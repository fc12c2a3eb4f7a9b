internal import HoldfastCore

/// What is counted at one gateway, by the second in which the alert desk takes it in: accounts that live ahead of the world
/// count for seconds to come.
struct EndpointPulse: Sendable {
    struct Counts: Sendable {
        var attempts: UInt32 = 0
        var failedAttempts: UInt32 = 0
        var beats: UInt32 = 0
        var missedBeats: UInt32 = 0
        var replies: UInt32 = 0
        var replyNanoseconds: Int64 = 0
    }

    private var seconds: [Counts] = []
    /// Where the first second that has not been taken in yet is kept, and its number.
    private var head = 0
    private var first: Int64
    private var totals = EndpointTotals()
    private var replyNanoseconds: Int64 = 0

    /// Seconds of which the counts are over are dropped now and then.
    private static let spentLimit = 4_096

    /// - Parameter first: the number of the first second that is counted.
    init(first: Int64) {
        self.first = first
    }

    mutating func count(at instant: Instant, _ change: (inout Counts) -> Void) {
        let place = head + Int(max(0, WorldAlerts.second(of: instant) - first))
        while seconds.count <= place { seconds.append(Counts()) }
        change(&seconds[place])
    }

    mutating func countReply(_ time: Duration?, at instant: Instant) {
        count(at: instant) {
            $0.replies += 1
            $0.replyNanoseconds += time?.wholeNanoseconds ?? 0
        }
    }

    /// Everything that was counted up to the end of this second.
    mutating func totals(until second: Int64) -> EndpointTotals {
        while first <= second {
            if head < seconds.count { take(seconds[head]) }
            head = min(head + 1, seconds.count)
            first += 1
        }
        if head == seconds.count || head > Self.spentLimit {
            seconds.removeFirst(head)
            head = 0
        }
        return totals
    }

    private mutating func take(_ counts: Counts) {
        totals.attempts += UInt64(counts.attempts)
        totals.failedAttempts += UInt64(counts.failedAttempts)
        totals.beats += UInt64(counts.beats)
        totals.missedBeats += UInt64(counts.missedBeats)
        totals.replies += UInt64(counts.replies)
        replyNanoseconds += counts.replyNanoseconds
        totals.replySeconds = Double(replyNanoseconds) / 1e9
    }
}
