/// What was counted in each of the last minutes.
public struct MinuteWindow: Sendable {
    /// The most minutes that it can look back.
    public static let most = 10

    struct Counts: StepCount {
        var attempts: UInt32 = 0
        var failedAttempts: UInt32 = 0
        var beats: UInt32 = 0
        var missedBeats: UInt32 = 0
        var replies: UInt32 = 0
        var replySeconds: Float = 0
        /// Accounts that should be connected and those that are, once a second.
        var expected: UInt32 = 0
        var connected: UInt32 = 0

        static func += (left: inout Self, right: Self) {
            left.attempts &+= right.attempts
            left.failedAttempts &+= right.failedAttempts
            left.beats &+= right.beats
            left.missedBeats &+= right.missedBeats
            left.replies &+= right.replies
            left.replySeconds += right.replySeconds
            left.expected &+= right.expected
            left.connected &+= right.connected
        }
    }

    private var minutes = RecentCounts<10, Counts>()

    init() {}

    /// What is being counted now goes to this minute.
    mutating func advance(to minute: Int64) { minutes.advance(to: minute) }

    mutating func add(_ counts: Counts) { minutes[minutes.newest] += counts }

    /// The sum of the last `count` minutes, the present one included.
    func sum(last count: Int) -> Counts {
        var sum = Counts()
        for age in 0..<Int64(min(max(count, 1), Self.most)) { sum += minutes[minutes.newest.subtractingSaturated(age)] }
        return sum
    }
}

extension Instant {
    var minute: Int64 { nanoseconds / 60_000_000_000 }
    var second: Int64 { nanoseconds / 1_000_000_000 }
}
