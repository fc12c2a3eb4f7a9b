public import HoldfastCore

/// The whole fleet in a few bytes per account, or what has changed since an earlier picture. Up to a second old.
public struct FleetPicture: Sendable {
    /// What to ask with for the changes since this picture.
    public var place: Place
    /// All accounts are in it, not only those that changed.
    public var isWhole: Bool
    /// In the order of their ids.
    public var accounts: [Brief]
    /// The names of the endpoints that accounts refer to by number; those in use have counts.
    public var endpoints: [EndpointPicture]
    public var totals: FleetTotals
    /// The seconds since the earlier picture, oldest first.
    public var pulses: [Pulse]

    /// Where a viewer stands. It means something to the process that gave it only.
    public struct Place: Sendable, Hashable {
        /// Changes when accounts are added, changed or removed.
        public var directory: UInt64
        public var report: UInt32
        public var pulse: UInt32

        public init(directory: UInt64, report: UInt32, pulse: UInt32) {
            self.directory = directory
            self.report = report
            self.pulse = pulse
        }
    }

    /// What can be said of an account in a dozen bytes.
    public struct Brief: Sendable, Hashable {
        public var id: String
        public var state: SessionState
        public var status: AccountStatus
        public var health: UInt8
        public var failures: UInt16
        /// Of the last failure, while there are failures in a row.
        public var failureClass: FailureClass?
        /// An index into `endpoints`.
        public var endpoint: UInt32
    }
}

/// How things stand at one endpoint.
public struct EndpointPicture: Sendable, Hashable {
    /// `scheme://host:port`.
    public var endpoint: String
    public var connected = 0
    /// Attempts that wait for the gate, and that are under way.
    public var waiting = 0
    public var handshaking = 0
    /// Accounts that failed last time in a way that speaks against the endpoint.
    public var failing = 0
    public var breaker = EndpointBreaker.State.closed
}
