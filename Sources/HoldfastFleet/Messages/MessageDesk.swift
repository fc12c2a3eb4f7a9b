import DequeModule
import HoldfastCore
import HoldfastStore
import Logging
import NIOCore
import Synchronization

/// What happens to messages after they have been taken in, for all accounts: carries out what each account's `Intake`
/// orders. A loop of its own, so that a flood of messages delays no heartbeat.
///
/// - `MessageDesk.swift`: what comes in, and timers.
/// - `MessageDesk+Work.swift`: handlers at work.
/// - `MessageDesk+Held.swift`: messages that are in no journal.
/// - `MessageDesk+Outbox.swift`: messages of ours.
/// - `MessageDesk+Pauses.swift`: people who answer themselves.
/// - `MessageDesk+Life.swift`: start, reload, end.
///
/// Sendable although it has mutable state. What is `var` here is touched on `loop` only, and methods that others call hop there
/// first; the one exception is `lanes`, which is set once before anything can reach the desk, and only read on `loop` from then on.
/// What is read or written elsewhere, too, is `let` and guards itself.
final class MessageDesk: @unchecked Sendable {
    let loop: any EventLoop
    let door: LoopDoor
    /// Nil if nothing is kept on disk.
    let journal: Journal?
    let roster: Roster
    let logger: Logger
    let figures = Mutex(MessageFigures())
    let ending = EndingFlag()
    let kept = Mutex(JournalRetention())
    /// In force now. A delivery that is tried again asks anew each time.
    let routes = Mutex<[Answerer]>([])

    var lanes: [Lane] = []
    var inboxes: [String: Inbox] = [:]
    private var nextInbox: UInt64 = 0
    /// Chats whose turn has come, while all handlers are busy.
    var jobs: Deque<Job> = []
    var running: [UInt64: RunningJob] = [:]
    var nextJob: UInt64 = 0
    /// Those who wait for what becomes of a message of ours, by account and client id.
    var watches: [String: Watch] = [:]
    /// New messages that came before what was left from the last time.
    var early: [NewMessage]? = []
    var isDraining = false
    var hasEnded = false
    var drained: [CheckedContinuation<Void, Never>] = []
    let sweeper = Mutex<Task<Void, Never>?>(nil)
    /// Bytes of messages that are in no journal, of all accounts. Changed on the loop, read from anywhere.
    let heldBytes = Atomic<Int>(0)
    /// Less in tests.
    var heldLimitBytes = MessageDesk.heldLimitBytes
    private let everything = Atomic<Bool>(false)
    private let anything = Atomic<Bool>(false)

    struct Job {
        var inbox: Inbox
        var chat: String
        var limit: Int
    }

    struct RunningJob {
        var inbox: UInt64
        var task: Task<Void, Never>
    }

    /// A message that has just been written to the journal.
    struct NewMessage: Sendable {
        var account: String
        var chat: String
        var row: Int64
        /// The account's own message.
        var own: JournalMessage?
    }

    /// Handlers that are at work at once, for all accounts.
    static let concurrency = 1_000
    /// Bytes of messages that may be held in memory, of all accounts. Beyond it no socket is read whose account holds any.
    static let heldLimitBytes = 256 << 20

    init(loop: any EventLoop, journal: Journal?, roster: Roster, logger: Logger) {
        self.loop = loop
        door = LoopDoor(to: loop)
        self.journal = journal
        self.roster = roster
        self.logger = logger
    }

    /// Some handler wants items that are no chat messages, too.
    var wantsEverything: Bool {
        get { everything.load(ordering: .relaxed) }
        set { everything.store(newValue, ordering: .relaxed) }
    }

    /// There are handlers. Without any, messages are acknowledged and known when they come again, and that is all.
    var wantsMessages: Bool {
        get { anything.load(ordering: .relaxed) }
        set { anything.store(newValue, ordering: .relaxed) }
    }

    /// Hands a task to the loop. False if the desk has ended.
    @discardableResult
    func enter(_ task: @escaping @Sendable () -> Void) -> Bool {
        door.enter(task)
    }

    /// Nil if the desk has ended.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (MessageDesk) -> Answer) async -> Answer? {
        await door.ask { question(self) }
    }

    // MARK: What comes in

    /// A lane's batch is in the journal. Called on the journal's thread.
    func committed(_ items: [PushBatch.Item], _ rows: [Int64?], lane: Int) {
        var new: [NewMessage] = []
        var unwanted: UInt64 = 0
        var next = rows.startIndex
        for item in items {
            for message in item.entry.messages {
                guard next < rows.endIndex else { break }
                if let row = rows[next] {
                    if item.entry.isWanted || message.isOwn {
                        new.append(
                            NewMessage(
                                account: item.account.id, chat: message.chat, row: row,
                                own: message.isOwn ? message : nil))
                    } else {
                        unwanted += 1
                    }
                }
                next += 1
            }
        }
        if unwanted > 0 { figures.withLock { [unwanted] in $0.handled[.unmatched] += unwanted } }
        guard !new.isEmpty else { return }
        enter { [new] in self.take(new) }
    }

    func take(_ new: [NewMessage]) {
        if early != nil {
            early?.append(contentsOf: new)
            return
        }
        let now = ProcessClock.moment
        var touched: [Inbox] = []
        for message in new {
            guard let inbox = inbox(of: message.account) else { continue }
            if touched.last !== inbox { touched.append(inbox) }
            if let own = message.own {
                decide(own, inbox, at: now)
            } else {
                inbox.waiting += 1
                add(message.row, message.chat, inbox, at: now)
            }
        }
        for inbox in touched { settle(inbox, at: now) }
    }

    /// Nil if there is no such account any more.
    func inbox(of id: String) -> Inbox? {
        if let known = inboxes[id] { return known }
        guard let entry = roster.find(id) else { return nil }
        nextInbox += 1
        let inbox = Inbox(entry.account, number: nextInbox, lane: Int(entry.key.lane), slot: entry.key.slot)
        inboxes[id] = inbox
        return inbox
    }

    /// The inbox that something was begun for. Nil if its account is gone, even if it has come back since.
    func inbox(of id: String, number: UInt64) -> Inbox? {
        guard let inbox = inboxes[id], inbox.number == number else { return nil }
        return inbox
    }

    /// A row of the journal begins to wait.
    func add(_ row: Int64, _ chat: String, _ inbox: Inbox, at now: Moment) {
        // What is skipped needs no place.
        let isSkipped = inbox.intake.isPaused(chat, at: now.wall)
        guard !inbox.isOverfull || isSkipped || inbox.intake.isTracking(chat) else {
            // It comes with the others that wait in the journal.
            if inbox.isRefilling { inbox.late.append((chat, row)) }
            return
        }
        // Rows count upwards. The refill may have brought this one before the writer told of it.
        if let last = inbox.rows[chat]?.last, last >= row { return }
        inbox.rows[chat, default: []].append(row)
        carryOut(inbox.intake.committed(chat: chat, count: 1, at: now), inbox)
        if !inbox.intake.isTracking(chat), inbox.rows.removeValue(forKey: chat) != nil { inbox.isOverfull = true }
    }

    // MARK: Orders

    func carryOut(_ orders: [Intake.Order], _ inbox: Inbox) {
        for order in orders {
            switch order {
            case .handle(let chat, let limit): jobs.append(Job(inbox: inbox, chat: chat, limit: limit))
            case .skip(let chat): skip(chat, inbox)
            case .refill: refill(inbox)
            }
        }
        startJobs()
    }

    private func skip(_ chat: String, _ inbox: Inbox) {
        // What is with a handler stays: its outcome is what counts.
        let busy = inbox.busy[chat] ?? 0
        let isInJournal = inbox.rows[chat]?.isEmpty == false
        let rows = inbox.rows[chat].map { Array($0.dropFirst(busy)) } ?? []
        inbox.rows[chat]?.removeLast(rows.count)
        if inbox.isRefilling { inbox.doneMeanwhile.formUnion(rows) }
        if inbox.rows[chat]?.isEmpty == true { inbox.rows[chat] = nil }
        let held = skipHeld(chat, sparing: isInJournal ? 0 : busy, inbox)
        guard !rows.isEmpty || held > 0 else { return }
        inbox.waiting -= rows.count
        figures.withLock { $0.handled[.skipped] += UInt64(rows.count + held) }
        guard let journal, !rows.isEmpty else { return }
        Task { try? await journal.skip(rows: rows) }
    }

    /// Fetches what waits in the journal and is not kept track of.
    func refill(_ inbox: Inbox) {
        guard let journal, inbox.isOverfull, !inbox.isRefilling else { return }
        inbox.isRefilling = true
        let (id, number) = (inbox.id, inbox.number)
        Task {
            let waiting = try? await journal.waiting(of: id, limit: 2 * Inbox.waitingLimit)
            self.enter { self.refilled(id, number, waiting) }
        }
    }

    /// - Parameter waiting: nil if the journal could not be read.
    private func refilled(_ id: String, _ number: UInt64, _ waiting: [WaitingMessage]?) {
        guard let inbox = inbox(of: id, number: number) else { return }
        let now = ProcessClock.moment
        inbox.isRefilling = false
        let (done, late) = (inbox.doneMeanwhile, inbox.late)
        (inbox.doneMeanwhile, inbox.late) = ([], [])
        guard let waiting else {
            loop.assumeIsolated().scheduleTask(in: .seconds(5)) { [weak self] in
                guard let self, self.inboxes[id] === inbox, !self.isDraining else { return }
                self.refill(inbox)
            }
            return
        }
        inbox.isOverfull = false
        let last = waiting.last?.row ?? 0
        var fetched: Set<String> = []
        for (chat, row) in waiting.map({ ($0.chat, $0.row) }) + late.filter({ $0.row > last })
        where !done.contains(row) && (fetched.contains(chat) || !inbox.intake.isTracking(chat)) {
            fetched.insert(chat)
            add(row, chat, inbox, at: now)
        }
        settle(inbox, at: now)
    }

    // MARK: Time

    /// What follows every change of an inbox: it is woken in time, and its socket is read or not.
    func settle(_ inbox: Inbox, at now: Moment) {
        let deadline = inbox.intake.deadline ?? .distantFuture
        if deadline != inbox.alarmAt {
            inbox.alarm?.cancel()
            inbox.alarm = nil
            inbox.alarmAt = deadline
            if deadline != .distantFuture, !isDraining {
                let id = inbox.id
                inbox.alarm = loop.scheduleTask(
                    deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))
                ) { [weak self] in self?.wake(id) }
            }
        }
        let mustPause = inbox.isReadingPaused ? !hasRoom(inbox) : isFull(inbox)
        guard mustPause != inbox.isReadingPaused else { return }
        inbox.isReadingPaused = mustPause
        let (lane, slot, id) = (lanes[inbox.lane], inbox.slot, inbox.id)
        lane.door.enter { lane.setWaitsForHandlers(mustPause, slot: slot, id: id) }
    }

    private func isFull(_ inbox: Inbox) -> Bool {
        inbox.isFull || (inbox.heldCount > 0 && heldBytes.load(ordering: .relaxed) >= heldLimitBytes)
    }

    /// Whoever holds nothing any more may always read on: nobody waits for the messages of others, and nobody has to be woken
    /// when these are handled.
    private func hasRoom(_ inbox: Inbox) -> Bool {
        inbox.hasRoom && (inbox.heldCount == 0 || heldBytes.load(ordering: .relaxed) < heldLimitBytes / 2)
    }

    private func wake(_ id: String) {
        guard let inbox = inboxes[id], !isDraining else { return }
        let now = ProcessClock.moment
        inbox.alarmAt = .distantFuture
        inbox.alarm = nil
        carryOut(inbox.intake.wake(at: now), inbox)
        settle(inbox, at: now)
    }
}
