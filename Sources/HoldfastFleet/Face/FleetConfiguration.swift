/// Everything a fleet is started with, or is to be like from now on (`Fleet.apply`).
public struct FleetConfiguration: Sendable {
    public var accounts: [AccountConfiguration]
    /// Number of event loops that sessions are spread over. Read at start only. 1 … 64.
    public var lanes: Int
    /// The folder of what must survive; it is locked while the fleet runs. Nil: nothing is kept and nothing is locked.
    /// Read at start only.
    public var storePath: String?

    public init(
        accounts: [AccountConfiguration] = [], lanes: Int = FleetConfiguration.defaultLanes, storePath: String? = nil
    ) {
        self.accounts = accounts
        self.lanes = lanes
        self.storePath = storePath
    }

    /// One lane keeps tens of thousands of idle sessions; two let a busy one have company.
    public static let defaultLanes = 2
}
