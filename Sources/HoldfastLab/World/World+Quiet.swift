internal import HoldfastCore

/// Skipping ahead. A connection on which nothing happens but heartbeats that are answered concerns nobody else: an hour of
/// it is lived through at once, event by event but without the agenda, until something is due that others may notice, or
/// until the world is going to change. Each account draws from its own chance, so the result is the same to the bit;
/// `WorldSettings.skipsQuiet` says whether it is done, and a test compares the two.
extension World {
    /// Lives through what is quiet from now on, beginning with the wake-up that is due. False if nothing was done.
    mutating func skipAhead(_ number: Int) -> Bool {
        let end = min(horizon, plans.next() ?? .distantFuture)
        guard now < end, settings.skipsQuiet, settings.isFaultless else { return false }
        let weather = weather(at: number)
        var stretch = QuietStretch(end: end, weather: weather)
        guard accounts[number].liveQuietly(&stretch) else { return false }
        figures.events += stretch.events
        figures.heartbeats += stretch.heartbeats
        figures.slowReplies += stretch.slowReplies
        figures.staleEvents += stretch.staleEvents
        if stretch.memoryHasChanged { save(number) }
        if let complaint = stretch.complaint { broken(complaint, number) }
        for reply in stretch.replies {
            plan(.reply(weather.repliesAreUnnamed ? nil : reply.beat, isPositive: true), number, at: reply.at)
        }
        planWake(number)
        return true
    }
}

/// A time in which an account lives ahead of the world, and what comes of it.
private struct QuietStretch {
    typealias Reply = (at: Instant, beat: UInt32)

    let end: Instant
    let weather: Weather
    /// The replies that are on their way, in the order of their arrival.
    var replies: [Reply] = []
    var events = 0
    var heartbeats = 0
    var slowReplies = 0
    var staleEvents = 0
    var memoryHasChanged = false
    var complaint: String?

    private static let replyLimit = 4

    init(end: Instant, weather: Weather) {
        self.end = end
        self.weather = weather
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
    private func isQuiet(in weather: Weather) -> Bool {
        guard linkEvents == 0, pausedUntil == nil, !awaitsLogin, let link, link.isAnswered, !link.isClosing,
            session.state == .connected, session.liveness?.beats.isEmpty == true
        else { return false }
        // A reply that may come too late is no quiet matter.
        let heartbeat = session.settings.heartbeat
        return weather.answersWithin(min(heartbeat.slowAfter, heartbeat.probeTimeout, heartbeat.timeout))
    }

    /// False, and nothing is changed, if it is not quiet.
    fileprivate mutating func liveQuietly(_ stretch: inout QuietStretch) -> Bool {
        guard isQuiet(in: stretch.weather) else { return false }
        let end = min(stretch.end, session.plannedChangeAt ?? .distantFuture)
        while let deadline = session.deadline, !stretch.isFull {
            let next = min(deadline, stretch.nextReply)
            guard next < end else { break }
            if deadline < stretch.nextReply {
                wakeQuietly(at: World.moment(next), &stretch)
            } else {
                let beat = stretch.replies.removeFirst().beat
                let named = stretch.weather.repliesAreUnnamed ? nil : beat
                stretch.count(deliver(.reply(named, isPositive: true), session.generation, at: World.moment(next)))
            }
        }
        return stretch.events > 0
    }

    private mutating func wakeQuietly(at moment: Moment, _ stretch: inout QuietStretch) {
        let orders = session.wake(at: moment, using: &generator)
        stretch.count(orders)
        if let deadline = session.deadline, deadline <= moment.instant {
            stretch.complaint = "was woken and is due again at once"
        }
        if let beat = orders.beat {
            stretch.heartbeats += 1
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
