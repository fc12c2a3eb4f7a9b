public import HoldfastCore
public import HoldfastStore
public import HoldfastWire

/// Everything a fleet is started with, or is to be like from now on (`Fleet.apply`).
public struct FleetConfiguration: Sendable {
    /// Of several with the same id the first one counts.
    public var accounts: [AccountConfiguration]
    /// How fast connections may be made, and when an endpoint is left alone (F9, F10).
    public var gate: GateSettings
    /// How many logins the whole fleet may try (F7).
    public var renewals = RenewalSettings()
    /// Where accounts get another credential, by the name that they give.
    public var providers: [String: ProviderConfiguration] = [:]
    /// Number of event loops that sessions are spread over; clamped to 1 … 64. Read at start only.
    public var lanes: Int
    /// What memory the process may use, in bytes; near it caches are freed, then nobody connects anew, at last sockets are given
    /// up (F11). Nil: what its control group allows, if that has a limit.
    public var memoryBudgetBytes: Int?
    /// The folder of what must survive; it is locked while the fleet runs. Nil: nothing is kept and nothing is locked.
    /// Read at start only.
    public var storePath: String?
    /// 32 bytes in base64 that seal what is secret in the store. Nil: nothing secret can be kept. Read at start only.
    public var storeKey: Secret?
    /// Reads the declaration of an account that is added at run time, a JSON object with the keys that an account has in a
    /// configuration, under the defaults of this one. Nil: accounts cannot be added.
    public var declarationReader: DeclarationReader?

    public typealias DeclarationReader =
        @Sendable (_ declaration: String) throws(InvalidDeclaration) -> AccountConfiguration

    /// Who answers messages; the first that matches does. Those that nobody wants count as handled.
    public var handlers: [HandlerRoute] = []

    /// How people are told of alerts, by the names of the channels. At most `ChannelConfiguration.limit`.
    public var channels: [String: ChannelConfiguration] = [:]
    /// Where people reach the console, without a slash at the end, for links in what they are told: `http://127.0.0.1:8080`.
    public var consoleURL: String?
    /// What people are told of, and when (M2, M3).
    public var alerts = AlertSettings()
    /// When nobody is told of what.
    public var silences: [MaintenanceWindow] = []
    /// Sends what people are told, instead of `channels`: for a program that embeds a fleet. Read at start only.
    public var outlet: (any NotificationOutlet)?

    /// How long the store keeps what has happened.
    public var retention = RetentionSettings()
    /// Looks up the names of all accounts. Read at start only.
    public var resolver = NameResolver.shared

    public init(
        accounts: [AccountConfiguration] = [], gate: GateSettings = GateSettings(),
        lanes: Int = FleetConfiguration.defaultLanes, memoryBudgetBytes: Int? = nil, storePath: String? = nil,
        storeKey: Secret? = nil
    ) {
        self.accounts = accounts
        self.gate = gate
        self.lanes = lanes
        self.memoryBudgetBytes = memoryBudgetBytes
        self.storePath = storePath
        self.storeKey = storeKey
    }

    /// One lane keeps tens of thousands of idle sessions; two let a busy one have company.
    public static let defaultLanes = 2
}
