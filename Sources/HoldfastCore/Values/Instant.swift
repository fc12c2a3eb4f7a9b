/// A point on the process's monotonic clock, in nanoseconds. Deadlines are instants: they do not move when somebody
/// sets the wall clock. The zero point has no meaning; only differences do.
///
/// Arithmetic saturates: a deadline computed from absurd settings is "never", not a trap.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Later than every instant that can be reached.
    public static let distantFuture = Instant(nanoseconds: .max)

    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    @inlinable
    public static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds.addingSaturated(duration.wholeNanoseconds))
    }

    @inlinable
    public static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds.subtractingSaturated(duration.wholeNanoseconds))
    }

    /// How long it is from `earlier` to this instant; negative if `earlier` is in fact later.
    @inlinable
    public func since(_ earlier: Instant) -> Duration {
        .nanoseconds(nanoseconds.subtractingSaturated(earlier.nanoseconds))
    }
}

/// A point in calendar time: milliseconds since 1970-01-01T00:00:00Z. For people, for the wire, and for what must
/// survive a restart of the process; never for deadlines.
public struct WallTime: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    @inlinable
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    @inlinable
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    @inlinable
    public static func + (time: WallTime, duration: Duration) -> WallTime {
        WallTime(milliseconds: time.milliseconds.addingSaturated(duration.wholeMilliseconds))
    }

    @inlinable
    public static func - (time: WallTime, duration: Duration) -> WallTime {
        WallTime(milliseconds: time.milliseconds.subtractingSaturated(duration.wholeMilliseconds))
    }

    /// How long it is from `earlier` to this time; negative if `earlier` is in fact later.
    @inlinable
    public func since(_ earlier: WallTime) -> Duration {
        .milliseconds(millisecondsSince(earlier))
    }

    /// The same in milliseconds, for where it is only counted.
    @inlinable
    public func millisecondsSince(_ earlier: WallTime) -> Int64 {
        milliseconds.subtractingSaturated(earlier.milliseconds)
    }
}

/// Both clocks, read together. Every event of a session carries one.
public struct Moment: Hashable, Sendable {
    public var instant: Instant
    public var wall: WallTime

    @inlinable
    public init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }

    @inlinable
    public static func + (moment: Moment, duration: Duration) -> Moment {
        Moment(instant: moment.instant + duration, wall: moment.wall + duration)
    }
}

extension Duration {
    /// The duration in nanoseconds, clamped to what an `Int64` holds (± 292 years).
    @inlinable
    public var wholeNanoseconds: Int64 {
        // Nearly every duration is shorter than 2.6 hours and not negative; then 64 bits are enough to divide by 10⁹ = 2⁹ × 5⁹,
        // which takes a tenth of the time.
        if let short = UInt64(exactly: attoseconds >> 9) { return Int64(truncatingIfNeeded: short / 1_953_125) }
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return product.addingSaturated(attoseconds / 1_000_000_000)
    }

    /// The duration in milliseconds, rounded towards zero and clamped to what an `Int64` holds.
    @inlinable
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        if overflow { return seconds < 0 ? .min : .max }
        return product.addingSaturated(attoseconds / 1_000_000_000_000_000)
    }

    /// The duration in seconds, as a floating-point number.
    @inlinable
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension Int64 {
    @inlinable
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    @inlinable
    func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
