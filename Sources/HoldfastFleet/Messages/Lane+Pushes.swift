import Crypto
import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// What gateways hand over: into the journal, and acknowledged when it is there (requirements §7).
extension Lane {
    /// Whether what is delivered is taken: from the upgrade on, since a gateway may send what waited for us before it answers
    /// the registration, and not every one delivers it again; until the connection is closed or the process goes down.
    func takesPushes(_ index: Int) -> Bool {
        isServed(index) && !mail.isClosed
    }

    private func isServed(_ index: Int) -> Bool {
        slots[index].session.phase == .register || slots[index].session.phase == .established
    }

    /// What cannot be taken any more cannot be acknowledged either; a gateway that keeps it will deliver it again.
    func take(_ push: Push, _ index: Int, _ account: Account, at now: Moment) {
        guard takesPushes(index) else {
            counters.pushesDropped &+= 1
            return
        }
        slots[index].session.messageReceived(generation: slots[index].session.generation, at: now)
        let entry = entry(of: push, index, account, at: now)
        counters.messagesReceived &+= UInt64(entry.messages.count + entry.unreadable.count)
        guard !entry.messages.isEmpty || !entry.unreadable.isEmpty else {
            return acknowledge(push, index, account, items: 0)
        }
        switch account.configuration.messages {
        case .durable where messages.journal != nil: keep(push, entry, index, account)
        case .durable, .afterHandling:
            messages.hold(entry, hold(push, entry, index, account), account, lane: self.index, slot: UInt32(index))
        case .memory:
            acknowledge(push, index, account, items: entry.messages.count + entry.unreadable.count)
            messages.hold(entry, nil, account, lane: self.index, slot: UInt32(index))
        }
        if mail.isJournalFull, account.configuration.messages == .durable, !slots[index].isWaitingForJournal {
            slots[index].isWaitingForJournal = true
            mail.waitingForJournal.append(UInt32(index))
            setReading(index, at: now)
        }
    }

    private func acknowledge(_ push: Push, _ index: Int, _ account: Account, items: Int) {
        // A stream that has ended can still deliver what it brought before; no acknowledgement leaves by it.
        guard let link = slots[index].link, link.isOpen else { return }
        scratch.clear()
        guard let kind = account.dialect.writeAcknowledgement(of: push, into: &scratch) else { return }
        link.send(scratch, as: kind)
        counters.messagesAcknowledged &+= UInt64(items)
        slots[index].hasUnflushedAcknowledgements = true
    }

    // MARK: What is in a push

    private func entry(of push: Push, _ index: Int, _ account: Account, at now: Moment) -> JournalEntry {
        var entry = JournalEntry(account: account.id, messages: [], isWanted: messages.wantsMessages)
        for item in account.dialect.items(of: push) {
            switch item {
            case .success(let item):
                if let sentAt = item.sentAt {
                    let delay = now.wall.since(sentAt)
                    counters.delays.add(max(delay, .zero))
                    slots[index].messageDelay = delay
                }
                guard item.isMessage || messages.wantsEverything else {
                    counters.otherItems &+= 1
                    continue
                }
                entry.messages.append(JournalMessage(item, at: now.wall))
            case .failure(let problem):
                counters.unreadableItems &+= 1
                let raw = push.frame.readableBytesView.prefix(Self.unreadableLimitBytes)
                entry.unreadable.append(
                    UnreadableItem(receivedAt: now.wall, problem: problem.description, raw: Array(raw)))
            }
        }
        return entry
    }

    /// Bytes of a frame that are kept of an item nobody can read.
    private static let unreadableLimitBytes = 64 << 10

    // MARK: Into the journal

    private func keep(_ push: Push, _ entry: JournalEntry, _ index: Int, _ account: Account) {
        scratch.clear()
        let kind = account.dialect.writeAcknowledgement(of: push, into: &scratch)
        let item = PushBatch.Item(
            slot: UInt32(index), generation: slots[index].session.generation, account: account, entry: entry,
            kind: kind,
            offset: mail.batch.acknowledgements.writerIndex, length: scratch.readableBytes)
        mail.batch.acknowledgements.writeImmutableBuffer(scratch)
        mail.batch.items.append(item)
        guard !mail.isBatchDue else { return }
        mail.isBatchDue = true
        loop.execute { [self] in sendBatch() }
    }

    /// Everything that came in this turn of the loop, in one piece.
    private func sendBatch() {
        let batch = mail.batch
        mail.batch = PushBatch()
        mail.isBatchDue = false
        guard let journal = messages.journal else { return }
        // From the writer's thread: one hop back with the acknowledgements, one to the desk with what is new.
        journal.add(batch.items.map(\.entry)) { [self] rows in
            messages.committed(batch.items, rows, lane: index)
            door.enter { self.committed(batch, duplicates: rows.count { $0 == nil }) }
        }
    }

    /// It is in the journal: now, and not before, it is acknowledged. An older generation's acknowledgement is dropped; the
    /// gateway delivers again, and meets the unique key.
    private func committed(_ batch: PushBatch, duplicates: Int) {
        counters.duplicates &+= UInt64(duplicates)
        var touched: [Int] = []
        for item in batch.items {
            let index = Int(item.slot)
            let session = slots[index].session
            guard session.generation == item.generation, slots[index].account?.id == item.account.id,
                isServed(index), let link = slots[index].link, link.isOpen,
                let kind = item.kind,
                let bytes = batch.acknowledgements.getSlice(at: item.offset, length: item.length)
            else { continue }
            link.send(bytes, as: kind)
            counters.messagesAcknowledged &+= UInt64(item.entry.messages.count + item.entry.unreadable.count)
            if !slots[index].hasUnflushedAcknowledgements {
                slots[index].hasUnflushedAcknowledgements = true
                touched.append(index)
            }
        }
        for index in touched where slots[index].hasUnflushedAcknowledgements {
            slots[index].hasUnflushedAcknowledgements = false
            slots[index].link?.flush()
        }
    }

    // MARK: Acknowledged when handled

    private func hold(_ push: Push, _ entry: JournalEntry, _ index: Int, _ account: Account) -> HeldAcknowledgement? {
        scratch.clear()
        guard let kind = account.dialect.writeAcknowledgement(of: push, into: &scratch) else { return nil }
        return HeldAcknowledgement(
            account: account.id, lane: self.index, slot: UInt32(index), generation: slots[index].session.generation,
            bytes: scratch,
            kind: kind, items: entry.messages.count + entry.unreadable.count)
    }

    /// All that these pushes brought is handled.
    func acknowledge(_ held: [HeldAcknowledgement]) {
        for held in held {
            let index = Int(held.slot)
            guard slots[index].session.generation == held.generation, slots[index].account?.id == held.account,
                isServed(index), let link = slots[index].link, link.isOpen
            else { continue }
            link.send(held.bytes, as: held.kind)
            link.flush()
            counters.messagesAcknowledged &+= UInt64(held.items)
        }
    }

    // MARK: Back-pressure (T7)

    /// The journal can take more, or not.
    func journalPressure(_ pressure: JournalPressure) {
        mail.isJournalFull = pressure != .none
        guard pressure == .none else { return }
        let now = observe()
        let waiting = mail.waitingForJournal
        mail.waitingForJournal = []
        for slot in waiting {
            slots[Int(slot)].isWaitingForJournal = false
            setReading(Int(slot), at: now)
        }
    }

    /// An account's handlers keep up, or not.
    func setWaitsForHandlers(_ waits: Bool, slot: UInt32, id: String) {
        guard let index = find(slot, id: id), slots[index].isWaitingForHandlers != waits else { return }
        slots[index].isWaitingForHandlers = waits
        setReading(index, at: observe())
    }

    /// Reads from a socket, or not, as is right now. The session is told: time in which nothing is read is no evidence
    /// against the peer (H8).
    func setReading(_ index: Int, at now: Moment) {
        let mustPause = slots[index].isWaitingForJournal || slots[index].isWaitingForHandlers
        guard mustPause != slots[index].isReadingPaused, let link = slots[index].link,
            slots[index].session.state == .connected
        else { return }
        slots[index].isReadingPaused = mustPause
        if mustPause {
            counters.readingPauses &+= 1
            link.pauseReading()
            slots[index].session.readingPaused(at: now)
        } else {
            link.resumeReading()
            carryOut(slots[index].session.readingResumed(at: now, using: &generator), on: index, at: now)
        }
        settle(index)
    }
}

extension InboundItem {
    /// Somebody says something. What is not a message is for handlers that want everything.
    var isMessage: Bool { id != nil || chat != nil || text != nil }
}

extension JournalMessage {
    /// An item without a name of its own is named by its content: the same bytes twice are the same item.
    init(_ item: InboundItem, at now: WallTime) {
        let raw = Array(item.raw.readableBytesView)
        let id =
            item.id ?? "sha256:"
            + SHA256.hash(data: raw).prefix(16).map { String($0, radix: 16) }.joined(separator: ".")
        self.init(
            id: id, chat: item.chat ?? "", receivedAt: now, sentAt: item.sentAt, sender: item.sender,
            name: item.senderName, text: item.text, item: item.item, isGroup: item.isGroup, isOwn: item.isOwn, raw: raw)
    }
}
