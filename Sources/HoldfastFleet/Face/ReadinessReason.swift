/// Why the fleet is not ready to serve. No reason: it is.
public struct ReadinessReason: Sendable, Hashable {
    public var code: Code
    /// A sentence with the values.
    public var detail: String

    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// `start()` has not finished.
        case starting
        /// `shutdown()` has begun.
        case draining
        case storeDown = "store_down"
        /// A lane has shown no progress for more than 5 s.
        case laneStuck = "lane_stuck"
        /// Fewer than half of the enabled accounts have been connected for 60 s.
        case fewConnected = "few_connected"
    }
}
