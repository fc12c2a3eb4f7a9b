internal import HoldfastCore

/// Skipping ahead. A connection on which nothing happens but heartbeats that are answered concerns nobody else: an hour of
/// it is lived through at once, event by event but without the agenda, until something is due that others may notice, or
/// until the world is going to change. Each account draws from its own chance, so the result is the same to the bit;
/// `WorldSettings.skipsQuiet` says whether it is done, and a test compares the two.
extension World {
    /// Lives through what is quiet from now on, beginning with the wake-up that is due. False if nothing was done.
    mutating func skipAhead(_ number: Int) -> Bool {
        let end = min(quietUntil, now + Self.longestStretch)
        guard skipsAhead, now < end else { return false }
        let endpoint = accounts[number].endpoint
        var stretch = QuietStretch(end: end, weather: weather(at: number), alerts: settings.alerts)
        // Moved there and back, so that nothing is copied.
        if alerts != nil { swap(&stretch.pulse, &endpoints[endpoint].pulse) }
        let isQuiet = accounts[number].liveQuietly(&stretch)
        if alerts != nil { swap(&stretch.pulse, &endpoints[endpoint].pulse) }
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
    let alerts: AlertSettings?
    /// What is counted at its gateway; nothing if nobody looks for alerts.
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

    init(end: Instant, weather: Weather, alerts: AlertSettings?) {
        self.end = end
        self.weather = weather
        self.alerts = alerts
        replies.reserveCapacity(Self.replyLimit)
    }

    var nextReply: Instant { replies.first?.at ?? .distantFuture }
    var isFull: Bool { replies.count >= Self.replyLimit }

    mutating func add(_ reply: Reply) {
        replies.insert(reply, at: replies.firstIndex { $0.at > reply.at } ?? replies.count)
    }

    mutating func count(_ orders: Orders) {
        events += 1
        if orders.notes.contains(.replySlow) { slowReplies += 1 }
        if orders.notes.contains(.staleEvent) { staleEvents += 1 }
        if !orders.isQuiet { complaint = "a quiet connection did not stay quiet" }
    }
}

extension WorldAccount {
    /// Connected, with nothing under way that is planned already or got lost, and with a gateway that answers in time.
    private func isQuiet(in weather: Weather, _ alerts: AlertSettings?) -> Bool {
        guard linkEvents == 0, pausedUntil == nil, !awaitsLogin, let link, link.isAnswered, !link.isClosing,
            session.state == .connected, session.liveness?.beats.isEmpty == true
        else { return false }
        // A reply that may come too late is no quiet matter, nor is an account that the alert desk may find slow.
        let heartbeat = session.settings.heartbeat
        var limit = min(heartbeat.slowAfter, heartbeat.probeTimeout, heartbeat.timeout)
        if let slow = alerts?.accountSlowAbove { limit = min(limit, slow / 2) }
        let isFast = session.liveness?.estimator.mean.map { $0 < limit } ?? true
        return isFast && weather.answersWithin(limit)
    }

    /// False, and nothing is changed, if it is not quiet.
    fileprivate mutating func liveQuietly(_ stretch: inout QuietStretch) -> Bool {
        guard isQuiet(in: stretch.weather, stretch.alerts) else { return false }
        let end = min(stretch.end, session.plannedChangeAt ?? .distantFuture)
        while let deadline = session.deadline, !stretch.isFull {
            let next = min(deadline, stretch.nextReply)
            guard next < end else { break }
            if deadline < stretch.nextReply {
                wakeQuietly(at: World.moment(next), &stretch)
            } else {
                takeReply(at: World.moment(next), &stretch)
            }
        }
        return stretch.events > 0
    }

    private mutating func takeReply(at moment: Moment, _ stretch: inout QuietStretch) {
        let beat = stretch.replies.removeFirst().beat
        let named = stretch.weather.repliesAreUnnamed ? nil : beat
        let orders = deliver(.reply(named, isPositive: true), session.generation, at: moment)
        stretch.count(orders)
        guard stretch.alerts != nil, !orders.notes.contains(.staleEvent) else { return }
        stretch.pulse.countReply(session.liveness?.lastReplyTime, at: moment.instant)
    }

    private mutating func wakeQuietly(at moment: Moment, _ stretch: inout QuietStretch) {
        let orders = session.wake(at: moment, using: &generator)
        stretch.count(orders)
        if let deadline = session.deadline, deadline <= moment.instant {
            stretch.complaint = "was woken and is due again at once"
        }
        if let beat = orders.beat {
            stretch.heartbeats += 1
            if stretch.alerts != nil { stretch.pulse.count(at: moment.instant) { $0.beats += 1 } }
            stretch.add((moment.instant + stretch.weather.replyTime.draw(using: &generator), beat))
        }
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
