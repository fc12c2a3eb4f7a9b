internal import HoldfastCore

/// Judges from outside what people are told, by what is true of the accounts: written from M3, and not from the engine.
///
/// - Whoever is called is told the end, once; nobody is told the end of what lasts.
/// - One cause is one alert at a time; it is told again only where it became worse, or after the repeat interval, and causes
///   that come again do so no faster than grouping and hysteresis allow. All this over kills of the process, too.
/// - An account that is sick by itself is told of within `foundWithin`, whatever befalls its endpoint meanwhile; one that is
///   down for whatever reason within `calledWithin`, in an alert of its own, its endpoint's or the fleet's.
struct AlertJudge: Sendable {
    /// What is true of one account.
    struct Condition: Sendable, Hashable {
        /// Switched on, and neither connected nor quarantined.
        var isDown = false
        var isQuarantined = false
        /// Quarantined for a reason of its own.
        var isSick = false
        var endpoint = 0
    }

    /// Something that people were told, and that is not over for them.
    private struct Told: Sendable {
        var cause: AlertCause
        var severity: AlertSeverity
        var firstAt: Instant
        var lastAt: Instant
        var sample: [String]
        /// The id of the last message.
        var message: String
    }

    /// An account has to be told of then, if it is still as it was.
    private struct Promise: Sendable {
        var account: Int
        var since: Instant
        var dueAt: Instant
    }

    /// Since when accounts are what they are; `distantFuture`: they are not.
    private struct Record: Sendable {
        var downSince = Instant.distantFuture
        var quarantinedSince = Instant.distantFuture
        var sickSince = Instant.distantFuture
        var endpoint: Int32 = 0
    }

    private let settings: AlertSettings
    private var records: [Record] = []
    private var told: [String: Told] = [:]
    private var ids: Set<String> = []
    private var over: Set<String> = []
    /// Alerts of which the disk did not take what people had been told before the process was killed: nobody can know.
    private var forgiven: Set<String> = []
    /// When people were last told that trouble with this cause has begun: when they heard it, and what the message says.
    private var lastBegun: [AlertCause: (heardAt: Instant, saidAt: WallTime)] = [:]
    private var processBeganAt: Instant
    private var down: [Promise] = []
    private var sick: [Promise] = []

    init(_ settings: AlertSettings, at now: Instant) {
        self.settings = settings
        processBeganAt = now
    }

    // MARK: What is promised

    /// Gathered for as long as the last message of its cause demands, and told with others.
    private var foundWithin: Duration { settings.regroup + settings.groupWait + Self.slack }

    /// The first turn to connect, the time that an account may be down, the time until it is clear that its endpoint is not to
    /// blame, and then as above.
    private var calledWithin: Duration {
        let window = Duration.seconds(60 * (settings.windowMinutes + 1))
        return .seconds(300) + (settings.accountDownAfter ?? .zero) * 2 + window + foundWithin
    }

    /// How long after the last trouble everything is over: connections lost are forgotten after ten minutes, and what was
    /// over stays so for a while before it is told.
    static func endsWithin(_ settings: AlertSettings) -> Duration { .seconds(600) + settings.recoverAfter + slack }

    /// For seconds that begin and end in between, and for a slow disk.
    private static let slack = Duration.seconds(30)

    // MARK: What is true

    mutating func look(at number: Int, _ condition: Condition, _ now: Instant) {
        while records.count <= number { records.append(Record()) }
        var record = records[number]
        Self.update(&record.downSince, condition.isDown, now)
        Self.update(&record.quarantinedSince, condition.isQuarantined, now)
        Self.update(&record.sickSince, condition.isSick, now)
        record.endpoint = Int32(truncatingIfNeeded: condition.endpoint)
        if record.downSince == now { down.append(Promise(account: number, since: now, dueAt: now + calledWithin)) }
        if record.sickSince == now { sick.append(Promise(account: number, since: now, dueAt: now + foundWithin)) }
        records[number] = record
    }

    private static func update(_ since: inout Instant, _ holds: Bool, _ now: Instant) {
        if !holds { since = .distantFuture } else if since == .distantFuture { since = now }
    }

    /// The process was killed, and knows what the register has kept.
    mutating func processBegan(knowing kept: [Alert], at now: Instant) {
        processBeganAt = now
        lastBegun = [:]
        let known = Dictionary(kept.map { ($0.id, $0) }) { $1 }
        for (id, one) in told {
            if let messages = known[id]?.told?.messages, one.message == "\(id)-\(messages)" { continue }
            forgiven.insert(id)
            told[id] = nil
        }
        // Their end was told, and not kept.
        for alert in kept where over.contains(alert.id) { forgiven.insert(alert.id) }
        for place in down.indices { down[place].dueAt = now + calledWithin }
        for place in sick.indices { sick[place].dueAt = now + foundWithin }
    }

    // MARK: What is said

    /// What is wrong with this message.
    mutating func hear(_ message: AlertNotification, at now: Instant) -> [String] {
        guard !forgiven.contains(message.alert) else { return [] }
        let name = "the alert \(message.rule) of \(message.cause.endpoint) \(message.sample)"
        var complaints: [String] = []
        if !ids.insert(message.id).inserted { complaints.append("\(name) is told twice under one name") }
        switch message.kind {
        case .resolved: complaints += hearEnd(message, name, at: now)
        case .firing, .repeat: complaints += hearTrouble(message, name, at: now)
        }
        return complaints
    }

    private mutating func hearEnd(_ message: AlertNotification, _ name: String, at now: Instant) -> [String] {
        guard let known = told.removeValue(forKey: message.alert) else {
            return ["\(name) is over, and nobody was told that it began"]
        }
        over.insert(message.alert)
        return message.sample.filter { isStill(known.cause.kind, $0, since: known.firstAt) }
            .map { "\(name) is over, and \($0) is as sick as before" }
    }

    private mutating func hearTrouble(_ message: AlertNotification, _ name: String, at now: Instant) -> [String] {
        if var known = told[message.alert] {
            defer { told[message.alert] = known }
            let isWorse = message.severity > known.severity
            let isLate = now.since(known.lastAt) >= settings.repeatEvery - .seconds(2)
            known.severity = message.severity
            known.lastAt = now
            known.sample = message.sample
            known.message = message.id
            return isWorse || isLate ? [] : ["\(name) is repeated"]
        }
        var complaints: [String] = []
        if over.contains(message.alert) { complaints.append("\(name) was over, and goes on") }
        if message.kind == .repeat { complaints.append("\(name) is repeated, and was never told") }
        let others = told.sorted { $0.key < $1.key }.map(\.value).filter { $0.cause == message.cause }
        if !message.cause.kind.isAboutAccounts, !others.isEmpty { complaints.append("\(name) is told again") }
        for id in message.sample {
            for other in others where other.sample.contains(id) && isStill(message.cause.kind, id, since: other.firstAt)
            {
                complaints.append("\(name) is told again of \(id)")
            }
        }
        let least = message.cause.kind.isAboutAccounts ? settings.regroup : settings.recoverAfter + settings.groupWait
        // A message waits for the disk, and the next one then seems to follow soon; when each was to be told counts.
        if let last = lastBegun[message.cause], now.since(last.heardAt) < least - Self.slack,
            message.at.millisecondsSince(last.saidAt) < (least - Self.slack).wholeMilliseconds
        {
            complaints.append("\(name) comes again after \(now.since(last.heardAt))")
        }
        lastBegun[message.cause] = (now, message.at)
        told[message.alert] = Told(
            cause: message.cause, severity: message.severity, firstAt: now, lastAt: now, sample: message.sample,
            message: message.id)
        return complaints
    }

    /// The account has been without a break what this kind of alert says.
    private func isStill(_ kind: AlertCause.Kind, _ id: String, since: Instant) -> Bool {
        guard let number = Int(id.dropFirst(World.name(ofAccount: 0).count - 1)), records.indices.contains(number)
        else {
            return false
        }
        switch kind {
        case .accountDown: return records[number].downSince <= since
        case .accountQuarantined: return records[number].quarantinedSince <= since
        default: return false
        }
    }

    /// Who was called and not told the end.
    var unfinished: [String] {
        told.sorted { $0.key < $1.key }.map { "nobody is told the end of \($0.value.cause) \($0.value.sample)" }
    }

    // MARK: Who is found

    /// Accounts of which somebody should have been told by now.
    mutating func complaints(
        of alerts: [Alert], _ endpoints: [World.WorldEndpoint], at now: Instant
    ) -> [(account: Int, text: String)] {
        let told = alerts.filter { $0.told != nil }
        var complaints: [(account: Int, text: String)] = []
        for account in Self.due(&sick, records, \.sickSince, within: foundWithin, at: now) {
            let id = World.name(ofAccount: account)
            if told.contains(where: { $0.cause.kind == .accountQuarantined && $0.concerns(id) }) { continue }
            complaints.append((account, "is sick by itself, and nobody is told"))
        }
        for account in Self.due(&down, records, \.downSince, within: calledWithin, at: now) {
            let id = World.name(ofAccount: account)
            let endpoint = endpoints[Int(records[account].endpoint)].name
            let isCalled = told.contains { alert in
                switch alert.cause.kind {
                case .fleet: true
                case .endpoint: alert.cause.endpoint == endpoint
                default: alert.concerns(id)
                }
            }
            if !isCalled { complaints.append((account, "is down for long, and nobody is told")) }
        }
        return complaints
    }

    /// Those whose time has come and who are still as they were. They are asked for again as long as that is so; all stand in
    /// the order of their time.
    private static func due(
        _ promises: inout [Promise], _ records: [Record], _ since: KeyPath<Record, Instant>, within time: Duration,
        at now: Instant
    ) -> [Int] {
        let count = promises.firstIndex { $0.dueAt > now } ?? promises.count
        guard count > 0 else { return [] }
        let due = promises.prefix(count).filter { records[$0.account][keyPath: since] == $0.since }
        promises.removeFirst(count)
        promises += due.map { Promise(account: $0.account, since: $0.since, dueAt: now + time) }
        return due.map(\.account)
    }
}

extension Alert {
    /// Of more accounts than are named it may be any.
    fileprivate func concerns(_ account: String) -> Bool {
        sample.contains(account) || affected > Self.sampleLimit
    }
}

extension AlertCause.Kind {
    fileprivate var isAboutAccounts: Bool {
        switch self {
        case .accountDown, .accountQuarantined, .accountFlapping, .accountSlow: true
        case .fleet, .endpoint, .storeDown, .descriptors: false
        }
    }
}
