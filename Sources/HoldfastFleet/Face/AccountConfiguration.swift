public import HoldfastCore
public import HoldfastWire

/// What is declared about one account. A plain value: made from a configuration file, or by a program that embeds a fleet.
public struct AccountConfiguration: Sendable, Hashable {
    /// `[A-Za-z0-9._-]{1,64}`, unique in the fleet.
    public var id: String
    static let idLimit = 64
    /// Where it connects to, and how.
    public var target: LinkTarget
    public var dialect: AccountDialect
    /// What the account registers with; nil if its dialect needs none.
    public var token: Secret?
    public var credential: Credential
    /// The name of the provider in `FleetConfiguration.providers` that gets it another credential; nil if none does.
    public var provider: String?
    /// Shared by all accounts that have the same ones.
    public var settings: SessionSettings
    public var limits: AccountLimits
    /// The compression offered to the endpoint; nil for none.
    public var deflate: DeflateOptions?
    /// The account is meant to be connected.
    public var isEnabled: Bool
    public var messages: MessageMode
    /// What happens to its messages before they are handled.
    public var intake: IntakeSettings {
        get { if case .own(let settings) = intakeChoice { settings } else { IntakeSettings() } }
        set { intakeChoice = newValue == IntakeSettings() ? .preset : .own(newValue) }
    }
    private var intakeChoice = IntakeChoice.preset
    public var origin: Origin

    public init(
        id: String, target: LinkTarget, dialect: AccountDialect, token: Secret? = nil,
        credential: Credential = Credential(), provider: String? = nil, settings: SessionSettings = SessionSettings(),
        limits: AccountLimits = AccountLimits(), deflate: DeflateOptions? = nil, isEnabled: Bool = true,
        messages: MessageMode = .memory, origin: Origin = .config
    ) {
        self.id = id
        self.target = target
        self.dialect = dialect
        self.token = token
        self.credential = credential
        self.provider = provider
        self.settings = settings
        self.limits = limits
        self.deflate = deflate
        self.isEnabled = isEnabled
        self.messages = messages
        self.origin = origin
    }

    /// Few accounts have settings of their own; those that have none do not pay for their size.
    private indirect enum IntakeChoice: Sendable, Hashable {
        case preset
        case own(IntakeSettings)
    }

    /// Who declared an account.
    public enum Origin: String, Sendable, Hashable, CaseIterable {
        /// The configuration.
        case config
        /// Somebody added it to the running fleet.
        case store
    }

    /// When a message is acknowledged (requirements §7).
    public enum MessageMode: String, Sendable, Hashable, CaseIterable {
        /// Once it is written to the journal.
        case durable
        /// At once; nothing is kept.
        case memory
        /// Once it has been handled.
        case afterHandling = "after-handling"
    }
}

/// The sizes that one account may reach.
public struct AccountLimits: Sendable, Hashable {
    /// The largest frame accepted, in bytes.
    public var frameBytes: Int
    /// The largest message accepted, in bytes, all its fragments together.
    public var messageBytes: Int

    public init(frameBytes: Int = 1 << 20, messageBytes: Int = 4 << 20) {
        self.frameBytes = frameBytes
        self.messageBytes = messageBytes
    }
}
