internal import HoldfastCore

/// Skipping ahead. A connection on which nothing happens but heartbeats that are answered concerns nobody else: an hour of
/// it is lived through at once, event by event but without the agenda, until something is due that others may notice, or
/// until the world is going to change. Each account draws from its own chance, so the result is the same to the bit;
/// `WorldSettings.skipsQuiet` says whether it is done, and a test compares the two.
extension World {
    /// Lives through what is quiet from now on, beginning with the wake-up that is due. False if nothing was done.
    mutating func skipAhead(_ number: Int) -> Bool {
        guard skipsAhead, accounts[number].hasAnswer() else { return false }
        let end = min(quietUntil, now + Self.longestStretch)
        guard now < end else { return false }
        let endpoint = accounts[number].endpoint
        var stretch = QuietStretch(
            end: end, weather: weather(at: number), slowFrom: alertSlowFrom, isCounted: settings.alerts != nil)
        // Moved there and back, so that nothing is copied.
        swap(&stretch.pulse, &endpoints[endpoint].pulse)
        let isQuiet = accounts[number].liveQuietly(&stretch)
        swap(&stretch.pulse, &endpoints[endpoint].pulse)
        guard isQuiet else { return false }
        figures.events += stretch.events
        figures.heartbeats += stretch.heartbeats
        figures.slowReplies += stretch.slowReplies
        figures.staleEvents += stretch.staleEvents
        if stretch.memoryHasChanged { save(number) }
        if let complaint = stretch.complaint { broken(complaint, number) }
        for reply in stretch.replies {
            plan(.reply(stretch.weather.repliesAreUnnamed ? nil : reply.beat, isPositive: true), number, at: reply.at)
        }
        planWake(number)
        return true
    }

    var skipsAhead: Bool { settings.skipsQuiet && settings.isFaultless }

    /// Until then nothing comes from outside.
    var quietUntil: Instant {
        mutating get { min(horizon, plans.next() ?? .distantFuture) }
    }

    /// What is counted for the seconds to come is kept until then.
    private static let longestStretch = Duration.seconds(3_600)
}

/// A time in which an account lives ahead of the world, and what comes of it.
private struct QuietStretch {
    typealias Reply = (at: Instant, beat: UInt32)

    let end: Instant
    let weather: Weather
    /// Replies that take this long are no quiet matter.
    let slowFrom: Duration
    /// Somebody looks for alerts: it counts what happens at its gateway.
    let isCounted: Bool
    var pulse = EndpointPulse(first: 0)
    /// The replies that are on their way, in the order of their arrival.
    var replies: [Reply] = []
    var events = 0
    var heartbeats = 0
    var slowReplies = 0
    var staleEvents = 0
    var memoryHasChanged = false
    var complaint: String?

    private static let replyLimit = 4

    init(end: Instant, weather: Weather, slowFrom: Duration, isCounted: Bool) {
        self.end = end
        self.weather = weather
        self.slowFrom = slowFrom
        self.isCounted = isCounted
        replies.reserveCapacity(Self.replyLimit)
    }

    var nextReply: Instant { replies.first?.at ?? .distantFuture }
    var isFull: Bool { replies.count >= Self.replyLimit }

    mutating func add(_ reply: Reply) {
        replies.insert(reply, at: replies.firstIndex { $0.at > reply.at } ?? replies.count)
    }

    /// What comes first: the reply, of two at the same instant. Nil if that is not before `limit`.
    mutating func next(_ deadline: Instant, before limit: Instant) -> Session.QuietEvent? {
        let next = min(deadline, nextReply)
        guard !isFull, next < limit else { return nil }
        guard deadline >= nextReply else { return .wake(at: World.moment(next)) }
        let beat = replies.removeFirst().beat
        return .reply(weather.repliesAreUnnamed ? nil : beat, at: World.moment(next))
    }

    mutating func sent(_ beat: UInt32, at now: Instant, using generator: inout SeededGenerator) {
        heartbeats += 1
        if isCounted { pulse.count(at: now) { $0.beats += 1 } }
        add((now + weather.replyTime.draw(using: &generator), beat))
    }

    mutating func replied(after time: Duration?, at now: Instant) {
        if isCounted { pulse.countReply(time, at: now) }
    }

    mutating func count(_ orders: Orders) {
        events += 1
        if orders.notes.contains(.replySlow) { slowReplies += 1 }
        if orders.notes.contains(.staleEvent) { staleEvents += 1 }
        if !orders.isQuiet { complaint = Self.isLoud }
    }

    mutating func count(_ verdict: Liveness.Verdict?) {
        events += 1
        guard let verdict else {
            staleEvents += 1
            return
        }
        if verdict.isSlow { slowReplies += 1 }
        if verdict.missed > 0 || verdict.isDead { complaint = Self.isLoud }
    }

    private static let isLoud = "a quiet connection did not stay quiet"
}

extension WorldAccount {
    /// Connected, with nothing under way that is planned already or got lost, and with a gateway that answers in time.
    private func isQuiet(in weather: Weather, slowFrom: Duration) -> Bool {
        guard linkEvents == 0, pausedUntil == nil, !awaitsLogin, let link, link.isAnswered, !link.isClosing,
            session.state == .connected, session.liveness?.beats.isEmpty == true
        else { return false }
        // A reply that may come too late is no quiet matter, nor is an account that the alert desk may find slow.
        let heartbeat = session.settings.heartbeat
        let limit = min(heartbeat.slowAfter, heartbeat.probeTimeout, heartbeat.timeout, slowFrom)
        let isFast = session.liveness?.estimator.mean.map { $0 < limit } ?? true
        return isFast && weather.answersWithin(limit)
    }

    /// False, and nothing is changed, if it is not quiet.
    fileprivate mutating func liveQuietly(_ stretch: inout QuietStretch) -> Bool {
        guard isQuiet(in: stretch.weather, slowFrom: stretch.slowFrom) else { return false }
        let end = min(stretch.end, session.plannedChangeAt ?? .distantFuture)
        beatQuietly(until: end, &stretch)
        // That it becomes stable is more than a heartbeat, and as quiet.
        while let deadline = session.deadline, let event = stretch.next(deadline, before: end) {
            happen(event, &stretch)
            beatQuietly(until: end, &stretch)
        }
        return stretch.events > 0
    }

    /// Heartbeats and their replies, nearly all there is.
    private mutating func beatQuietly(until end: Instant, _ stretch: inout QuietStretch) {
        let end = min(end, session.quietUntil ?? .distantFuture)
        // Chance of its own for as long as it lasts: the session is being changed.
        var chance = generator
        session.liveQuietly(next: { stretch.next($0, before: end) }) { event, verdict, lastReplyTime in
            stretch.count(verdict)
            switch event {
            case .wake(let now):
                if let beat = verdict?.beat { stretch.sent(beat, at: now.instant, using: &chance) }
            case .reply(_, let now):
                if verdict != nil { stretch.replied(after: lastReplyTime, at: now.instant) }
            }
        }
        generator = chance
    }

    private mutating func happen(_ event: Session.QuietEvent, _ stretch: inout QuietStretch) {
        switch event {
        case .wake(let now): wakeQuietly(at: now, &stretch)
        case .reply(let beat, let now): takeReply(beat, at: now, &stretch)
        }
    }

    private mutating func takeReply(_ beat: UInt32?, at now: Moment, _ stretch: inout QuietStretch) {
        let orders = deliver(.reply(beat, isPositive: true), session.generation, at: now)
        stretch.count(orders)
        if !orders.notes.contains(.staleEvent) {
            stretch.replied(after: session.liveness?.lastReplyTime, at: now.instant)
        }
    }

    private mutating func wakeQuietly(at now: Moment, _ stretch: inout QuietStretch) {
        let orders = session.wake(at: now, using: &generator)
        stretch.count(orders)
        if let deadline = session.deadline, deadline <= now.instant {
            stretch.complaint = "was woken and is due again at once"
        }
        if let beat = orders.beat { stretch.sent(beat, at: now.instant, using: &generator) }
        if orders.notes.contains(.memoryChanged) { stretch.memoryHasChanged = true }
        if orders.notes.contains(.stable) { fruitlessLogins = 0 }
    }
}

extension Orders {
    /// At most a heartbeat, and nothing that anybody else would notice.
    fileprivate var isQuiet: Bool {
        slot == .none && link == .none && !renew && !releaseIncarnation && transitions.isEmpty
            && notes.isSubset(of: [.quiet, .stable, .replySlow, .memoryChanged, .outageEnded, .staleEvent])
    }
}
