/// A running estimate of how long this peer takes to answer: the smoothed mean and mean deviation of RFC 6298 §2
/// (Jacobson's estimator), in whole nanoseconds. The first sample is the time the registration took.
public struct ReplyEstimator: Hashable, Sendable {
    private var meanNanoseconds: Int64 = -1
    private var deviationNanoseconds: Int64 = 0

    public init() {}

    /// The smoothed reply time; nil before the first sample.
    public var mean: Duration? {
        meanNanoseconds < 0 ? nil : .nanoseconds(meanNanoseconds)
    }

    /// Takes in one reply time. Negative times count as zero.
    public mutating func add(_ replyTime: Duration) {
        let sample = max(0, min(replyTime.wholeNanoseconds, Self.largestSampleNanoseconds))
        guard meanNanoseconds >= 0 else {
            meanNanoseconds = sample
            deviationNanoseconds = sample / 2
            return
        }
        deviationNanoseconds += (abs(meanNanoseconds - sample) - deviationNanoseconds) / 4
        meanNanoseconds += (sample - meanNanoseconds) / 8
    }

    /// Mean + 4 × deviation, clamped to `shortest` … `longest`; `longest` before the first sample.
    public func timeout(from shortest: Duration, to longest: Duration) -> Duration {
        guard meanNanoseconds >= 0 else { return longest }
        return max(shortest, min(longest, .nanoseconds(meanNanoseconds + 4 * deviationNanoseconds)))
    }

    /// One hour: keeps every sum far from overflow, and no deadline is that long.
    private static let largestSampleNanoseconds: Int64 = 3_600_000_000_000
}
