import HoldfastCore

/// What the faults of the gateway and those of its login server have in common: for whom, when, how long, with which answer.
public struct FaultTerms: Hashable, Sendable {
    public var match: FaultMatch
    /// The HTTP status of the answer, where the fault gives one.
    public var status: Int?
    /// The `Retry-After` header of that answer, in whole seconds.
    public var retryAfterSeconds: Int?
    /// How long the gateway waits before it acts.
    public var delay: Duration
    /// How long the fault stands; nil until it is replaced or deleted.
    public var duration: Duration?

    /// More entries than this make a list that nobody can have meant.
    static let maxFaults = 1_000
    static let maxNameBytes = 256
    private static let statuses = 200...599
    private static let retryAfters = 0...86_400
    private static let delaysInMilliseconds = 0...3_600_000
    private static let maxDuration = Duration.seconds(86_400)

    init(takenFrom fields: inout JSONFields) throws(InvalidInput) {
        match = try FaultMatch(takenFrom: &fields)
        status = try fields.integer("status", in: Self.statuses)
        retryAfterSeconds = try fields.integer("retry_after", in: Self.retryAfters)
        delay = .milliseconds(try fields.integer("delay_ms", in: Self.delaysInMilliseconds) ?? 0)
        duration = try fields.number("for_s", in: 0...Self.maxDuration.inSeconds).map { .seconds($0) }
    }

    public init(
        match: FaultMatch = FaultMatch(), status: Int? = nil, retryAfterSeconds: Int? = nil, delay: Duration = .zero,
        lasting duration: Duration? = nil
    ) {
        self.match = match
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        self.delay = delay
        self.duration = duration
    }

    func jsonFields() -> [String: JSONTree] {
        var fields = ["match": match.json()]
        fields["status"] = status.map { .number(Double($0)) }
        fields["retry_after"] = retryAfterSeconds.map { .number(Double($0)) }
        if delay > .zero { fields["delay_ms"] = .number(Double(delay.wholeMilliseconds)) }
        // To the millisecond, upwards: a fault that has just been put shows the time it was given.
        fields["for_s"] = duration.map { .number(($0.inSeconds * 1_000).rounded(.up) / 1_000) }
        return fields
    }

    /// The same rules for faults made in Swift, which did not come through the JSON reader.
    func validate(at place: String) throws(InvalidInput) {
        guard !match.account.isEmpty, match.account.utf8.count <= Self.maxNameBytes else {
            throw InvalidInput(at: "\(place).match.account", "must have 1 to \(Self.maxNameBytes) bytes")
        }
        guard (0...1).contains(match.share) else {
            throw InvalidInput(at: "\(place).match.share", "is \(match.share); allowed are 0 to 1")
        }
        if let status, !Self.statuses.contains(status) {
            throw InvalidInput(at: "\(place).status", "is \(status); allowed are 200 to 599")
        }
        if let retryAfterSeconds, !Self.retryAfters.contains(retryAfterSeconds) {
            throw InvalidInput(at: "\(place).retry_after", "is \(retryAfterSeconds); allowed are 0 to 86400")
        }
        guard delay >= .zero, delay <= .milliseconds(Self.delaysInMilliseconds.upperBound) else {
            throw InvalidInput(at: "\(place).delay_ms", "allowed are 0 to \(Self.delaysInMilliseconds.upperBound)")
        }
        if let duration, duration <= .zero || duration > Self.maxDuration {
            throw InvalidInput(at: "\(place).for_s", "must be more than 0 and at most 86400")
        }
    }
}

extension FaultMatch {
    /// `match`, `{"account":…,"share":…}`; absent means everyone.
    fileprivate init(takenFrom fields: inout JSONFields) throws(InvalidInput) {
        self.init()
        guard let json = fields.take("match") else { return }
        var match = try JSONFields(json, at: fields.place(of: "match"))
        account = try match.string("account") ?? FaultMatch.everyone
        share = try match.number("share", in: 0...1) ?? 1
        try match.finish()
    }

    fileprivate func json() -> JSONTree {
        share < 1
            ? .object(["account": .string(account), "share": .number(share)]) : .object(["account": .string(account)])
    }
}
