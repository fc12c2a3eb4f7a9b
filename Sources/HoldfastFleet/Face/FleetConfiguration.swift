public import HoldfastCore

/// Everything a fleet is started with, or is to be like from now on (`Fleet.apply`).
public struct FleetConfiguration: Sendable {
    /// Of several with the same id the first one counts.
    public var accounts: [AccountConfiguration]
    /// How fast connections may be made, and when an endpoint is left alone (F9, F10).
    public var gate: GateSettings
    /// Number of event loops that sessions are spread over; clamped to 1 … 64. Read at start only.
    public var lanes: Int
    /// The folder of what must survive; it is locked while the fleet runs. Nil: nothing is kept and nothing is locked.
    /// Read at start only.
    public var storePath: String?

    public init(
        accounts: [AccountConfiguration] = [], gate: GateSettings = GateSettings(),
        lanes: Int = FleetConfiguration.defaultLanes, storePath: String? = nil
    ) {
        self.accounts = accounts
        self.gate = gate
        self.lanes = lanes
        self.storePath = storePath
    }

    /// One lane keeps tens of thousands of idle sessions; two let a busy one have company.
    public static let defaultLanes = 2
}
