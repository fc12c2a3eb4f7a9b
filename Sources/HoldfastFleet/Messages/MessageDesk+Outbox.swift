import HoldfastCore
import HoldfastStore
import NIOCore

/// Messages of ours, from the moment they are durable to the gateway's word.
extension MessageDesk {
    /// Messages that are in the outbox go to their account's lane.
    func queue(_ messages: [OutboxMessage], _ inbox: Inbox, at now: Moment) {
        guard !messages.isEmpty else { return }
        for message in messages {
            inbox.authorship.sent(clientID: message.clientID, chat: message.chat, text: message.text, at: now.instant)
        }
        inbox.openOutbox += messages.count
        let (lane, slot, id) = (lanes[inbox.lane], inbox.slot, inbox.id)
        lane.door.enter { lane.send(messages, slot: slot, id: id) }
    }

    /// Something became of messages of ours. Called on a lane's loop.
    func outbox(_ messages: [OutboxMessage], became state: OutboxMessage.State, _ text: String?, at now: WallTime) {
        for message in messages where message.row != 0 {
            journal?.note(message.row, became: state, text: text, at: now)
        }
        guard !state.isOpen else { return }
        enter {
            for message in messages { self.closed(message, state, text) }
        }
    }

    private func closed(_ message: OutboxMessage, _ state: OutboxMessage.State, _ text: String?) {
        if let inbox = inboxes[message.account] {
            if state == .confirmed, let text {
                inbox.authorship.confirmed(clientID: message.clientID, messageID: text)
            }
            inbox.openOutbox = max(0, inbox.openOutbox - 1)
            unpark(inbox)
        }
        guard let watch = watches[Self.key(message.account, message.clientID)] else { return }
        end(watch, state, text)
    }

    // MARK: Watches

    /// Somebody waits for what becomes of a message of ours.
    struct Watch {
        var message: OutboxMessage
        var waiters: [CheckedContinuation<OutboxMessage?, Never>] = []
        /// A message whose end nobody tells, because its account is gone or its row is closed by the sweep, ends here.
        var alarm: Scheduled<Void>?

        func end(with message: OutboxMessage?) {
            alarm?.cancel()
            for waiter in waiters { waiter.resume(returning: message) }
        }
    }

    func end(_ watch: Watch, _ state: OutboxMessage.State, _ text: String?) {
        watches[Self.key(watch.message.account, watch.message.clientID)] = nil
        var message = watch.message
        message.state = state
        if state == .confirmed { message.remoteID = text } else { message.problem = text }
        watch.end(with: message)
    }

    private func add(_ waiter: CheckedContinuation<OutboxMessage?, Never>, to message: OutboxMessage) {
        let key = Self.key(message.account, message.clientID)
        var watch = watches[key] ?? Watch(message: message)
        watch.waiters.append(waiter)
        if watch.alarm == nil {
            let rest = max(.zero, message.expiresAt.since(ProcessClock.wall)) + Self.watchGrace
            watch.alarm = loop.assumeIsolated().scheduleTask(in: TimeAmount(rest)) { [weak self] in
                guard let self, let watch = self.watches[key] else { return }
                self.end(watch, .expired, "nobody answered in time")
            }
        }
        watches[key] = watch
    }

    /// Longer than it takes to hear of an end in the usual ways.
    private static let watchGrace = Duration.seconds(5)

    /// Takes a message that somebody wants to send, and returns it as it is in the outbox then.
    ///
    /// - Throws: `store` if it cannot be made durable, `outboxFull`.
    func send(_ message: OutboxMessage) async throws(MessageRefusal) -> OutboxMessage {
        let (queued, isNew) = try await queued(message)
        guard isNew else { return queued }
        _ = await ask { desk in desk.queue(queued) }
        return queued
    }

    /// The same, and returns it when the gateway has confirmed or refused it, or it has expired. Nil if the process ends first.
    func sendAndWatch(_ message: OutboxMessage) async throws(MessageRefusal) -> OutboxMessage? {
        let (queued, isNew) = try await queued(message)
        guard queued.state.isOpen else { return queued }
        return await withCheckedContinuation { continuation in
            let isIn = enter { [self] in
                guard !hasEnded else { return continuation.resume(returning: nil) }
                guard inbox(of: queued.account) != nil else {
                    return continuation.resume(returning: refuseStranger(queued))
                }
                // Before it is sent, so that its answer cannot come too early.
                add(continuation, to: queued)
                if isNew { queue(queued) } else { lookAgain(at: queued) }
            }
            if !isIn { continuation.resume(returning: nil) }
        }
    }

    private func queued(_ message: OutboxMessage) async throws(MessageRefusal) -> (OutboxMessage, isNew: Bool) {
        guard let journal else { return (message, true) }
        let written: (message: OutboxMessage, isNew: Bool)?
        do throws(StoreError) { written = try await journal.queue(message) } catch { throw .store("\(error)") }
        guard let written else { throw .outboxFull }
        // The same name for something else.
        guard written.isNew || written.message.isSame(as: message) else { throw .keyReused }
        return (written.message, written.isNew)
    }

    private func queue(_ message: OutboxMessage) {
        guard let inbox = inbox(of: message.account) else {
            _ = refuseStranger(message)
            return
        }
        queue([message], inbox, at: ProcessClock.moment)
    }

    /// Its account was taken away while the message was being written down.
    private func refuseStranger(_ message: OutboxMessage) -> OutboxMessage {
        var refused = message
        refused.state = .refused
        refused.problem = "the account is gone"
        if message.row != 0 {
            journal?.note(message.row, became: .refused, text: refused.problem, at: ProcessClock.wall)
        }
        return refused
    }

    /// An older message may have been answered between the look at the journal and the watch.
    private func lookAgain(at message: OutboxMessage) {
        guard let journal else { return }
        Task {
            await journal.barrier()
            let now = try? await journal.outbox(account: message.account, clientID: message.clientID)
            guard let now, !now.state.isOpen else { return }
            self.enter { self.closed(now, now.state, now.remoteID ?? now.problem) }
        }
    }

    static func key(_ account: String, _ clientID: String) -> String { "\(account) \(clientID)" }
}
