/// What is known about one account, for alerts. Told when it changes.
public struct AccountEvidence: Sendable, Hashable {
    public var id: String
    /// The number of its endpoint.
    public var endpoint: UInt32
    /// `scheme://host:port`
    public var endpointName: String
    public var isEnabled: Bool
    public var isQuarantined: Bool
    /// It is quarantined for a reason that its endpoint has nothing to do with (`Session.Quarantine.isItsOwn`).
    public var isSickByItself: Bool
    public var state: SessionState
    /// Consecutive failures.
    public var failures: Int
    /// Mean reply time on this connection, in whole seconds.
    public var replySeconds: Int

    public init(
        id: String, endpoint: UInt32, endpointName: String, isEnabled: Bool = true, isQuarantined: Bool = false,
        isSickByItself: Bool = false, state: SessionState, failures: Int = 0, replySeconds: Int = 0
    ) {
        self.id = id
        self.endpoint = endpoint
        self.endpointName = endpointName
        self.isEnabled = isEnabled
        self.isQuarantined = isQuarantined
        self.isSickByItself = isSickByItself
        self.state = state
        self.failures = failures
        self.replySeconds = replySeconds
    }
}

/// One account, as alerts see it: about 130 bytes, whatever happens to it.
struct AccountWatch: Sendable {
    var id = ""
    var endpoint: UInt32 = 0
    var isPresent = false
    var isEnabled = false
    var isQuarantined = false
    var isSickByItself = false
    var isConnected = false
    /// It has not had its first turn to connect since it was switched on.
    var awaitsFirstTurn = false
    /// Counted among those that should be connected.
    var isExpected = false
    /// Counted among those of them that are.
    var isCountedConnected = false
    /// Somebody has to look at it each second.
    var isTroubled = false
    var replySeconds: UInt8 = 0
    /// Since when it is connected, or is not.
    var since = Instant(nanoseconds: 0)
    var lastFailure: Failure?
    /// Connections lost, by the minute.
    private var losses = RecentCounts<10, UInt8>()
    /// The number of the alert that it is part of, by the place of the rule in `rules`; 0 is none.
    var alerts = InlineArray<4, UInt32>(repeating: 0)

    static let rules: [AlertRule] = [.accountQuarantined, .accountDown, .accountFlapping, .accountSlow]
    static let causes: [AlertCause.Kind] = [.accountQuarantined, .accountDown, .accountFlapping, .accountSlow]

    /// Whether this says nothing new.
    func knows(_ evidence: AccountEvidence) -> Bool {
        guard isPresent, isConnected == (evidence.state == .connected), isEnabled == evidence.isEnabled,
            isQuarantined == evidence.isQuarantined, isSickByItself == evidence.isSickByItself,
            replySeconds == UInt8(clamping: evidence.replySeconds), endpoint == evidence.endpoint, id == evidence.id
        else { return false }
        return !awaitsFirstTurn || !hasHadItsTurn(evidence)
    }

    /// It is connected, or has failed.
    private func hasHadItsTurn(_ evidence: AccountEvidence) -> Bool {
        evidence.state == .connected || evidence.failures > 0 || evidence.isQuarantined
    }

    /// What is known of it now; the first time, it is known by then whose it is.
    mutating func take(_ evidence: AccountEvidence, at now: Instant) {
        let connects = evidence.state == .connected
        if isConnected != connects { since = now }
        if !isEnabled, evidence.isEnabled {
            since = now
            awaitsFirstTurn = true
        }
        if hasHadItsTurn(evidence) { awaitsFirstTurn = false }
        isConnected = connects
        isEnabled = evidence.isEnabled
        isQuarantined = evidence.isQuarantined
        isSickByItself = evidence.isSickByItself
        replySeconds = UInt8(clamping: evidence.replySeconds)
    }

    var isInAlert: Bool { alerts.indices.contains { alerts[$0] != 0 } }

    mutating func countLoss(at now: Instant) {
        losses.advance(to: now.minute)
        if losses[losses.newest] < .max { losses[losses.newest] += 1 }
    }

    /// Connections lost in the last ten minutes.
    func lossCount(at now: Instant) -> Int {
        let oldest = now.minute - 9
        guard losses.newest >= oldest else { return 0 }
        var sum = 0
        for minute in oldest...losses.newest { sum += Int(losses[minute]) }
        return sum
    }
}
