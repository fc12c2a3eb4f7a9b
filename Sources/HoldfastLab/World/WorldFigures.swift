public import HoldfastCore

/// What was counted in a run.
public struct WorldFigures: Hashable, Sendable {
    public var events = 0
    public var connects = 0
    public var registrations = 0
    public var heartbeats = 0
    public var misses = 0
    public var slowReplies = 0
    /// Connections that we gave up although nothing had ended them.
    public var cutByUs = 0
    public var failures = 0
    public var restarts = 0
    /// Kills of the whole process.
    public var processRestarts = 0
    public var quarantines = 0
    public var logins = 0
    /// Logins under way at the same time.
    public var mostLogins = 0
    public var stuckResets = 0
    public var staleEvents = 0
    /// The longest delay before a retry that was drawn, `Retry-After` left aside.
    public var longestDelay: Duration = .zero
    public var mostHandshakes = 0
    /// Attempts that a gateway answered with 503 because it could not do so many.
    public var turnedAway = 0
    /// Messages to people about alerts, and those of them that say that one began or became worse.
    public var notifications = 0
    public var alerts = 0

    public init() {}
}

/// How things stood at one time. What is counted is counted since the beginning.
public struct WorldSample: Hashable, Sendable {
    public var at: Duration
    public var connected: Int
    /// The most handshakes under way since the sample before.
    public var handshakes: Int
    public var connects: Int
    public var failures: Int
    public var logins: Int
    public var quarantines: Int
    public var turnedAway: Int
}

/// One line in the life of a watched account.
public struct WorldEntry: Hashable, Sendable {
    public enum What: Hashable, Sendable {
        case connect
        case transition(from: SessionState, to: SessionState)
        /// A failure, and how long the next attempt waits; nil if it waits for something else than time.
        case failure(Failure, count: UInt32, delay: Duration?)
    }

    public var at: Duration
    public var account: Int
    public var what: What
}

/// A promise that was broken.
public struct WorldViolation: Hashable, Sendable, CustomStringConvertible {
    /// Time since the beginning of the world.
    public var at: Duration
    public var account: Int?
    public var text: String

    public var description: String {
        "at \(at)\(account.map { ", account \($0)" } ?? ""): \(text)"
    }
}
