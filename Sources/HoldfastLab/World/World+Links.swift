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
        if link.isHandshaking { endpoints[accounts[number].endpoint].handshakes -= 1 }
        accounts[number].link = nil
    }

    private mutating func connect(_ number: Int) {
        let endpoint = accounts[number].endpoint
        if accounts[number].link != nil { broken("a second socket", number) }
        dropLink(number)
        accounts[number].link = WorldLink(generation: accounts[number].session.generation)
        accounts[number].pausedUntil = nil
        endpoints[endpoint].handshakes += 1
        figures.connects += 1
        figures.mostHandshakes = max(figures.mostHandshakes, endpoints[endpoint].handshakes)
        if accounts[number].isWatched { history.append(WorldEntry(at: elapsed, account: number, what: .connect)) }
        checkBudget(endpoint)
        let there = settings.travelTime
        switch endpoints[endpoint].weather.connecting {
        case .unknownName:
            later(there * 2, .closed(.nameNotFound), number)
        case .refuse:
            later(there, .entered(.connect), number)
            later(there * 3, .closed(.systemCall(errno: 111)), number)
        case .stall(let phase):
            enter(.connect, upTo: phase, number)
        case .drop:
            enter(.connect, upTo: .upgrade, number)
            later(there * 6, .closed(.endOfStream), number)
        case .refuseUpgrade(let status, let retryAfter):
            enter(.connect, upTo: .upgrade, number)
            later(there * 6, .closed(.upgradeRefused(status: status, retryAfter: retryAfter)), number)
        case .badCertificate:
            enter(.connect, upTo: .tls, number)
            later(there * 5, .closed(.certificate(.untrusted)), number)
        case .accept:
            enter(.connect, upTo: .upgrade, number)
            later(there * 6, .opened, number)
        }
    }

    /// Plans the phases of an attempt, up to the last one it comes to.
    private mutating func enter(_ first: Phase, upTo last: Phase, _ number: Int) {
        for (index, phase) in [Phase.connect, .tls, .upgrade].enumerated()
        where phase.rawValue >= first.rawValue && phase.rawValue <= last.rawValue {
            later(settings.travelTime * (1 + 2 * index), .entered(phase), number)
        }
    }

    private mutating func register(_ number: Int) {
        let weather = endpoints[accounts[number].endpoint].weather
        guard !weather.isSwallowing else { return }
        if let interval = weather.dictates { later(.zero, .dictated(interval), number) }
        switch weather.registering {
        case .accept: later(weather.replyTime.draw(using: &generator), .registered, number)
        case .reject(let code):
            later(weather.replyTime.draw(using: &generator), .registrationRefused(code: code), number)
        case .ignore: break
        }
    }

    mutating func sendHeartbeat(_ beat: UInt32, _ number: Int) {
        figures.heartbeats += 1
        let weather = endpoints[accounts[number].endpoint].weather
        guard let link = accounts[number].link, link.isAnswered else {
            broken("a heartbeat without a connection", number)
            return
        }
        guard !weather.isSwallowing, weather.answering != .ignore else { return }
        later(
            weather.replyTime.draw(using: &generator),
            .reply(weather.repliesAreUnnamed ? nil : beat, isPositive: weather.answering == .positive), number)
    }

    private mutating func close(_ number: Int, _ code: UInt16) {
        guard accounts[number].link != nil else {
            broken("closes a socket that is not there", number)
            return
        }
        accounts[number].link?.isClosing = true
        // The peer echoes the close; if it cannot, the wire gives up by itself.
        if endpoints[accounts[number].endpoint].weather.isSwallowing {
            later(accounts[number].session.settings.phases.close, .closed(.endOfStream), number)
        } else {
            later(settings.travelTime * 2, .closed(.closed(code: code)), number)
        }
    }

    /// Plans an event on the account's current socket.
    private mutating func later(_ delay: Duration, _ event: LinkEvent, _ number: Int) {
        guard let link = accounts[number].link else { return }
        agenda.add(.link(account: number, generation: link.generation, event), at: now + delay)
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
        guard accounts[number].link?.generation == generation else {
            deliverStale(event, generation, number)
            return
        }
        if let until = accounts[number].pausedUntil, until > now {
            agenda.add(.link(account: number, generation: generation, event), at: until)
            return
        }
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
        let orders = Self.deliver(event, generation, at: moment, &accounts[number].session, &generator)
        let isUpgraded = accounts[number].session.state == .connected
        if isUpgraded, accounts[number].link?.isHandshaking == true {
            accounts[number].link?.isHandshaking = false
            endpoints[accounts[number].endpoint].handshakes -= 1
        }
        carryOut(orders, number)
    }

    private mutating func planEnding(_ number: Int) {
        guard let ending = endpoints[accounts[number].endpoint].weather.ending else { return }
        later(ending.after, .closed(ending.cause), number)
    }

    private static func deliver(
        _ event: LinkEvent, _ generation: UInt32, at moment: Moment, _ session: inout Session,
        _ generator: inout SeededGenerator
    ) -> Orders {
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

    /// An event of a socket that is gone must change nothing (C5), though the wire promises not to send any.
    private mutating func deliverStale(_ event: LinkEvent, _ generation: UInt32, _ number: Int) {
        guard accounts[number].session.generation != generation else { return }
        var session = accounts[number].session
        _ = Self.deliver(event, generation, at: moment, &session, &generator)
        if session != accounts[number].session { broken("an event of an older attempt changed the session", number) }
    }
}
