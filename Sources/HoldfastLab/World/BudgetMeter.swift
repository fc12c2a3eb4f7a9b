internal import HoldfastCore

/// Whether events keep to a rate and a burst in every window. Written the other way round than the gate's token bucket,
/// as its judge: what was let through fills the meter and drains at the rate.
struct BudgetMeter {
    private var fill: Int64 = 0
    private var at = Instant(nanoseconds: 0)
    private let drainPerNanosecond: Int64
    private let limit: Int64

    private static let one: Int64 = 1_000_000_000_000

    /// - Parameter slack: how much the events may have been delayed unevenly since they were let through.
    init(perSecond: Double, burst: Int, slack: Duration) {
        drainPerNanosecond = Int64(perSecond * 1_000 + 0.5)
        let slack = slack.wholeNanoseconds * drainPerNanosecond
        limit = Int64(burst) * Self.one + (slack > 0 ? slack + Self.one : 0)
    }

    /// So many events were let through long ago and come only now.
    mutating func excuse(_ events: Int, at now: Instant) {
        drain(at: now)
        fill -= Int64(events) * Self.one
    }

    /// Counts one event. False if it was one too many.
    mutating func count(at now: Instant) -> Bool {
        drain(at: now)
        fill += Self.one
        return fill <= limit
    }

    private mutating func drain(at now: Instant) {
        let elapsed = now.since(at).wholeNanoseconds
        let (drained, overflow) = elapsed.multipliedReportingOverflow(by: drainPerNanosecond)
        fill = overflow ? min(0, fill) : max(min(0, fill), fill - drained)
        at = now
    }
}
