import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// Messages of ours: sent when the account is connected, again on the next connection, until they are confirmed (T4).
extension Lane {
    /// Takes messages over that are durable already. An account whose slot is not free yet gets them a little later.
    func send(_ messages: [OutboxMessage], slot: UInt32, id: String, triesLeft: Int = 20) {
        guard let index = find(slot, id: id) else {
            guard triesLeft > 0, !isDraining else { return }
            _ = loop.assumeIsolated().scheduleTask(in: .seconds(1)) { [self] in
                send(messages, slot: slot, id: id, triesLeft: triesLeft - 1)
            }
            return
        }
        if slots[index].outbox == nil { slots[index].outbox = Outbox() }
        slots[index].outbox?.items.append(contentsOf: messages.map { Outbox.Item(message: $0) })
        mail.senders.insert(index)
        sendOutbox(index, at: observe())
    }

    /// Sends what may be sent now.
    func sendOutbox(_ index: Int, at now: Moment) {
        guard var outbox = slots[index].outbox, let account = slots[index].account, let link = slots[index].link,
            slots[index].session.state == .connected
        else { return }
        tell(outbox.removeExpired(at: now.wall), .expired, at: now)
        let context = DialectContext(identity: slots[index].identity, now: now.wall)
        var sent: [OutboxMessage] = []
        var impossible: [OutboxMessage] = []
        var place = 0
        while place < min(outbox.items.count, Outbox.windowSize) {
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
        slots[index].outbox = outbox
        link.flush()
        tell(sent, .sent, at: now)
        tell(impossible, .refused, "its gateway's dialect sends no messages", at: now)
        forgetEmptyOutbox(index)
    }

    /// The gateway has answered a message of ours.
    func sent(number: UInt32, isPositive: Bool, code: Int, detail: String?, _ index: Int, at now: Moment) {
        guard let message = slots[index].outbox?.remove(number: number) else { return }
        if isPositive {
            tell([message], .confirmed, detail, at: now)
        } else {
            tell([message], .refused, detail.map { "\(code): \($0)" } ?? "\(code)", at: now)
        }
        sendOutbox(index, at: now)
        forgetEmptyOutbox(index)
    }

    /// Once a second: what is too old is given up, wherever it is.
    func expireOutboxes(at now: Moment) {
        for index in mail.senders.sorted() {
            guard let expired = slots[index].outbox?.removeExpired(at: now.wall) else { continue }
            tell(expired, .expired, at: now)
            forgetEmptyOutbox(index)
        }
    }

    private func forgetEmptyOutbox(_ index: Int) {
        // Its count of numbers goes on while the connection lives, so it stays until that is gone.
        guard slots[index].outbox?.items.isEmpty != false else { return }
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
