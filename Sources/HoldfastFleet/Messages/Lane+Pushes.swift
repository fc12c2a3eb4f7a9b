import Crypto
import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// What gateways hand over: into the journal, and acknowledged when it is there (requirements §7).
extension Lane {
    /// Whether what is delivered is taken: while there is a connection for it, and the process does not go down.
    func takesPushes(_ index: Int) -> Bool {
        slots[index].session.isServed && !mail.isClosed
    }

    /// What cannot be taken any more cannot be acknowledged either; a gateway that keeps it will deliver it again.
    func take(_ push: Push, _ index: Int, _ account: Account, at now: Moment) {
        guard !mail.isClosed, slots[index].messageReceived(at: now) else {
            counters.pushesDropped &+= 1
            return
        }
        if account.configuration.messages == .memory, takeAtOnce(push, index, account, at: now) { return }
        let (entry, items) = read(push, index, account, at: now)
        counters.messagesReceived &+= UInt64(items)
        guard items > 0 else { return acknowledge(push, index, account, items: 0) }
        switch account.configuration.messages {
        case .durable where messages.journal != nil: keep(push, entry, index, account)
        case .durable, .afterHandling:
            handOver(
                HeldPush(entry: entry, acknowledgement: hold(push, entry, index, account), isNew: false))
        case .memory:
            acknowledge(push, index, account, items: items)
            guard !entry.messages.isEmpty || !entry.unreadable.isEmpty else { break }
            handOver(HeldPush(entry: entry, acknowledgement: nil, isNew: true))
        }
        if mail.isJournalFull, account.configuration.messages == .durable, !slots[index].isWaitingForJournal {
            slots[index].isWaitingForJournal = true
            mail.waitingForJournal.append(UInt32(index))
            setReading(index, at: now)
        }
    }

    /// What nobody wants to read is told from what came before, counted and acknowledged; no text of it is made. So it is in the
    /// mode without a journal while there are no handlers. False, and nothing has been done, if there is more in the push than
    /// messages of others.
    private func takeAtOnce(_ push: Push, _ index: Int, _ account: Account, at now: Moment) -> Bool {
        guard !messages.wantsMessages, account.dialect.look(at: push, into: &look) else { return false }
        // Handed on in place: a copy would have to be counted in and out.
        if look.count > 0 {
            let duplicates = mailbox(index).take(&look, keptFor: account.configuration.intake.dedupe, at: now.instant)
            if let late = counters.take(&look, duplicates: duplicates, at: now.wall) {
                slots[index].messageDelay = .milliseconds(late)
            }
        }
        acknowledge(push, index, account, items: look.count)
        return true
    }

    private func acknowledge(_ push: Push, _ index: Int, _ account: Account, items: Int) {
        guard let link = slots[index].linkToAcknowledgeBy() else { return }
        // A stream that has ended can still deliver what it brought before; no acknowledgement leaves by it.
        let isWritten = link.write { account.dialect.writeAcknowledgement(of: push, into: &$0) }
        if isWritten { counters.messagesAcknowledged &+= UInt64(items) }
    }

    // MARK: What is in a push

    /// How many items a push has that somebody may want, and what of them is to be kept.
    private func read(
        _ push: Push, _ index: Int, _ account: Account, at now: Moment
    ) -> (entry: JournalEntry, items: Int) {
        var entry = JournalEntry(account: account.id, messages: [], isWanted: messages.wantsMessages)
        var count = 0
        var items = account.dialect.items(of: push)
        items.reverse()  // Taken out from the end, and so without a copy.
        while let item = items.popLast() {
            switch item {
            case .success(let item):
                if let sentAt = item.sentAt {
                    let late = now.wall.millisecondsSince(sentAt)
                    counters.delays.add(milliseconds: max(late, 0))
                    slots[index].messageDelay = .milliseconds(late)
                }
                guard item.isMessage || messages.wantsEverything else {
                    counters.otherItems &+= 1
                    continue
                }
                count += 1
                let id = item.id ?? JournalMessage.id(ofContent: item.raw)
                if account.configuration.messages == .memory, !goesOn(item, id, index, account, at: now) { continue }
                entry.messages.append(JournalMessage(item, id: id, at: now.wall))
            case .failure(let problem):
                count += 1
                counters.unreadableItems &+= 1
                let raw = push.frame.readableBytesView.prefix(Self.unreadableLimitBytes)
                entry.unreadable.append(
                    UnreadableItem(receivedAt: now.wall, problem: problem.description, raw: Array(raw)))
            }
        }
        return (entry, count)
    }

    /// Whether a message that is in no journal goes on to the desk. What came before does not (T2), and what nobody can handle
    /// has come to its end here. A message of the account's own goes there all the same: a person may have written it, and
    /// then its chat rests (T6).
    private func goesOn(_ item: InboundItem, _ id: String, _ index: Int, _ account: Account, at now: Moment) -> Bool {
        guard mailbox(index).takes(id, keptFor: account.configuration.intake.dedupe, at: now.instant) else {
            counters.duplicates &+= 1
            return false
        }
        guard !messages.wantsMessages, !item.isOwn else { return true }
        counters.unmatched &+= 1
        return false
    }

    func mailbox(_ index: Int) -> Mailbox {
        if let mailbox = slots[index].mailbox { return mailbox }
        let mailbox = Mailbox()
        slots[index].mailbox = mailbox
        return mailbox
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
            guard slots[index].session.generation == item.generation, slots[index].account?.id == item.account.id,
                slots[index].session.isServed, let link = slots[index].link, link.isOpen,
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

    // MARK: Into no journal

    /// One hop takes all of a turn of the loop to the desk.
    private func handOver(_ push: HeldPush) {
        mail.held.append(push)
        guard mail.held.count == 1 else { return }
        loop.execute { [self] in
            let held = mail.held
            mail.held = []
            messages.hold(held)
        }
    }

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
                slots[index].session.isServed, let link = slots[index].link, link.isOpen
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
    static func id(ofContent raw: ByteBuffer) -> String {
        let hash = SHA256.hash(data: Array(raw.readableBytesView))
        return "sha256:" + hash.prefix(16).map { String($0, radix: 16) }.joined(separator: ".")
    }

    init(_ item: InboundItem, id: String, at now: WallTime) {
        self.init(
            id: id, chat: item.chat ?? "", receivedAt: now, sentAt: item.sentAt, sender: item.sender,
            name: item.senderName, text: item.text, item: item.item, isGroup: item.isGroup, isOwn: item.isOwn,
            raw: Array(item.raw.readableBytesView))
    }
}
