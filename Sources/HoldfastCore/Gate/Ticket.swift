/// What stands for one attempt at the gate: which account, and which of its attempts.
public struct Ticket: Hashable, Sendable {
    public var account: AccountKey
    /// `Session.generation` of the attempt.
    public var generation: UInt32

    public init(_ account: AccountKey, generation: UInt32) {
        self.account = account
        self.generation = generation
    }
}

/// Where an account lives in this process: its lane and its slot there.
public struct AccountKey: Hashable, Sendable {
    public var lane: UInt32
    public var slot: UInt32

    public init(lane: UInt32, slot: UInt32) {
        self.lane = lane
        self.slot = slot
    }
}

/// The number of an endpoint (scheme, host, port) at the gate; `GateKeeper.endpoint(named:)` gives it out.
public struct EndpointID: Hashable, Sendable {
    let index: UInt32
}
