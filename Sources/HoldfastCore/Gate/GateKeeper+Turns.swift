/// Who goes next, and how tickets move between waiting, granted and idle.
extension GateKeeper {
    /// What one endpoint can be given on its turn.
    enum Answer {
        case grant(TicketBook.Index)
        case nobodyWaits
        /// Its next token, or its next probe, comes at this instant.
        case notBefore(Instant)
        /// All its own slots are out, or its probe is: something must come back first.
        case afterGiveBack
        /// The fleet has no slot to spare for it now.
        case crowded
    }

    func answer(for endpoint: EndpointID, at now: Instant) -> Answer {
        let gate = endpoints[endpoint]
        guard let first = gate.queue.first else { return .nobodyWaits }
        guard gate.handshaking < max(1, settings.admission.concurrent) else { return .afterGiveBack }
        switch gate.breaker.mayBegin(at: now) {
        case .afterProbe: return .afterGiveBack
        case .notBefore(let instant): return .notBefore(instant)
        case .yes: break
        }
        guard gate.bucket.readyAt <= now else { return .notBefore(gate.bucket.readyAt) }
        return hasSlot(for: gate) ? .grant(first) : .crowded
    }

    /// Whether one of the fleet's slots can go to this endpoint. Beside others, an endpoint may hold about four times as
    /// many as are left, and the last one goes only to an endpoint that holds none: whoever waits on a dead peer with
    /// many handshakes comes to a stop before the slots are gone, and the next endpoint still finds one. (Dynamic
    /// thresholds, after Choudhury and Hahne, 1998.)
    private func hasSlot(for gate: EndpointGate) -> Bool {
        endpoints.count == 1 || gate.handshaking <= 4 * (slotsLeft - 1)
    }

    /// How many of the fleet's slots are not out.
    var slotsLeft: Int { max(1, settings.admission.fleet.concurrent) - granted.count }

    mutating func grant(_ index: TicketBook.Index, at now: Instant) -> Ticket {
        let endpoint = book[index].endpoint
        dequeue(index)
        _ = fleetBucket.take(at: now)
        _ = endpoints[endpoint].bucket.take(at: now)
        endpoints[endpoint].handshaking += 1
        book[index].era = endpoints[endpoint].breaker.began(at: now, settings.breaker)
        book[index].place = .granted
        // Never before the one ahead of it, even when the life of a grant was just made shorter.
        let aheadOfIt = granted.last.map { book[$0].expiresAt } ?? now
        book[index].expiresAt = max(now + settings.grantLife, aheadOfIt)
        book.append(index, to: &granted)
        counters.granted += 1
        return Ticket(book[index].account, generation: book[index].generation)
    }

    mutating func join(_ account: AccountKey, _ endpoint: EndpointID) -> TicketBook.Index {
        endpoints[endpoint].accounts.all += 1
        return book.add(account, at: endpoint)
    }

    mutating func enqueue(_ index: TicketBook.Index) {
        let endpoint = book[index].endpoint
        book[index].place = .waiting
        book.append(index, to: &endpoints[endpoint].queue)
        waiting += 1
        // If others wait there already, their turn is arranged.
        if endpoints[endpoint].queue.count == 1 { makeReady(endpoint) }
    }

    mutating func dequeue(_ index: TicketBook.Index) {
        book[index].place = .idle
        book.remove(index, from: &endpoints[book[index].endpoint].queue)
        waiting -= 1
    }

    /// A grant comes back: its slot is free, and the breaker hears what came of it.
    mutating func takeBack(_ index: TicketBook.Index, _ outcome: AttemptOutcome, at now: Instant) {
        let endpoint = book[index].endpoint
        book[index].place = .idle
        book.remove(index, from: &granted)
        endpoints[endpoint].handshaking -= 1
        if outcome != .abandoned {
            let isFailing = outcome == .endpointFailed
            if isFailing != book[index].isFailing { endpoints[endpoint].accounts.failing += isFailing ? 1 : -1 }
            book[index].isFailing = isFailing
        }
        let (era, accounts) = (book[index].era, endpoints[endpoint].accounts)
        let settings = settings.breaker
        watchBreaker(of: endpoint) { $0.ended(outcome, era: era, accounts: accounts, at: now, settings) }
        setSettleAlarm(of: endpoint)
        makeReady(endpoint)
    }

    /// Takes back the grants whose life is over. They say nothing about the endpoint.
    mutating func expire(at now: Instant) {
        while let oldest = granted.first, book[oldest].expiresAt <= now {
            takeBack(oldest, .abandoned, at: now)
            counters.expired += 1
        }
    }

    /// Looks again at the endpoints whose time has come.
    mutating func ring(at now: Instant) {
        while let alarm = alarms.min, alarm.at <= now {
            alarms.removeMin()
            let endpoint = alarm.endpoint
            switch alarm.kind {
            case .turn:
                if endpoints[endpoint].turnAt == alarm.at { endpoints[endpoint].turnAt = nil }
            case .settle:
                endpoints[endpoint].hasSettleAlarm = false
                watchBreaker(of: endpoint) { $0.settle(at: now) }
                setSettleAlarm(of: endpoint)
            }
            makeReady(endpoint)
        }
    }

    mutating func setTurn(of endpoint: EndpointID, at instant: Instant) {
        if let turnAt = endpoints[endpoint].turnAt, turnAt <= instant { return }
        endpoints[endpoint].turnAt = instant
        alarms.insert(Alarm(at: instant, endpoint: endpoint, kind: .turn))
    }

    /// One alarm at a time: if the breaker's time has moved when it rings, it is set again.
    private mutating func setSettleAlarm(of endpoint: EndpointID) {
        guard !endpoints[endpoint].hasSettleAlarm, let instant = endpoints[endpoint].breaker.settlesAt else { return }
        endpoints[endpoint].hasSettleAlarm = true
        alarms.insert(Alarm(at: instant, endpoint: endpoint, kind: .settle))
    }

    /// Puts an endpoint that has somebody waiting into the ring, at its end.
    mutating func makeReady(_ endpoint: EndpointID) {
        isCrowded = false
        guard !endpoints[endpoint].isInRing, !endpoints[endpoint].queue.isEmpty else { return }
        endpoints[endpoint].isInRing = true
        ring.append(endpoint)
    }

    mutating func watchBreaker(of endpoint: EndpointID, _ change: (inout EndpointBreaker) -> Void) {
        let before = endpoints[endpoint].breaker.state
        change(&endpoints[endpoint].breaker)
        let after = endpoints[endpoint].breaker.state
        if before == .closed, after != .closed { counters.breakersOpened += 1 }
        if before != .closed, after == .closed { counters.breakersClosed += 1 }
    }
}
