import DequeModule
import HeapModule

/// The gate that all sessions of a fleet share: nobody connects without a ticket it has granted (F9, F10).
///
/// Every budget holds in every wave: connections per second with a burst, handshakes at once, both per endpoint and for
/// the fleet, and the endpoint's breaker. It is fair: at one endpoint the first to ask is the first to go, so an account
/// that just failed comes after all that wait already; between endpoints it goes round, and no endpoint may hold the
/// fleet's last slots, so a wave at one does not starve another.
///
/// A pure value, owned by one loop: tell it what happened, take `grants`, come back at `nextDeadline` at the latest.
/// Each call costs O(log endpoints) at most, however many accounts wait.
///
/// It grows with the accounts that were not forgotten and with the endpoints ever named, and with nothing else.
public struct GateKeeper: Sendable {
    var settings: GateSettings
    var book = TicketBook()
    var endpoints: [EndpointGate] = []
    private var numbers: [String: EndpointID] = [:]

    var fleetBucket: TokenBucket
    /// The grants that are out, oldest first, which is also the order in which they expire.
    var granted = TicketBook.List()
    /// Endpoints that may have something to grant now, in the order of their turns.
    var ring: Deque<EndpointID> = []
    /// When an endpoint must be looked at again: at most one alarm of each kind per endpoint, and a few overtaken ones.
    var alarms = Heap<Alarm>()
    /// The ring was gone round and nobody in it could be given a slot: only a slot that comes back changes that.
    var isCrowded = false

    /// How many accounts wait, at all endpoints.
    public internal(set) var waiting = 0
    /// How many grants are out.
    public var handshaking: Int { granted.count }
    public internal(set) var counters = Counters()

    /// What happened since the start. For metrics.
    public struct Counters: Hashable, Sendable {
        public var granted: UInt64 = 0
        /// Grants that nobody gave back in time.
        public var expired: UInt64 = 0
        /// Gave back something that was not, or no longer, asked for.
        public var staleGiveBacks: UInt64 = 0
        /// Asked for an older generation than the one that waits, or at an endpoint that was never named.
        public var staleRequests: UInt64 = 0
        public var breakersOpened: UInt64 = 0
        public var breakersClosed: UInt64 = 0
    }

    struct Alarm: Comparable {
        enum Kind { case turn, settle }

        var at: Instant
        var endpoint: EndpointID
        var kind: Kind

        static func < (left: Alarm, right: Alarm) -> Bool { left.at < right.at }
    }

    public init(_ settings: GateSettings = GateSettings()) {
        self.settings = settings
        let fleet = settings.admission.fleet
        fleetBucket = TokenBucket(perSecond: fleet.connectsPerSecond, burst: fleet.burst)
    }

    // MARK: What is told to it

    /// The number of an endpoint, the same for the same name as long as this value lives.
    public mutating func endpoint(named name: String) -> EndpointID {
        if let known = numbers[name] { return known }
        let new = EndpointID(index: UInt32(truncatingIfNeeded: endpoints.count))
        endpoints.append(EndpointGate(name: name, settings: settings.admission))
        numbers[name] = new
        return new
    }

    /// An account wants to connect. Asking again for the same generation changes nothing; a newer generation takes the
    /// older one's place in the queue, and gives back its slot if it has one already.
    public mutating func request(_ ticket: Ticket, _ endpoint: EndpointID, at now: Instant) {
        guard endpoint.index < UInt32(endpoints.count) else {
            counters.staleRequests += 1
            return
        }
        if let known = book.find(ticket.account), book[known].endpoint != endpoint { forget(ticket.account, at: now) }
        let index = book.find(ticket.account) ?? join(ticket.account, endpoint)
        switch book[index].place {
        case .idle:
            break
        case .waiting, .granted:
            let age = Int32(truncatingIfNeeded: Int64(ticket.generation) - Int64(book[index].generation))
            if age == 0 { return }
            guard age > 0 else {
                counters.staleRequests += 1
                return
            }
            if book[index].place == .granted { takeBack(index, .abandoned, at: now) }
        }
        book[index].generation = ticket.generation
        if book[index].place == .idle { enqueue(index) }
    }

    /// An attempt is over, or will not be made; the outcome feeds the endpoint's breaker. Ignored, and counted, if this
    /// ticket is not out.
    public mutating func giveBack(_ ticket: Ticket, _ outcome: AttemptOutcome, at now: Instant) {
        guard let index = book.find(ticket.account), book[index].generation == ticket.generation else {
            counters.staleGiveBacks += 1
            return
        }
        switch book[index].place {
        case .idle: counters.staleGiveBacks += 1
        case .waiting: dequeue(index)
        case .granted: takeBack(index, outcome, at: now)
        }
    }

    /// The account is switched off, removed, or will not try until a person comes: it waits for nothing, holds nothing,
    /// and is no longer one of its endpoint's accounts.
    public mutating func forget(_ account: AccountKey, at now: Instant) {
        guard let index = book.find(account) else { return }
        switch book[index].place {
        case .idle: break
        case .waiting: dequeue(index)
        case .granted: takeBack(index, .abandoned, at: now)
        }
        let endpoint = book[index].endpoint
        endpoints[endpoint].accounts.all -= 1
        if book[index].isFailing { endpoints[endpoint].accounts.failing -= 1 }
        book.drop(index)
    }

    /// For this long the process could not have given anything back: it stood still. No grant expires for that.
    public mutating func unobserved(for duration: Duration) {
        book.forEach(in: granted) { $0.expiresAt = $0.expiresAt + duration }
    }

    /// Closes an endpoint's breaker by hand.
    public mutating func resetBreaker(of endpoint: EndpointID) {
        guard endpoint.index < UInt32(endpoints.count) else { return }
        watchBreaker(of: endpoint) { $0.close() }
        makeReady(endpoint)
    }

    /// New numbers, in force at once. What is out stays out.
    public mutating func apply(_ settings: GateSettings, at now: Instant) {
        self.settings = settings
        let admission = settings.admission
        fleetBucket.change(
            perSecond: admission.fleet.connectsPerSecond, burst: admission.fleet.burst, at: now)
        for index in endpoints.indices {
            endpoints[index].bucket.change(perSecond: admission.connectsPerSecond, burst: admission.burst, at: now)
            makeReady(EndpointID(index: UInt32(truncatingIfNeeded: index)))
        }
    }

    // MARK: What it says

    /// The tickets that may connect now, at most `limit`. What is left over is due at once: `nextDeadline` says so.
    public mutating func grants(at now: Instant, limit: Int = 256) -> [Ticket] {
        expire(at: now)
        ring(at: now)
        var tickets: [Ticket] = []
        var passedOver = 0
        while tickets.count < limit, !isCrowded, let endpoint = ring.first {
            guard slotsLeft > 0 else {
                isCrowded = true
                break
            }
            guard fleetBucket.readyAt <= now else { break }
            ring.removeFirst()
            switch answer(for: endpoint, at: now) {
            case .grant(let index):
                tickets.append(grant(index, at: now))
                passedOver = 0
                ring.append(endpoint)
            case .nobodyWaits, .afterGiveBack:
                endpoints[endpoint].isInRing = false
            case .notBefore(let instant):
                endpoints[endpoint].isInRing = false
                setTurn(of: endpoint, at: instant)
            case .crowded:
                ring.append(endpoint)
                passedOver += 1
                isCrowded = passedOver >= ring.count
            }
        }
        return tickets
    }

    /// When `grants` must be called at the latest, even if nothing is told before; in the past if there is work left
    /// over; nil if nothing waits and nothing is out.
    public var nextDeadline: Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant) { earliest = min(earliest ?? instant, instant) }
        if let oldest = granted.first { consider(book[oldest].expiresAt) }
        if let alarm = alarms.min { consider(alarm.at) }
        if !ring.isEmpty, !isCrowded { consider(fleetBucket.readyAt) }
        return earliest
    }

    /// How things stand at one endpoint; nil if it was never named.
    public func status(of endpoint: EndpointID) -> EndpointStatus? {
        guard endpoint.index < UInt32(endpoints.count) else { return nil }
        let gate = endpoints[endpoint]
        return EndpointStatus(
            name: gate.name, accounts: gate.accounts.all, failing: gate.accounts.failing, waiting: gate.queue.count,
            handshaking: gate.handshaking, breaker: gate.breaker.state)
    }

    /// Every endpoint, in the order in which they were named.
    public var statuses: [EndpointStatus] {
        endpoints.indices.compactMap { status(of: EndpointID(index: UInt32(truncatingIfNeeded: $0))) }
    }
}

/// How things stand at one endpoint.
public struct EndpointStatus: Hashable, Sendable {
    public var name: String
    /// Accounts that have asked and were not forgotten.
    public var accounts: Int
    /// Of these, how many failed last time in a way that speaks against the endpoint.
    public var failing: Int
    public var waiting: Int
    public var handshaking: Int
    public var breaker: EndpointBreaker.State
}
