public import HoldfastCore

/// One change of state in an account's timeline.
public struct TimelineEntry: Sendable, Hashable {
    public var at: WallTime
    public var from: SessionState
    public var to: SessionState
    /// `TransitionReason.text`.
    public var reason: String
    public var failures: Int
    public var generation: UInt32
    public var incarnation: UInt32
    /// The class and the code of the failure that caused the change, where one did.
    public var failureClass: FailureClass?
    public var failureCode: String?
    /// What else was known when it failed. Without a store: kept for the newest failures of the fleet only.
    public var record: FailureRecord?
}

/// Everything worth knowing about one failure (L2), beside what the timeline's entry says itself.
public struct FailureRecord: Sendable, Hashable {
    /// What was being done and what went wrong underneath, outermost first.
    public var chain: [String]
    /// The settings in force, as one line of JSON.
    public var settings: String
    public var process: ProcessFigures
    /// The number of the try that comes next.
    public var retry: Int
    /// How long that try waits, as far as it is known.
    public var delay: Duration?
    /// Where the ladder stood after this failure: `Session.Rung.name`.
    public var rung: String
}

/// What the process itself looked like. Up to a second old.
public struct ProcessFigures: Sendable, Hashable {
    public var residentBytes: Int = 0
    public var openDescriptors: Int = 0
    public var loopLag: Duration = .zero

    public init() {}
}
