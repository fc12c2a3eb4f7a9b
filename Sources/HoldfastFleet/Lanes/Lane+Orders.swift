import HoldfastCore
import HoldfastWire
import Logging
import NIOCore

/// From a session's orders to what they mean.
extension Lane {
    /// Carries out the orders in the order of their fields. What comes of them is another event, now or later.
    func carryOut(_ orders: Orders, on index: Int, at now: Moment) {
        switch orders.slot {
        case .none: break
        case .request: requestSlot(index)
        case .giveBack(let outcome): giveBack(index, outcome)
        }
        switch orders.link {
        case .none: break
        case .connect: connect(index, at: now)
        case .register: register(index, at: now)
        case .close(let code): slots[index].link?.close(code: code)
        case .abort: abortLink(index)
        }
        if let beat = orders.beat { send(beat: beat, index, at: now) }
        if orders.renew { orderRenewal(index) }
        if !orders.transitions.isEmpty || !orders.notes.isEmpty { note(orders, index, at: now) }
        if orders.releaseIncarnation {
            if let account = slots[index].account { resolver.forget(account.configuration.target.firstHost) }
            // Nothing of an incarnation outlives its socket, so there is nothing to wait for.
            carryOut(slots[index].session.released(at: now), on: index, at: now)
        }
    }

    // MARK: The connection

    private func connect(_ index: Int, at now: Moment) {
        guard let account = slots[index].account else { return }
        abortLink(index)
        slots[index].endpoint = account.endpoint
        let tag = LinkTag(slot: UInt32(index), generation: slots[index].session.generation)
        slots[index].identity = ConnectionIdentity(random: generator.next(), at: now.wall)
        slots[index].awaitsHello = account.dialect.awaitsHello
        if !account.dialect.continuesSequence { slots[index].lastSequence = nil }
        guard !lacksCredential(index, account) else {
            return fail(
                tag, .noCredential, "before connecting", "the account has no token yet, and a provider to get it one")
        }
        guard control.sockets.take() else {
            return fail(
                tag, .outOfDescriptors, "opening a socket",
                "the accounts have all the descriptors that they may have")
        }
        slots[index].link = Link.open(
            slots[index].held?.values.target(of: account.configuration) ?? account.target,
            options: account.linkOptions(resolver), tag: tag, delegate: self, on: loop)
        openLinks += 1
        logger.debug(
            "attempt", metadata: ["account": "\(account.id)", "generation": .stringConvertible(tag.generation)])
    }

    /// As a link would tell it: when the order to connect has been carried out.
    private func fail(_ tag: LinkTag, _ cause: FailureCause, _ doing: String, _ reason: String) {
        loop.assumeIsolated().execute { [self] in
            let index = Int(tag.slot)
            guard slots[index].session.generation == tag.generation, slots[index].account != nil else { return }
            fail(index, cause, doing, reason, at: observe())
        }
    }

    /// A gateway could only reject it, and that would count as a rejection of a credential.
    private func lacksCredential(_ index: Int, _ account: Account) -> Bool {
        let recovery = slots[index].session.settings.recovery
        guard account.dialect.registersWithToken, recovery.canRenew, recovery.climb.contains(.auth) else {
            return false
        }
        let credentials = slots[index].credentials
        let headers = account.configuration.target.headers.map { $0.name.lowercased() }
        return credentials?.token == nil && credentials?.cookies == nil
            && Set(headers).isDisjoint(with: ["authorization", "cookie"])
    }

    /// Asks the gateway to know the account, once it has greeted us if that is its custom.
    func register(_ index: Int, at now: Moment) {
        guard let account = slots[index].account, let link = slots[index].link, !slots[index].awaitsHello else {
            return
        }
        scratch.clear()
        let registration = account.dialect.writeRegistration(
            token: slots[index].credentials?.token, in: context(index, at: now), into: &scratch)
        switch registration {
        case .sent(let kind):
            link.send(scratch, as: kind)
            link.flush()
        case .awaited:
            break
        case .notNeeded:
            registered(index, at: now)
        }
    }

    /// The gateway knows the account, or has none that it must know.
    func registered(_ index: Int, at now: Moment) {
        let generation = slots[index].session.generation
        let orders = slots[index].session.registered(generation: generation, at: now, using: &generator)
        carryOut(orders, on: index, at: now)
        // A second answer to the same registration means nothing, and must not make us send anything.
        guard !orders.notes.contains(.staleEvent), let account = slots[index].account,
            let link = slots[index].link
        else { return }
        scratch.clear()
        if let kind = account.dialect.writeAfterRegistration(
            in: context(index, at: now), into: &scratch)
        {
            link.send(scratch, as: kind)
            link.flush()
        }
        setReading(index, at: now)
        sendOutbox(index, at: now)
    }

    private func send(beat: UInt32, _ index: Int, at now: Moment) {
        // Between the peer's close frame and the end of the stream nothing can be sent any more.
        guard let account = slots[index].account, let link = slots[index].link, link.isOpen else { return }
        let context = context(index, at: now)
        _ = link.write(isUrgent: true) { account.dialect.writeHeartbeat(beat, in: context, into: &$0) }
        link.flush()
        counters.heartbeatsSent &+= 1
        countEndpoint(index) { $0.beats &+= 1 }
        logger.debug("heartbeat", metadata: ["account": "\(account.id)", "number": .stringConvertible(beat)])
        if link.bufferedBytes > 0 {
            slots[index].session.beatBlocked(generation: slots[index].session.generation, at: now)
        }
    }

    func context(_ index: Int, at now: Moment) -> DialectContext {
        DialectContext(
            identity: slots[index].identity, now: now.wall, lastSequence: slots[index].lastSequence)
    }

    func abortLink(_ index: Int) {
        guard let link = slots[index].link else { return }
        link.abort()
        forgetLink(index)
    }

    func forgetLink(_ index: Int) {
        slots[index].link = nil
        slots[index].hasUnflushedAcknowledgements = false
        slots[index].isReadingPaused = false
        slots[index].mailbox?.outbox?.connectionLost()
        openLinks -= 1
        control.sockets.giveBack()
        // In the loop's next round, when what the end of this link means has been noted.
        if isDraining, openLinks == 0 { loop.assumeIsolated().execute { [self] in finishDraining() } }
    }

    // MARK: The gate

    private func requestSlot(_ index: Int) {
        guard !isDraining, let account = slots[index].account else { return }
        slots[index].isKnownToGate = true
        tellGate(.request(ticket(index), endpoint: account.endpoint))
    }

    private func giveBack(_ index: Int, _ outcome: AttemptOutcome) {
        tellGate(.giveBack(ticket(index), outcome))
        countEndpoint(index) { $0.attempts[outcome] &+= 1 }
    }

    private func ticket(_ index: Int) -> Ticket {
        Ticket(key(index), generation: slots[index].session.generation)
    }

    func key(_ index: Int) -> AccountKey {
        AccountKey(lane: UInt32(self.index), slot: UInt32(index))
    }

    /// Collects what the gate is to be told in this turn of the loop. One hop takes it there, or several if it is much: where many
    /// accounts ask at once, as at the start, those of other lanes shall have their turns between them.
    func tellGate(_ item: GateBatch.Item) {
        gateBatch.items.append(item)
        guard gateBatch.items.count < GateBatch.limit else { return sendGateBatch() }
        guard !gateBatchIsDue else { return }
        gateBatchIsDue = true
        loop.execute { [self] in
            gateBatchIsDue = false
            sendGateBatch()
        }
    }

    private func sendGateBatch() {
        guard !gateBatch.items.isEmpty else { return }
        let batch = gateBatch
        gateBatch = GateBatch()
        control.take(batch)
    }

    func countEndpoint(_ index: Int, _ change: (inout EndpointCounters) -> Void) {
        guard let endpoint = slots[index].countedEndpoint() else { return }
        endpoints.count(at: endpoint, change)
    }
}
