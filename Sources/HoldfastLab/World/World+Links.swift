internal import HoldfastCore

/// Sockets, and the gateways at their other end.
extension World {
    mutating func carryOut(_ order: Orders.Link, _ number: Int) {
        switch order {
        case .none: break
        case .connect: connect(number)
        case .register: register(number)
        case .close(let code): close(number, code)
        case .abort:
            if let link = accounts[number].link, link.isAnswered, !link.isClosing { figures.cutByUs += 1 }
            dropLink(number)
        }
    }

    /// The socket is gone. What is still on its way belongs to an attempt that is over.
    mutating func dropLink(_ number: Int) {
        guard let link = accounts[number].link else { return }
        if link.isHandshaking { handshakeEnded(number) }
        accounts[number].link = nil
    }

    private mutating func connect(_ number: Int) {
        let endpoint = accounts[number].endpoint
        if accounts[number].link != nil { broken("a second socket", number) }
        dropLink(number)
        accounts[number].link = WorldLink(generation: accounts[number].session.generation)
        accounts[number].pausedUntil = nil
        endpoints[endpoint].handshakes += 1
        handshakes += 1
        mostHandshakesSinceSample = max(mostHandshakesSinceSample, handshakes)
        figures.connects += 1
        figures.mostHandshakes = max(figures.mostHandshakes, endpoints[endpoint].handshakes)
        if accounts[number].isWatched { history.append(WorldEntry(at: elapsed, account: number, what: .connect)) }
        checkBudget(endpoint)
        let weather = weather(at: number)
        switch weather.connecting {
        case .unknownName:
            later(ways(2), .closed(.nameNotFound), number)
        case .refuse:
            enter(upTo: .connect, number)
            later(ways(3), .closed(.systemCall(errno: 111)), number)
        case .stall(let phase):
            enter(upTo: phase, number)
        case .drop:
            enter(upTo: .upgrade, number)
            later(ways(6), .closed(.endOfStream), number)
        case .refuseUpgrade(let status, let retryAfter):
            enter(upTo: .upgrade, number)
            later(ways(6), .closed(.upgradeRefused(status: status, retryAfter: retryAfter)), number)
        case .badCertificate:
            enter(upTo: .tls, number)
            later(ways(5), .closed(.certificate(.untrusted)), number)
        case .accept:
            accept(number, weather.capacity)
        }
    }

    /// A gateway that can only do so many handshakes a second lets the others wait, and turns away whom it would let wait
    /// for too long.
    private mutating func accept(_ number: Int, _ capacity: Weather.Capacity?) {
        enter(upTo: .upgrade, number)
        guard let capacity else { return later(ways(6), .opened, number) }
        let endpoint = accounts[number].endpoint
        let begin = max(now, endpoints[endpoint].busyUntil)
        guard begin.since(now) <= capacity.longestWait else {
            figures.turnedAway += 1
            return later(ways(6), .closed(.upgradeRefused(status: 503, retryAfter: nil)), number)
        }
        endpoints[endpoint].busyUntil = begin + .seconds(1 / max(0.001, capacity.handshakesPerSecond))
        later(ways(6) + begin.since(now), .opened, number)
    }

    /// A fleet that is up: the gate has heard of the account, and its registration is answered.
    mutating func connectQuietly(_ number: Int) {
        guard let orders = try? accounts[number].session.perform(.enable, at: moment) else { return }
        let generation = accounts[number].session.generation
        if orders.slot == .request {
            keeper.request(ticket(number, generation), endpoints[accounts[number].endpoint].id, at: now)
            keeper.giveBack(ticket(number, generation), .abandoned, at: now)
        }
        accounts[number].link = WorldLink(generation: generation, isHandshaking: false, isAnswered: true)
        _ = accounts[number].session.slotGranted(generation: generation, at: moment)
        _ = accounts[number].session.linkOpened(generation: generation, at: moment)
        _ = accounts[number].deliver(.registered, generation, at: moment)
        connected += 1
        noteForAlerts(number)
        checkPromises(number, [], accounts[number].deadline())
        planWake(number)
    }

    private mutating func handshakeEnded(_ number: Int) {
        endpoints[accounts[number].endpoint].handshakes -= 1
        handshakes -= 1
    }

    /// The time for so many ways through the network.
    private func ways(_ count: Int64) -> Duration {
        .nanoseconds(settings.travelTime.wholeNanoseconds.multipliedReportingOverflow(by: count).partialValue)
    }

    /// The weather that this account meets.
    func weather(at number: Int) -> Weather {
        let endpoint = accounts[number].endpoint
        let share = endpoints[endpoint].share
        return share >= 1 || WorldAccount.isIn(share: share, number) ? endpoints[endpoint].weather : .fair
    }

    /// Plans the phases of an attempt, up to the last one it comes to. Nobody else notices them, so they are gone through at
    /// once where nothing is going to happen to the account meanwhile.
    private mutating func enter(upTo last: Phase, _ number: Int) {
        let isAlone = skipsAhead && now + ways(5) < quietUntil
        // As if it were not skipped: of two that wake up in the same instant the one that planned it first comes first.
        if isAlone { planWake(number) }
        var instant = now + settings.travelTime
        let (step, count) = (ways(2), Self.phases.count { $0.rawValue <= last.rawValue })
        for place in 0..<count {
            if !isAlone { plan(.entered(Self.phases[place]), number, at: instant) }
            if place + 1 < count { instant = instant + step }
        }
        guard isAlone, count > 0, let generation = accounts[number].link?.generation else { return }
        // Of a phase that is over nothing stays.
        figures.events += count
        _ = accounts[number].deliver(.entered(Self.phases[count - 1]), generation, at: Self.moment(instant))
    }

    private static let phases: [Phase] = [.connect, .tls, .upgrade]

    private mutating func register(_ number: Int) {
        let weather = weather(at: number)
        guard !weather.isSwallowing else { return }
        if let interval = weather.dictates { later(.zero, .dictated(interval), number) }
        let time = weather.replyTime.draw(using: &accounts[number].generator)
        switch weather.registering {
        case .accept where accounts[number].tokenIsExpired: later(time, .registrationRefused(code: 401), number)
        case .accept: later(time, .registered, number)
        case .reject(let code): later(time, .registrationRefused(code: code), number)
        case .ignore: break
        }
    }

    mutating func sendHeartbeat(_ beat: UInt32, _ number: Int) {
        figures.heartbeats += 1
        if alerts != nil { endpoints[accounts[number].endpoint].pulse.count(at: now) { $0.beats += 1 } }
        let weather = weather(at: number)
        guard let link = accounts[number].link, link.isAnswered else {
            broken("a heartbeat without a connection", number)
            return
        }
        guard !weather.isSwallowing, weather.answering != .ignore else { return }
        later(
            weather.replyTime.draw(using: &accounts[number].generator),
            .reply(weather.repliesAreUnnamed ? nil : beat, isPositive: weather.answering == .positive), number)
    }

    private mutating func close(_ number: Int, _ code: UInt16) {
        guard accounts[number].link != nil else {
            broken("closes a socket that is not there", number)
            return
        }
        accounts[number].link?.isClosing = true
        // The peer echoes the close; if it cannot, the wire gives up by itself.
        if weather(at: number).isSwallowing {
            later(accounts[number].session.settings.phases.close, .closed(.endOfStream), number)
        } else {
            later(ways(2), .closed(.closed(code: code)), number)
        }
    }

    /// Plans an event on the account's current socket.
    mutating func later(_ delay: Duration, _ event: LinkEvent, _ number: Int) {
        plan(event, number, at: now + delay)
    }

    mutating func plan(_ event: LinkEvent, _ number: Int, at instant: Instant) {
        guard let link = accounts[number].link else { return }
        accounts[number].linkEvents += 1
        agenda.add(.link(account: number, generation: link.generation, event), at: instant)
    }

    /// Ends a share of an endpoint's sockets.
    mutating func drop(_ endpoint: Int, share: Double, _ cause: FailureCause) {
        for number in endpoints[endpoint].accounts where accounts[number].link != nil {
            guard share >= 1 || Double.random(in: 0..<1, using: &generator) < share else { continue }
            later(settings.travelTime, .closed(cause), number)
        }
    }

    /// Asks all that are connected to connect anew.
    mutating func askToReconnect(_ endpoint: Int, within time: Duration) {
        for number in endpoints[endpoint].accounts where accounts[number].link?.isAnswered == true {
            later(settings.travelTime, .reconnectAsked(within: time), number)
        }
    }

    // MARK: What a socket tells

    mutating func linkEvent(_ event: LinkEvent, _ generation: UInt32, _ number: Int) {
        accounts[number].linkEvents -= 1
        guard accounts[number].hasLink(generation) else {
            deliverStale(event, generation, number)
            return
        }
        if let until = accounts[number].isPaused(at: now) {
            plan(event, number, at: until)
            return
        }
        figures.events += 1
        switch event {
        case .registered:
            accounts[number].link?.isAnswered = true
            figures.registrations += 1
            planEnding(number)
        case .closed:
            dropLink(number)
        case .entered, .opened, .registrationRefused, .dictated, .reply, .reconnectAsked, .message:
            break
        }
        let orders = accounts[number].deliver(event, generation, at: moment)
        if accounts[number].hasJustConnected() { handshakeEnded(number) }
        if case .reply(_, isPositive: true) = event, alerts != nil, !orders.notes.contains(.staleEvent) {
            let time = accounts[number].session.liveness?.lastReplyTime
            endpoints[accounts[number].endpoint].pulse.countReply(time, at: now)
            noteForAlerts(number)
        }
        carryOut(orders, number)
    }

    private mutating func planEnding(_ number: Int) {
        guard let ending = weather(at: number).ending else { return }
        later(ending.after, .closed(ending.cause), number)
    }

    /// An event of a socket that is gone must change nothing (C5), though the wire promises not to send any.
    private mutating func deliverStale(_ event: LinkEvent, _ generation: UInt32, _ number: Int) {
        guard accounts[number].session.generation != generation else { return }
        var account = accounts[number]
        _ = account.deliver(event, generation, at: moment)
        if account.session != accounts[number].session {
            broken("an event of an older attempt changed the session", number)
        }
    }
}

extension WorldAccount {
    /// Tells the session what its socket, or one before it, has told.
    mutating func deliver(_ event: LinkEvent, _ generation: UInt32, at moment: Moment) -> Orders {
        switch event {
        case .entered(let phase):
            return session.entered(phase, generation: generation, at: moment)
        case .opened:
            return session.linkOpened(generation: generation, at: moment)
        case .registered:
            return session.registered(generation: generation, at: moment, using: &generator)
        case .registrationRefused(let code):
            let failure = Failure.classify(.registrationRefused(code: code), phase: .register)
            return session.failed(with: failure, generation: generation, at: moment, using: &generator)
        case .dictated(let interval):
            return session.intervalDictated(interval, generation: generation, at: moment, using: &generator)
        case .reconnectAsked(let time):
            return session.reconnectAsked(within: time, generation: generation, at: moment, using: &generator)
        case .reply(let beat, let isPositive):
            return session.heartbeatReplied(
                beat, isPositive: isPositive, generation: generation, at: moment, using: &generator)
        case .message:
            session.messageReceived(generation: generation, at: moment)
            return .nothing
        case .closed(let cause):
            let failure = Failure.classify(cause, phase: session.phase ?? .established)
            return session.linkClosed(with: failure, generation: generation, at: moment, using: &generator)
        }
    }
}
