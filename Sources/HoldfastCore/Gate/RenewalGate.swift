import DequeModule

/// The budget of logins that all accounts share (F7): so many at once, so many per second, one at a time per account, and
/// none while the account's endpoint is left alone by its breaker, since a new credential would not bring it back.
///
/// Who may log in at all, and when again, is the session's own rule (`RenewalRecord`); here only the fleet's share is
/// given out, first come first served. A pure value, owned by one loop, like `GateKeeper`.
public struct RenewalGate: Sendable {
    private var settings: RenewalSettings
    private var bucket: TokenBucket
    private var queue: Deque<Request> = []
    /// Those whose endpoint was left alone when their turn came, each endpoint's in the order in which they asked: out of the
    /// way, so that an outage of one endpoint with a hundred thousand accounts costs nothing at each turn.
    private var aside: [EndpointID: Deque<Request>] = [:]
    private var places: [AccountKey: Place] = [:]
    private var running = 0
    /// When the grants that are out count as lost.
    private var expiry: Deque<(at: Instant, account: AccountKey, number: UInt64)> = []
    private var nextNumber: UInt64 = 0

    private struct Request {
        var account: AccountKey
        var endpoint: EndpointID
        var number: UInt64
    }

    private enum Place: Hashable {
        case waiting(UInt64)
        case running(UInt64)
    }

    public init(_ settings: RenewalSettings = RenewalSettings()) {
        self.settings = settings
        bucket = TokenBucket(perSecond: settings.perSecond, burst: 1)
    }

    /// Another budget from now on. Logins under way go on.
    public mutating func apply(_ settings: RenewalSettings, at now: Instant) {
        self.settings = settings
        bucket.change(perSecond: settings.perSecond, burst: 1, at: now)
    }

    /// Accounts that wait for their turn.
    public var waiting: Int { places.count - running }
    /// Logins under way.
    public var underWay: Int { running }

    /// An account asks for a login. Asking again while it waits or logs in changes nothing.
    public mutating func request(_ account: AccountKey, at endpoint: EndpointID) {
        guard places[account] == nil else { return }
        nextNumber += 1
        places[account] = .waiting(nextNumber)
        queue.append(Request(account: account, endpoint: endpoint, number: nextNumber))
    }

    /// The login of this account is over, or it does not want one any more.
    public mutating func finished(_ account: AccountKey) {
        if case .running = places.removeValue(forKey: account) { running -= 1 }
    }

    /// Whether `grants` has anything to do: nearly always it has not.
    public func mayGrant(at now: Instant) -> Bool {
        waiting > 0 || !queue.isEmpty || !aside.isEmpty || expiry.first.map { $0.at <= now } == true
    }

    /// The accounts that may log in now.
    ///
    /// - Parameter isLeftAlone: whether an endpoint's breaker is open. Its accounts keep their place in the queue.
    public mutating func grants(at now: Instant, isLeftAlone: (EndpointID) -> Bool) -> [AccountKey] {
        expire(at: now)
        guard waiting > 0 else {
            // Whoever still stands there has gone away meanwhile.
            queue.removeAll(keepingCapacity: true)
            aside.removeAll(keepingCapacity: true)
            return []
        }
        callBack(isLeftAlone)
        var granted: [AccountKey] = []
        while running < max(1, settings.concurrent), bucket.readyAt <= now, let request = queue.popFirst() {
            guard places[request.account] == .waiting(request.number) else { continue }
            guard !isLeftAlone(request.endpoint) else {
                putAside(request)
                continue
            }
            guard bucket.take(at: now) else {
                queue.prepend(request)
                break
            }
            places[request.account] = .running(request.number)
            running += 1
            expiry.append((now + settings.life, request.account, request.number))
            granted.append(request.account)
        }
        return granted
    }

    /// Who has gone away meanwhile, or asked anew, is swept out before more of them are kept than accounts wait.
    private mutating func putAside(_ request: Request) {
        aside[request.endpoint, default: []].append(request)
        guard let count = aside[request.endpoint]?.count, count > 2 * places.count + 16 else { return }
        let places = places
        aside[request.endpoint]?.removeAll { places[$0.account] != .waiting($0.number) }
    }

    /// Those whose endpoint is no longer left alone take their places in the queue again.
    private mutating func callBack(_ isLeftAlone: (EndpointID) -> Bool) {
        for endpoint in aside.keys where !isLeftAlone(endpoint) {
            // Where they stand depends on their numbers only, not on the order in which endpoints are gone through.
            queue = Deque((Array(queue) + (aside.removeValue(forKey: endpoint) ?? [])).sorted { $0.number < $1.number })
        }
    }

    /// When `grants` must be called at the latest; nil if nobody waits and nobody logs in. Those who wait for an endpoint
    /// are looked at once a second.
    public func nextDeadline(after now: Instant) -> Instant? {
        let lost = expiry.first?.at
        guard waiting > 0, running < max(1, settings.concurrent) else { return lost }
        let turn = bucket.readyAt > now ? bucket.readyAt : now + .seconds(1)
        return min(lost ?? turn, turn)
    }

    private mutating func expire(at now: Instant) {
        while let oldest = expiry.first, oldest.at <= now {
            expiry.removeFirst()
            if places[oldest.account] == .running(oldest.number) { finished(oldest.account) }
        }
    }
}

/// How many logins the fleet may try (F7).
public struct RenewalSettings: Hashable, Sendable {
    public var concurrent = 10
    public var perSecond = 5.0
    /// How long a login may be under way before its share is given to another: longer than any provider's deadline.
    public var life: Duration = .seconds(300)

    public init() {}
}
