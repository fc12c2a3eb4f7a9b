import HoldfastCore
import Synchronization

/// How many requests one caller may send. Each has a bucket of its own, so that a script that runs wild slows nobody else.
final class RateLimiter: Sendable {
    private let buckets = Mutex<[String: TokenBucket]>([:])
    private let perSecond: Double
    private let burst: Int
    private let callers: Int

    /// - Parameter callers: how many are told apart; beyond it all begin anew, with a full bucket each.
    init(perSecond: Double, burst: Int, callers: Int) {
        self.perSecond = perSecond
        self.burst = burst
        self.callers = callers
    }

    /// - Returns: nil if the caller may go on, else how long to wait.
    func wait(of caller: String, at now: Instant) -> Duration? {
        buckets.withLock { buckets in
            if buckets.count >= callers, buckets[caller] == nil { buckets.removeAll(keepingCapacity: true) }
            var bucket = buckets[caller] ?? TokenBucket(perSecond: perSecond, burst: burst)
            defer { buckets[caller] = bucket }
            return bucket.take(at: now) ? nil : bucket.readyAt.since(now)
        }
    }
}
