public import HoldfastCore

/// One second in the life of a fleet: how many accounts were where at its end, and what happened in it.
public struct Pulse: Sendable, Hashable {
    /// Counts up by one per second, from 1 at the start of the process.
    public var number: UInt32 = 0
    public var at = WallTime(milliseconds: 0)
    public var enabled: Int32 = 0
    public var connected: Int32 = 0
    /// Attempts under way.
    public var connecting: Int32 = 0
    /// Attempts that ended in a connection, and that did not.
    public var opened: Int32 = 0
    public var failed: Int32 = 0
    /// Connections that a failure ended.
    public var lost: Int32 = 0
    public var heartbeats: Int32 = 0
    public var misses: Int32 = 0
    /// Mean time of the replies that came, in milliseconds; nil if none came.
    public var replyMilliseconds: Float?
    public var messages: Int32 = 0

    public init() {}

    /// How many seconds a fleet remembers.
    public static let kept = 900
}
