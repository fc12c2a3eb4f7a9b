/// How badly a person is needed.
public enum AlertSeverity: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case warning, critical

    public static func < (left: Self, right: Self) -> Bool { left == .warning && right == .critical }
}

/// What alerts are raised for (M2). The raw value is the name in the API, the metrics and the configuration.
public enum AlertRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// Connected ÷ should-be-connected accounts is too low.
    case connectedShare = "connected_share"
    /// Missed ÷ sent heartbeats is too high.
    case heartbeatMisses = "heartbeat_misses"
    /// Failed ÷ attempted connects is too high.
    case connectFailures = "connect_failures"
    /// Replies take too long on average.
    case slowReplies = "slow_replies"
    /// An account is down for too long.
    case accountDown = "account_down"
    /// An account is quarantined: automatic healing has ended.
    case accountQuarantined = "account_quarantined"
    /// An account lost its connection too often.
    case accountFlapping = "account_flapping"
    /// The replies of one account take too long on average.
    case accountSlow = "account_slow"
    /// The store cannot be written.
    case storeDown = "store_down"
    /// Attempts to connect find no file descriptor.
    case descriptors

    public var severity: AlertSeverity {
        switch self {
        case .connectedShare, .heartbeatMisses, .accountDown, .accountQuarantined, .storeDown, .descriptors: .critical
        case .connectFailures, .slowReplies, .accountFlapping, .accountSlow: .warning
        }
    }

    /// What a figure of this rule is measured in.
    public var unit: Unit {
        switch self {
        case .connectedShare, .heartbeatMisses, .connectFailures: .share
        case .slowReplies, .accountSlow, .accountDown: .seconds
        case .accountFlapping, .accountQuarantined, .storeDown, .descriptors: .count
        }
    }

    public enum Unit: Sendable, Hashable {
        /// 0 … 1
        case share
        case seconds, count
    }
}

/// A rule that fires, with what it was measured at.
public struct AlertFigure: Sendable, Hashable, Codable {
    public var rule: AlertRule
    /// In the unit of the rule.
    public var value: Double
    /// What the value is held against.
    public var threshold: Double
    /// What the value rests on: attempts, heartbeats, replies, accounts.
    public var samples: Int

    public init(_ rule: AlertRule, value: Double, threshold: Double, samples: Int) {
        self.rule = rule
        self.value = value
        self.threshold = threshold
        self.samples = samples
    }
}

/// What an alert is about.
public enum AlertScope: Sendable, Hashable, Codable {
    /// The whole fleet, or the process.
    case fleet
    /// `scheme://host:port`
    case endpoint(String)
    /// The id of an account.
    case account(String)

    /// The name in the API.
    public var name: String {
        switch self {
        case .fleet: "fleet"
        case .endpoint: "endpoint"
        case .account: "account"
        }
    }
}

/// What alerts are grouped by: everything that follows from one cause is one alert, and one message.
public struct AlertCause: Sendable, Hashable, Codable {
    public var kind: Kind
    /// The endpoint, `scheme://host:port`; empty for causes that are nobody's.
    public var endpoint: String

    public init(_ kind: Kind, endpoint: String = "") {
        self.kind = kind
        self.endpoint = endpoint
    }

    /// The raw value is the name in the API.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// More than one endpoint is in trouble: something they share.
        case fleet
        /// One endpoint is in trouble.
        case endpoint
        /// Single accounts of an endpoint, for a reason of their own.
        case accountDown = "account_down"
        case accountQuarantined = "account_quarantined"
        case accountFlapping = "account_flapping"
        case accountSlow = "account_slow"
        /// The process itself.
        case storeDown = "store_down"
        case descriptors
    }
}

extension WallTime: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}
