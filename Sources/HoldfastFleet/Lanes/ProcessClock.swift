import Glibc
package import HoldfastCore

/// The clocks of the process. `instant` is the clock that NIO's deadlines use.
package enum ProcessClock {
    package static var instant: Instant { Instant(nanoseconds: nanoseconds(of: CLOCK_MONOTONIC)) }

    package static var wall: WallTime { WallTime(milliseconds: nanoseconds(of: CLOCK_REALTIME) / 1_000_000) }

    static var moment: Moment { Moment(instant: instant, wall: wall) }

    /// How long the machine has been suspended since it started: only the boot clock runs on meanwhile.
    static var suspended: Duration {
        .nanoseconds(nanoseconds(of: CLOCK_BOOTTIME) - nanoseconds(of: CLOCK_MONOTONIC))
    }

    /// Processor time used by the process.
    static var processor: Duration { .nanoseconds(nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID)) }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
