/// How long replies take, as quantiles in 64 bytes: counts in 32 buckets whose edges grow by √2, from 1 ms to 46 s, so an
/// answer is off by 19 % at most. Old replies fade: whenever the counts reach `fadeAt`, all are halved.
public struct ReplyQuantiles: Sendable {
    private var counts = InlineArray<32, UInt16>(repeating: 0)

    /// A day of heartbeats at one per 15 s.
    static let fadeAt = 5_760

    public init() {}

    /// Takes in one reply time. Those outside the buckets count in the first or the last.
    public mutating func add(_ replyTime: Duration) {
        counts[Self.bucket(of: replyTime)] += 1
        if count >= Self.fadeAt {
            for index in counts.indices { counts[index] /= 2 }
        }
    }

    /// How many replies the answer rests on; old ones count for less.
    public var count: Int {
        var sum = 0
        for index in counts.indices { sum += Int(counts[index]) }
        return sum
    }

    /// The time that a share of `quantile` (0 … 1) of the replies did not exceed: the middle of its bucket; nil before
    /// the first reply.
    public func quantile(_ quantile: Double) -> Duration? {
        let all = count
        guard all > 0 else { return nil }
        let rank = max(1, min(Double(all), quantile * Double(all)))
        var seen = 0
        for index in counts.indices {
            seen += Int(counts[index])
            if Double(seen) >= rank { return Self.middle(of: index) }
        }
        return nil
    }

    /// Bucket 2k holds 2^k … 2^k·√2 ms, bucket 2k + 1 the rest up to 2^(k+1) ms.
    private static func bucket(of replyTime: Duration) -> Int {
        let milliseconds = replyTime.inSeconds * 1_000
        guard milliseconds > 1 else { return 0 }
        let isUpperHalf = milliseconds.significand >= 1.414_213_562_373_095
        return min(31, 2 * Int(clamping: milliseconds.exponent) + (isUpperHalf ? 1 : 0))
    }

    private static func middle(of bucket: Int) -> Duration {
        // 2^¼ and 2^¾: the geometric middles of the two halves of an octave.
        let significand = bucket.isMultiple(of: 2) ? 1.189_207_115_002_721 : 1.681_792_830_507_429
        return .nanoseconds(Int64(Double(sign: .plus, exponent: bucket / 2, significand: significand) * 1_000_000))
    }
}
