public import HoldfastCore
public import HoldfastStore
public import HoldfastWire

/// All counters, gauges and histograms of a fleet at one time. Up to a second old.
public struct FleetMetrics: Sendable {
    public var totals = FleetTotals()
    /// Accounts left alone until a person, another credential or a probe helps.
    public var quarantined = 0
    /// Alerts that are not over, by how badly a person is needed.
    public var activeAlerts: [AlertSeverity: Int] = [:]
    /// Messages about alerts that nothing could take.
    public var notificationsLost = 0
    /// One row per endpoint, in the order of their names; those beyond `endpointLimit` together as `other`.
    public var endpoints: [EndpointMetrics] = []
    public var heartbeatsSent: UInt64 = 0
    public var heartbeatMisses: UInt64 = 0
    /// Replies later than `HeartbeatSettings.slowAfter`.
    public var slowReplies: UInt64 = 0
    /// Events of an older generation, ignored.
    public var staleEvents: UInt64 = 0
    /// Changes of state that were too many for one second's report: missing from the live events, not from timelines.
    public var unreportedTransitions: UInt64 = 0
    public var replySeconds = Histogram(bounds: Histogram.replyBounds)
    public var stuckResets: UInt64 = 0
    public var illegalTransitions: UInt64 = 0
    public var restarts: UInt64 = 0
    public var renewals = CountsByLogin()
    public var messagesReceived: UInt64 = 0
    public var messagesAcknowledged: UInt64 = 0
    public var duplicates: UInt64 = 0
    /// Items that nobody could read; they became letters where there is a journal.
    public var unreadableItems: UInt64 = 0
    /// Items that are no messages, and that no handler wants.
    public var otherItems: UInt64 = 0
    /// Frames with messages that came when they could not be taken any more: the process was going down.
    public var pushesDropped: UInt64 = 0
    /// How much later than it was sent a message came.
    public var messageDelaySeconds = Histogram(bounds: Histogram.delayBounds)
    /// Messages by what became of them.
    public var handled = CountsByKind()
    public var handlerSeconds = Histogram(bounds: Histogram.handlerBounds)
    /// Messages of ours by what became of them.
    public var outbox = OutboxCounts()
    /// Messages of ours that their gateway could not take for the moment, and that are sent again.
    public var outboxRetries: UInt64 = 0
    /// Deliveries that had to wait because their account had too many messages of ours that were not confirmed.
    public var outboxWaits: UInt64 = 0
    /// Pauses that began because a person answered.
    public var pauses: UInt64 = 0
    /// Times at which a socket was not read any more because its messages could not be taken.
    public var readingPauses: UInt64 = 0
    /// Bytes of messages that are in no journal and wait for a handler.
    public var heldBytes = 0
    /// Nil without a store.
    public var journal: JournalFigures?
    /// What became of what people were to be told, by channel.
    public var channels: [ChannelFigures] = []
    /// Messages that are not of the account's dialect.
    public var malformedFrames: UInt64 = 0
    /// Places in gateways' sequences where something was missing.
    public var sequenceGaps: UInt64 = 0
    /// Times at which the process could not have noticed a reply: late loops, stops, suspensions (H8).
    public var unobservedPauses: UInt64 = 0
    /// The worst delay of each lane's loop in the last second.
    public var loopLag: [Duration] = []
    /// Entries of all timelines, and those that had to go because of a limit.
    public var timelineEntries = 0
    public var timelineDropped: UInt64 = 0
    /// Events that slow subscribers missed.
    public var eventsDropped: UInt64 = 0
    /// The size of each database of the store with its log, and rows of history that its disk did not take in time.
    public var storeBytes: [(file: String, bytes: Int)] = []
    public var storeRowsDropped = 0
    /// Look-ups of names, and what they saved.
    public var names = NameResolver.Counts()
    /// TLS contexts made since the process began, and those kept now.
    public var tlsContextsMade: UInt64 = 0
    public var tlsContextsKept = 0
    public var residentBytes = 0
    /// What the process may use; 0 if nobody said.
    public var memoryBudgetBytes = 0
    public var memoryLevel = MemoryBudget.Level.calm
    /// Times at which caches and idle buffers were freed because memory was short, and sockets given up for it.
    public var memoryReleases: UInt64 = 0
    public var sessionsShed: UInt64 = 0
    public var openDescriptors = 0
    public var descriptorLimit = 0
    public var cpuSeconds: Double = 0

    public static let endpointLimit = 1_000

    public init() {}
}

/// What is counted per endpoint.
public struct EndpointMetrics: Sendable {
    /// `scheme://host:port`, or `other`.
    public var endpoint: String
    public var attempts = CountsByOutcome()
    public var disconnects = CountsByClass()
    /// Attempts that wait for the gate, that are under way, and sessions that are connected.
    public var waiting = 0
    public var handshaking = 0
    public var connected = 0

    public init(endpoint: String) {
        self.endpoint = endpoint
    }
}

/// Attempts by what became of them.
public struct CountsByOutcome: Sendable {
    private var counts: InlineArray<4, UInt64> = .init(repeating: 0)

    public init() {}

    public internal(set) subscript(outcome: AttemptOutcome) -> UInt64 {
        get { counts[Int(outcome.rawValue)] }
        set { counts[Int(outcome.rawValue)] = newValue }
    }

    public static let outcomes: [AttemptOutcome] = [.succeeded, .endpointFailed, .accountFailed, .abandoned]
}

/// Connections lost, by the class of what ended them.
public struct CountsByClass: Sendable {
    private var counts: InlineArray<8, UInt64> = .init(repeating: 0)

    public init() {}

    public internal(set) subscript(`class`: FailureClass) -> UInt64 {
        get { counts[`class`.index] }
        set { counts[`class`.index] = newValue }
    }
}

/// Logins by what became of them.
public struct CountsByLogin: Sendable {
    private var counts: InlineArray<4, UInt64> = .init(repeating: 0)

    public init() {}

    public internal(set) subscript(outcome: ProviderOutcome) -> UInt64 {
        get { counts[Self.place(outcome)] }
        set { counts[Self.place(outcome)] = newValue }
    }

    private static func place(_ outcome: ProviderOutcome) -> Int {
        switch outcome {
        case .renewed: 0
        case .rejected: 1
        case .needsPerson: 2
        case .tryLater: 3
        }
    }
}

/// Observations in fixed buckets.
public struct Histogram: Sendable, Hashable {
    /// The upper ends of the buckets, ascending; one more bucket holds what is above the last.
    public let bounds: [Double]
    /// One number per bucket, not cumulative; one longer than `bounds`.
    public internal(set) var counts: [UInt64]
    public internal(set) var sum: Double = 0

    public var count: UInt64 { counts.reduce(0, &+) }

    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Seconds.
    public static let delayBounds: [Double] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600]
    /// Seconds.
    public static let replyBounds: [Double] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
}

extension FailureClass {
    /// Its place in a table of counts.
    var index: Int {
        switch self {
        case .dropped: 0
        case .network: 1
        case .server: 2
        case .auth: 3
        case .protocol: 4
        case .permanent: 5
        case .handler: 6
        case .system: 7
        }
    }
}
