public import HoldfastCore

/// Something that happened in the fleet, for those who watch it live. Up to a second late.
public struct FleetEvent: Sendable, Hashable {
    /// Counts up by one per event, without gaps, from the start of the process on: a gap seen means events missed.
    public var id: UInt64
    public var kind: Kind

    /// How many of the newest events are kept for subscribers that come back, and wait for a slow one.
    public static let kept = 2_048

    public enum Kind: Sendable, Hashable {
        case transition(account: String, TimelineEntry)
        case totals(FleetTotals)
        /// An alert has begun, changed, been told of, or is over.
        case alert(Alert)
    }
}
