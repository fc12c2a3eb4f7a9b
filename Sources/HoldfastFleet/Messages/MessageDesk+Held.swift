import DequeModule
import HoldfastCore
import HoldfastStore
import NIOCore
import Synchronization

/// Messages that are in no journal: of accounts in `memory` mode, acknowledged already, and in `after-handling` mode, to be
/// acknowledged when they are handled.
extension MessageDesk {
    /// Pushes have come. Called on a lane's loop.
    func hold(_ pushes: [HeldPush]) {
        enter {
            let now = ProcessClock.moment
            for push in pushes { self.take(push, at: now) }
        }
    }

    private func take(_ push: HeldPush, at now: Moment) {
        let (entry, acknowledgement) = (push.entry, push.acknowledgement.map { OpenAcknowledgement($0) })
        guard let inbox = inbox(of: entry.account), !isDraining else { return }
        if !entry.unreadable.isEmpty {
            // Reading it again would not mend it, so it is done with, whether or not the letter can be written.
            journal?.add([JournalEntry(account: entry.account, messages: [], unreadable: entry.unreadable)]) { _ in }
            release(acknowledgement, entry.unreadable.count)
        }
        for message in entry.messages { take(message, acknowledgement, isNew: push.isNew, inbox, at: now) }
        settle(inbox, at: now)
    }

    private func take(
        _ message: JournalMessage, _ acknowledgement: OpenAcknowledgement?, isNew: Bool, _ inbox: Inbox,
        at now: Moment
    ) {
        if inbox.heldIDs[message.id] != nil {
            // Delivered again while it waits: both deliveries are acknowledged when it is handled.
            figures.withLock { $0.duplicates &+= 1 }
            if let acknowledgement { inbox.heldIDs[message.id]?.append(acknowledgement) }
            return
        }
        guard isNew || inbox.recent.insert(message.id, at: now.instant) else {
            figures.withLock { $0.duplicates &+= 1 }
            return release(acknowledgement, 1)
        }
        guard !message.isOwn else {
            decide(message, inbox, at: now)
            return release(acknowledgement, 1)
        }
        inbox.heldIDs[message.id] = acknowledgement.map { [$0] } ?? []
        inbox.held[message.chat, default: []].append(HeldMessage(message: message))
        inbox.heldCount += 1
        inbox.heldBytes += message.bytes
        heldBytes.add(message.bytes, ordering: .relaxed)
        carryOut(inbox.intake.committed(chat: message.chat, count: 1, at: now), inbox)
        // There is always room: fewer messages may be held than chats be kept track of.
    }

    /// What of a chat goes to a handler next.
    func heldDelivery(_ chat: String, _ limit: Int, _ inbox: Inbox) -> Delivery {
        let messages = inbox.held[chat]?.prefix(limit).map(\.message) ?? []
        let id = Journal.deliveryID(account: inbox.id, chat: chat, messages: messages.map(\.id))
        return Delivery(id: id, account: inbox.id, chat: chat, messages: messages)
    }

    /// - Parameter inbox: nil if the account is gone.
    func finished(
        _ number: UInt64, _ inbox: Inbox?, _ chat: String, _ delivery: Delivery, _ outcome: HandlerOutcome
    ) {
        running[number] = nil
        defer { endOfJob() }
        guard let inbox else { return }
        inbox.busy[chat] = nil
        guard outcome.kind != .abandoned else { return again(chat, inbox) }
        let taken = takeHeld(chat, delivery.messages.count, inbox)
        finish(outcome, taken, chat, inbox)
    }

    /// The first messages of a chat are done with. Returns how many there were.
    func takeHeld(_ chat: String, _ count: Int, _ inbox: Inbox) -> Int {
        var taken = 0
        while taken < count, let held = inbox.held[chat]?.popFirst() {
            letGo(held, inbox)
            taken += 1
        }
        if inbox.held[chat]?.isEmpty == true { inbox.held[chat] = nil }
        return taken
    }

    /// A person answers: all but the first messages of a chat are done with. Returns how many there were.
    func skipHeld(_ chat: String, sparing count: Int, _ inbox: Inbox) -> Int {
        var skipped = 0
        while inbox.held[chat]?.count ?? 0 > count, let held = inbox.held[chat]?.popLast() {
            letGo(held, inbox)
            skipped += 1
        }
        if inbox.held[chat]?.isEmpty == true { inbox.held[chat] = nil }
        return skipped
    }

    private func letGo(_ held: HeldMessage, _ inbox: Inbox) {
        inbox.heldCount -= 1
        inbox.heldBytes -= held.message.bytes
        heldBytes.subtract(held.message.bytes, ordering: .relaxed)
        for acknowledgement in inbox.heldIDs.removeValue(forKey: held.message.id) ?? [] { release(acknowledgement, 1) }
    }

    /// Items of a push are done with; the last one acknowledges it.
    private func release(_ waiting: OpenAcknowledgement?, _ items: Int) {
        guard let waiting else { return }
        waiting.open -= items
        guard waiting.open <= 0 else { return }
        let acknowledgement = waiting.acknowledgement
        let lane = lanes[acknowledgement.lane]
        lane.door.enter { lane.acknowledge([acknowledgement]) }
    }
}
