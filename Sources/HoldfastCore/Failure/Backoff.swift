/// How long a session waits before its next attempt (F2). Pure: the same settings and the same draw give the same wait.
public enum Backoff {
    /// The delay before the next attempt.
    ///
    /// Drawn below the ceiling as `settings.jitter` says, never shorter than `settings.shortest`. A `Retry-After` pins it
    /// from below, exactly: the peer named the time, so nothing is added to it; `settings.longestRetryAfter` caps it.
    ///
    /// - Parameters:
    ///   - failure: what went wrong last; its class chooses the ceiling.
    ///   - failures: consecutive failures, this one included; 0 counts as 1.
    ///   - generator: where the draw comes from; at most one number is taken.
    public static func delay(
        for failure: Failure, failures: UInt32, settings: RetrySettings,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let most = ceiling(for: failure.class, failures: failures, settings: settings)
        let drawn: Duration
        switch settings.jitter {
        case .full:
            drawn = generator.duration(from: settings.shortest, to: most)
        case .equal:
            drawn = generator.duration(from: max(settings.shortest, most / 2), to: most)
        case .none:
            drawn = max(settings.shortest, most)
        }
        return max(drawn, min(failure.retryAfter, settings.longestRetryAfter))
    }

    /// The longest delay after `failures` consecutive failures of this class: min(n × step, cap).
    ///
    /// Total: a product beyond what fits is the cap, and a negative setting counts as zero.
    public static func ceiling(for class: FailureClass, failures: UInt32, settings: RetrySettings) -> Duration {
        let ceiling = settings.ceiling(for: `class`)
        let step = max(0, ceiling.step.wholeNanoseconds)
        let cap = max(0, ceiling.cap.wholeNanoseconds)
        let (product, overflow) = step.multipliedReportingOverflow(by: Int64(max(1, failures)))
        return .nanoseconds(overflow ? cap : min(product, cap))
    }
}

extension RetrySettings {
    /// The ceiling that a class of failure waits under.
    public func ceiling(for class: FailureClass) -> Ceiling {
        switch `class` {
        case .dropped: dropped
        case .network: network
        case .server, .auth, .protocol, .permanent, .handler, .system: other
        }
    }
}
