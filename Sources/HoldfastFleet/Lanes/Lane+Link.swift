import HoldfastCore
import HoldfastWire
import NIOCore

/// What is heard from sockets. Anything of an older generation changes nothing (C5).
extension Lane: LinkDelegate {
    func link(_ tag: LinkTag, entered phase: Phase) {
        let now = observe()
        let index = Int(tag.slot)
        carryOut(slots[index].session.entered(phase, generation: tag.generation, at: now), on: index, at: now)
        settle(index)
    }

    func linkOpened(_ tag: LinkTag) {
        let now = observe()
        let index = Int(tag.slot)
        carryOut(slots[index].session.linkOpened(generation: tag.generation, at: now), on: index, at: now)
        settle(index)
    }

    func link(_ tag: LinkTag, received message: ByteBuffer, isText: Bool) {
        let now = observe()
        let index = Int(tag.slot)
        guard isCurrent(tag), let account = slots[index].account else { return }
        let received = account.dialect.receive(message, isText: isText, identity: slots[index].identity)
        if let sequence = received.sequence, !received.meaning.isPush || takesPushes(index) {
            follow(sequence, index, account, at: now)
        }
        take(received.meaning, index, account, at: now)
    }

    func link(_ tag: LinkTag, receivedPong payload: ByteBuffer) {
        let now = observe()
        let index = Int(tag.slot)
        guard isCurrent(tag), let account = slots[index].account else { return }
        take(account.dialect.interpretPong(payload, identity: slots[index].identity), index, account, at: now)
    }

    func linkReadCompleted(_ tag: LinkTag) {
        let index = Int(tag.slot)
        guard slots[index].hasUnflushedAcknowledgements, isCurrent(tag) else { return }
        slots[index].hasUnflushedAcknowledgements = false
        slots[index].link?.flush()
    }

    func linkDrained(_ tag: LinkTag) {
        slots[Int(tag.slot)].session.drained(generation: tag.generation)
    }

    func linkClosed(_ tag: LinkTag, _ error: LinkError) {
        let now = observe()
        let index = Int(tag.slot)
        guard isCurrent(tag), let account = slots[index].account else { return }
        let session = slots[index].session
        let failure = Failure.classify(
            error.cause, phase: session.phase ?? .established, closeCodes: account.dialect.closeCodes,
            longestRetryAfter: session.settings.retry.longestRetryAfter)
        forgetLink(index)
        (chain, said) = (error.chain, error.said)
        // They belong to this event alone, whether or not a failure came of it.
        defer { (chain, said) = ([], nil) }
        carryOut(
            slots[index].session.linkClosed(
                with: failure, generation: tag.generation, at: now, using: &generator),
            on: index, at: now)
        settle(index)
    }

    // MARK: Meanings

    private func take(_ meaning: Meaning, _ index: Int, _ account: Account, at now: Moment) {
        switch meaning {
        case .push(let push):
            take(push, index, account, at: now)
        case .reply(_, isPositive: false, let code) where Failure.isRejection(code):
            // No miss: the gateway is well, and does not accept us any more.
            fail(index, .heartbeatRefused(code: code), "the gateway answered a heartbeat with \(code)", at: now)
        case .reply(let beat, let isPositive, _):
            let (orders, time) = slots[index].heartbeatReplied(
                beat, isPositive: isPositive, at: now, using: &generator)
            if let time {
                counters.replies.add(time)
                countEndpoint(index) { counters in
                    counters.replies &+= 1
                    counters.replyNanoseconds &+= UInt64(max(0, time.wholeNanoseconds))
                }
            }
            carryOut(orders, on: index, at: now)
            settle(index)
        case .sent(let number, let isPositive, let code, let detail):
            sent(number: number, isPositive: isPositive, code: code, detail: detail, index, at: now)
        case .registered:
            registered(index, at: now)
            settle(index)
        case .hello, .question, .reconnectSoon:
            takeWish(meaning, index, account, at: now)
        case .refused(let kind, let code):
            fail(
                index, .refused(as: kind, code: code), "the gateway said that it will not serve us, with code \(code)",
                at: now)
        case .registrationRefused(let code):
            fail(index, .registrationRefused(code: code), "the gateway answered the registration with \(code)", at: now)
        case .malformed(let problem):
            takeMalformed(problem, index, account, at: now)
        case .other:
            break
        }
    }

    /// What a gateway wants of us, beside acknowledgements.
    private func takeWish(_ wish: Meaning, _ index: Int, _ account: Account, at now: Moment) {
        let generation = slots[index].session.generation
        switch wish {
        case .hello(let interval):
            if let interval {
                let orders = slots[index].session.intervalDictated(
                    interval, generation: generation, at: now, using: &generator)
                carryOut(orders, on: index, at: now)
            }
            guard slots[index].awaitsHello else { break }
            slots[index].awaitsHello = false
            register(index, at: now)
        case .reconnectSoon(let time):
            let orders = slots[index].session.reconnectAsked(
                within: time, generation: generation, at: now, using: &generator)
            carryOut(orders, on: index, at: now)
        case .question(let question):
            guard let link = slots[index].link else { return }
            scratch.clear()
            guard
                let kind = account.dialect.writeAnswer(
                    to: question, in: context(index, at: now), into: &scratch)
            else { return }
            link.send(scratch, as: kind, isUrgent: true)
            link.flush()
        default: break
        }
        settle(index)
    }

    /// Follows the gateway's sequence (T8): a gap is counted and told, and what is missing is asked for where the dialect
    /// knows how. What comes again, or late, is none.
    private func follow(_ sequence: UInt64, _ index: Int, _ account: Account, at now: Moment) {
        let last = slots[index].lastSequence
        guard last.map({ sequence > $0 }) ?? true else { return }
        if let last, sequence - last > 1 {
            counters.sequenceGaps &+= 1
            noteGap(index, account)
            scratch.clear()
            if let link = slots[index].link,
                let kind = account.dialect.writeResync(in: context(index, at: now), into: &scratch)
            {
                link.send(scratch, as: kind)
                link.flush()
            }
        }
        slots[index].lastSequence = sequence
    }

    /// What cannot be read is counted. A connected session survives it: its heartbeats say whether the gateway still makes
    /// sense. A gateway that answers the registration with rubbish is left.
    private func takeMalformed(_ problem: FrameProblem, _ index: Int, _ account: Account, at now: Moment) {
        counters.malformedFrames &+= 1
        logger.debug("malformed frame", metadata: ["account": "\(account.id)", "problem": "\(problem)"])
        guard slots[index].session.phase == .register else { return }
        fail(
            index, .violation(.malformedRegistration), "while waiting for the answer to the registration",
            problem.description, at: now)
    }

    /// Ends the connection for a reason of ours: found in a message, or in the process.
    func fail(_ index: Int, _ cause: FailureCause, _ chain: String..., at now: Moment) {
        let session = slots[index].session
        let failure = Failure.classify(cause, phase: session.phase ?? .established)
        self.chain = chain
        defer { self.chain = [] }
        carryOut(
            slots[index].session.failed(
                with: failure, generation: session.generation, at: now, using: &generator),
            on: index, at: now)
        settle(index)
    }

    private func isCurrent(_ tag: LinkTag) -> Bool {
        let isCurrent = slots[Int(tag.slot)].session.generation == tag.generation
        if !isCurrent { counters.staleEvents &+= 1 }
        return isCurrent
    }
}

extension Meaning {
    fileprivate var isPush: Bool {
        if case .push = self { true } else { false }
    }
}
