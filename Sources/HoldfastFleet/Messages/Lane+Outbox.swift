import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// Messages of ours: sent when the account is connected, again on the next connection, until they are confirmed (T4).
extension Lane {
    /// Takes messages over that are durable already. An account whose slot is not free yet gets them a little later.
    func send(_ messages: [OutboxMessage], slot: UInt32, id: String) {
        guard let index = find(slot, id: id) else {
            guard !isDraining else { return }
            let now = observe()
            tell(messages.filter { $0.expiresAt <= now.wall }, .expired, at: now)
            let rest = messages.filter { $0.expiresAt > now.wall }
            guard !rest.isEmpty else { return }
            _ = loop.assumeIsolated().scheduleTask(in: .seconds(1)) { [self] in send(rest, slot: slot, id: id) }
            return
        }
        let mailbox = mailbox(index)
        if mailbox.outbox == nil { mailbox.outbox = Outbox() }
        mailbox.outbox?.items.append(contentsOf: messages.map { Outbox.Item(message: $0) })
        mail.senders.insert(index)
        sendOutbox(index, at: observe())
    }

    /// Sends what may be sent now.
    func sendOutbox(_ index: Int, at now: Moment) {
        guard var outbox = slots[index].mailbox?.outbox, let account = slots[index].account,
            let link = slots[index].link,
            slots[index].session.state == .connected
        else { return }
        tell(outbox.removeExpired(at: now.wall), .expired, at: now)
        defer { forgetEmptyOutbox(index) }
        guard !outbox.isResting(at: now.instant) else {
            slots[index].mailbox?.outbox = outbox
            return
        }
        let context = DialectContext(identity: slots[index].identity, now: now.wall)
        var sent: [OutboxMessage] = []
        var impossible: [OutboxMessage] = []
        var place = 0
        while place < min(outbox.items.count, outbox.window) {
            guard outbox.items[place].number == nil else {
                place += 1
                continue
            }
            let message = outbox.items[place].message
            scratch.clear()
            let number = outbox.nextNumber
            guard
                let kind = account.dialect.writeMessage(
                    OutboundMessage(message), number: number, in: context, into: &scratch)
            else {
                impossible.append(outbox.items.remove(at: place).message)
                continue
            }
            link.send(scratch, as: kind)
            outbox.nextNumber &+= 1
            outbox.items[place].number = number
            if message.state == .queued { sent.append(message) }
            outbox.items[place].message.state = .sent
            place += 1
        }
        slots[index].mailbox?.outbox = outbox
        link.flush()
        tell(sent, .sent, at: now)
        tell(impossible, .refused, "its gateway's dialect sends no messages", at: now)
    }

    /// The gateway has answered a message of ours.
    func sent(number: UInt32, isPositive: Bool, code: Int, detail: String?, _ index: Int, at now: Moment) {
        if !isPositive, Outbox.isPassing(code) {
            if slots[index].mailbox?.outbox?.rest(number, at: now.instant) == true { counters.outboxRetries &+= 1 }
            return
        }
        guard let message = slots[index].mailbox?.outbox?.remove(number: number) else { return }
        if isPositive {
            slots[index].mailbox?.outbox?.goFaster()
            tell([message], .confirmed, detail, at: now)
        } else {
            tell([message], .refused, detail.map { "\(code): \($0)" } ?? "\(code)", at: now)
        }
        sendOutbox(index, at: now)
    }

    /// Once a second: what is too old is given up, wherever it is, and what rested goes on.
    func tendOutboxes(at now: Moment) {
        for index in mail.senders.sorted() {
            if let expired = slots[index].mailbox?.outbox?.removeExpired(at: now.wall) {
                tell(expired, .expired, at: now)
            }
            sendOutbox(index, at: now)
            forgetEmptyOutbox(index)
        }
    }

    /// The account is gone, and nobody else can send in its name.
    func refuseOutbox(_ index: Int) {
        guard let outbox = slots[index].mailbox?.outbox else { return }
        slots[index].mailbox?.outbox = nil
        mail.senders.remove(index)
        tell(outbox.items.map(\.message), .refused, "the account is gone", at: observe())
    }

    private func forgetEmptyOutbox(_ index: Int) {
        // Its count of numbers goes on while the connection lives, so it stays until that is gone.
        guard slots[index].mailbox?.outbox?.items.isEmpty != false else { return }
        mail.senders.remove(index)
    }

    private func tell(
        _ changed: [OutboxMessage], _ state: OutboxMessage.State, _ text: String? = nil, at now: Moment
    ) {
        guard !changed.isEmpty else { return }
        counters.outbox[state] &+= UInt64(changed.count)
        messages.outbox(changed, became: state, text, at: now.wall)
    }
}

extension OutboundMessage {
    init(_ message: OutboxMessage) {
        self.init(clientID: message.clientID, chat: message.chat, receiver: message.receiver, text: message.text)
    }
}
