/// Finds out when a person is needed, and what for (M2, M3). A value: told what is known, with the time, and asked once a
/// second what there is to be said.
///
/// From what it is told follow, each second and in this order: what every endpoint's figures say; whether the endpoints have
/// a cause in common; which accounts are sick for reasons of their own; which of that is worth an alert; who is to be told.
///
/// - `AlertEngine.swift`: what it is told, and the order of a second.
/// - `AlertEngine+Endpoints.swift`: endpoints and the fleet, by their figures.
/// - `AlertEngine+Accounts.swift`: single accounts, and what is no matter of their own.
/// - `AlertEngine+Alerts.swift`: from what fires to alerts, and from alerts to messages.
///
/// Memory: about 130 bytes for an account and 500 for an endpoint, whatever happens to them. Alerts are as many as there are
/// causes: at most five for an endpoint, and `AlertSettings.accountAlertsLimit` for single accounts.
public struct AlertEngine: Sendable {
    public internal(set) var settings: AlertSettings
    var silences: [Silence] = []

    /// By the account's lane and slot.
    var accounts: [[AccountWatch]] = []
    /// Accounts that somebody has to look at each second.
    var troubled: [AccountKey] = []
    /// By lane and slot: it was down with others when it was looked at last, and nothing has changed since. In the outage of a
    /// large endpoint that is nearly everybody, so looking at them must cost nearly nothing.
    var isLeftAlone: [[Bool]] = []
    /// Connections lost a moment ago: whose doing it was shows when it is known how many others were.
    var recentLosses: [(account: AccountKey, second: Int64)] = []
    /// By the endpoint's number.
    var endpoints: [EndpointWatch] = []
    /// The whole fleet; its own counters stay empty.
    var fleet = EndpointWatch()
    /// What is wrong with the process, in words; not there if nothing is.
    var system: [AlertRule: String] = [:]

    /// Every alert that is not over, and those that may become one, by a number that counts up.
    var open: [UInt32: OpenAlert] = [:]
    var lastNumber: UInt32 = 0
    /// The one alert of a cause that is not about accounts; the one that still gathers accounts of a cause that is.
    var numbers: [AlertCause: UInt32] = [:]
    /// When people were told last of accounts with this cause.
    var lastToldAt: [AlertCause: Instant] = [:]
    /// Accounts that were part of an alert when the process ended, until they are seen.
    var remembered: [String: [UInt32]] = [:]

    let startedAt: Instant
    var hasSettled = false

    public init(_ settings: AlertSettings = AlertSettings(), at now: Moment) {
        self.settings = settings
        startedAt = now.instant
    }

    /// Until then there is too little to call anything over that was found before the start.
    var settledAt: Instant { startedAt + .seconds(60 * settings.windowMinutes + 60) }

    // MARK: What it is told

    /// Other settings hold from now on.
    public mutating func apply(_ settings: AlertSettings) {
        self.settings = settings
    }

    /// All silences there are, those to come included.
    public mutating func setSilences(_ silences: [Silence]) {
        self.silences = silences
    }

    /// An account has changed; nil: it is gone.
    public mutating func observe(_ key: AccountKey, _ evidence: AccountEvidence?, at now: Instant) {
        let (lane, slot) = (Int(key.lane), Int(key.slot))
        while accounts.count <= lane {
            accounts.append([])
            isLeftAlone.append([])
        }
        while accounts[lane].count <= slot {
            accounts[lane].append(AccountWatch())
            isLeftAlone[lane].append(false)
        }
        // In a wave of attempts that fail nearly everything is said again and again.
        if let evidence, self[key].knows(evidence) { return look(at: key, now) }
        isLeftAlone[lane][slot] = false
        guard let evidence else { return forget(key) }
        // Another account, or another endpoint: what is known is about something else.
        if self[key].isPresent, self[key].id != evidence.id || self[key].endpoint != evidence.endpoint { forget(key) }
        know(evidence.endpoint, as: evidence.endpointName)
        take(evidence, key, at: now)
        look(at: key, now)
    }

    /// An account failed: an attempt, or a connection.
    ///
    /// - Parameter lostConnection: it was connected.
    public mutating func failed(_ key: AccountKey, _ failure: Failure, lostConnection: Bool, at now: Instant) {
        guard isKnown(key) else { return }
        let (lane, slot) = (Int(key.lane), Int(key.slot))
        if accounts[lane][slot].lastFailure != failure {
            accounts[lane][slot].lastFailure = failure
            isLeftAlone[lane][slot] = false
        }
        guard lostConnection else { return }
        endpoints[Int(accounts[lane][slot].endpoint)].countLoss(at: now.second)
        recentLosses.append((key, now.second))
    }

    /// What was counted at an endpoint so far.
    public mutating func observe(_ endpoint: UInt32, name: String, _ totals: EndpointTotals) {
        know(endpoint, as: name)
        endpoints[Int(endpoint)].take(totals)
    }

    /// The first time it is heard of, it takes up what was known of it before the process began.
    private mutating func know(_ endpoint: UInt32, as name: String) {
        let index = Int(endpoint)
        while endpoints.count <= index { endpoints.append(EndpointWatch()) }
        guard endpoints[index].name.isEmpty else { return }
        endpoints[index].name = name
        if let known = numbers[AlertCause(.endpoint, endpoint: name)].flatMap({ open[$0] }) {
            endpoints[index].rules.restore(known.alert.figures)
        }
    }

    /// Something is wrong with the process, or no longer.
    ///
    /// - Parameter problem: in the words of whoever failed; nil if all is well.
    public mutating func observe(_ rule: AlertRule, problem: String?) {
        system[rule] = problem
    }

    // MARK: A second

    /// To be called once a second. Returns what has changed and what people are to be told.
    public mutating func everySecond(at now: Moment) -> AlertOutcome {
        attributeLosses(at: now.instant)
        for key in troubled where !isLeftAlone[Int(key.lane)][Int(key.slot)] {
            if accounts[Int(key.lane)][Int(key.slot)].awaitsFirstTurn { count(key, at: now.instant) }
        }
        judgeEndpoints(at: now)
        judgeSystem(at: now)
        judgeAccounts(at: now)
        return conclude(at: now)
    }
}

/// What a second brought.
public struct AlertOutcome: Sendable, Hashable {
    /// Alerts that are to be kept as they are now: raised, told of, changed or over.
    public var changed: [Alert] = []
    /// What people are to be told, in this order.
    public var notifications: [AlertNotification] = []

    public init() {}
}

/// An alert that is not over, or what may become one.
struct OpenAlert: Sendable {
    var alert: Alert
    let begunAt: Instant
    /// From then on it is an alert, for everybody; before it is a suspicion.
    var isRaised = false
    /// How many accounts are part of it, where it is about accounts.
    var members = 0
    /// Members from before the start that have not been seen yet, and the number of those whose names were not kept.
    var unseen: Set<String> = []
    var unnamed = 0
    /// Somebody has looked whether it lasts, since the start.
    var isFollowed = false
    /// What it was raised for has been over since then.
    var clearSince: Instant?
    var isOver = false
    /// As it was last kept, and when somebody last looked whether it is to be kept anew.
    var kept: Alert?
    var keptAt: Instant?
    /// What it was raised for has gone on until now.
    var isPressing = true

    /// Accounts that are concerned, as far as it is about accounts.
    var concerned: Int { members + unseen.count + unnamed }
}
