import DequeModule
import HoldfastCore
import HoldfastStore
import Logging
import NIOCore

/// Handlers at work. The order is the law: handed out under a delivery id that is written down, handled, and then marked
/// in one transaction with the replies (requirements §7).
extension MessageDesk {
    func startJobs() {
        while running.count < Self.concurrency, !isDraining, let job = jobs.popFirst() {
            guard job.inbox.openOutbox < Inbox.outboxLimit else {
                job.inbox.parked.append(job)
                figures.withLock { $0.outboxWaits &+= 1 }
                continue
            }
            start(job)
        }
    }

    /// Handlers rest while their account has too many replies that its gateway has not confirmed. There is an end to it:
    /// replies expire.
    func unpark(_ inbox: Inbox) {
        guard !inbox.parked.isEmpty, inbox.openOutbox < Inbox.outboxLimit / 2 else { return }
        jobs.append(contentsOf: inbox.parked)
        inbox.parked = []
        startJobs()
    }

    private func start(_ job: Job) {
        nextJob += 1
        let number = nextJob
        let (id, inbox, chat) = (job.inbox.id, job.inbox.number, job.chat)
        let worker = HandlerWorker(
            logger: logger, replyLifetime: Self.replyLifetime,
            answerer: { [self] delivery in
                routes.withLock { routes in routes.first { $0.route.match.matches(delivery) } }
            },
            ending: ending)
        if let rows = job.inbox.rows[chat], !rows.isEmpty, let journal {
            let rows = Array(rows.prefix(job.limit))
            job.inbox.busy[chat] = rows.count
            let task = Task {
                let outcome = await worker.handle(rows, of: id, chat: chat, in: journal)
                self.enter { self.finished(number, self.inbox(of: id, number: inbox), chat, rows, outcome) }
            }
            running[number] = RunningJob(inbox: inbox, task: task)
        } else {
            let delivery = heldDelivery(chat, job.limit, job.inbox)
            job.inbox.busy[chat] = delivery.messages.count
            let journal = journal
            let task = Task {
                let outcome = await worker.handle(delivery, in: journal)
                self.enter { self.finished(number, self.inbox(of: id, number: inbox), chat, delivery, outcome) }
            }
            running[number] = RunningJob(inbox: inbox, task: task)
        }
    }

    /// Messages of the journal are handled, one way or the other.
    ///
    /// - Parameter inbox: nil if the account is gone.
    private func finished(
        _ number: UInt64, _ inbox: Inbox?, _ chat: String, _ offered: [Int64], _ outcome: HandlerOutcome
    ) {
        running[number] = nil
        defer { endOfJob() }
        guard let inbox else { return }
        inbox.busy[chat] = nil
        guard outcome.kind != .abandoned else { return again(chat, inbox) }
        // What was offered and not taken up was taken out by hand, or belongs to the next delivery.
        let upTo = outcome.lastRow ?? offered.last ?? 0
        var taken = 0
        while let first = inbox.rows[chat]?.first, first <= upTo {
            inbox.rows[chat]?.removeFirst()
            if inbox.isRefilling { inbox.doneMeanwhile.insert(first) }
            taken += 1
        }
        if inbox.rows[chat]?.isEmpty == true { inbox.rows[chat] = nil }
        inbox.waiting -= taken
        finish(outcome, taken, chat, inbox)
    }

    /// The journal would not hand it out, or not take the mark: it is as it was, and its turn comes again.
    func again(_ chat: String, _ inbox: Inbox) {
        guard !isDraining else { return }
        let limit = inbox.intake.settings.mostGathered
        loop.assumeIsolated().scheduleTask(in: .seconds(5)) { [weak self] in
            guard let self, self.inboxes[inbox.id] === inbox else { return }
            self.jobs.append(Job(inbox: inbox, chat: chat, limit: limit))
            self.startJobs()
        }
    }

    func finish(_ outcome: HandlerOutcome, _ taken: Int, _ chat: String, _ inbox: Inbox) {
        let now = ProcessClock.moment
        figures.withLock { figures in
            figures.handled[outcome.kind] += UInt64(outcome.messages)
            if let took = outcome.took { figures.handlerSeconds.add(took.inSeconds) }
        }
        queue(outcome.replies, inbox, at: now)
        carryOut(inbox.intake.finished(chat: chat, taken: taken, at: now), inbox)
        settle(inbox, at: now)
    }

    func endOfJob() {
        startJobs()
        guard isDraining, running.isEmpty else { return }
        for waiter in drained { waiter.resume() }
        drained = []
    }

    /// How long a reply is sent again before it is given up.
    static let replyLifetime = Duration.seconds(600)
}

/// What became of a delivery.
struct HandlerOutcome: Sendable {
    var kind: HandledKind
    /// Messages in it.
    var messages = 0
    /// The last row of the journal that it took up.
    var lastRow: Int64?
    /// Replies that are in the outbox now, and were not there before.
    var replies: [OutboxMessage] = []
    /// How long the handler took, all its tries together.
    var took: Duration?
}

/// What can become of messages, as the metrics name it.
public enum HandledKind: String, Sendable, Hashable, CaseIterable {
    /// A handler took them.
    case handled
    /// No handler wants them.
    case unmatched
    /// A person answers in their chat.
    case skipped
    /// They became letters.
    case letter
    /// They were gone when their turn came, or the process ends; they are as they were.
    case abandoned
}

/// Carries one delivery through a handler. Lives on no loop.
struct HandlerWorker: Sendable {
    var logger: Logger
    var replyLifetime: Duration
    var answerer: @Sendable (Delivery) -> Answerer?
    var ending: EndingFlag

    /// Messages of the journal.
    func handle(_ rows: [Int64], of account: String, chat: String, in journal: Journal) async -> HandlerOutcome {
        do {
            guard let delivery = try await journal.handOut(account: account, chat: chat, rows: rows) else {
                return HandlerOutcome(kind: .handled)
            }
            return try await carry(delivery, in: journal)
        } catch {
            return HandlerOutcome(kind: .abandoned)
        }
    }

    /// Messages that are in no journal.
    func handle(_ delivery: Delivery, in journal: Journal?) async -> HandlerOutcome {
        do {
            return try await carry(delivery, in: journal)
        } catch {
            return HandlerOutcome(kind: .abandoned)
        }
    }

    /// Throws only if the journal has ended.
    private func carry(_ delivery: Delivery, in journal: Journal?) async throws -> HandlerOutcome {
        var outcome = HandlerOutcome(kind: .unmatched, messages: delivery.messages.count, lastRow: delivery.rows.last)
        let began = ProcessClock.instant
        let answer = await HandlerRetries(answerer: answerer, ending: ending).run(delivery)
        if answer != .unmatched { outcome.took = ProcessClock.instant.since(began) }
        switch answer {
        case .unmatched:
            _ = try await journal?.finish(delivery)
        case .replies(let texts):
            outcome.kind = .handled
            let replies = replies(texts, to: delivery)
            outcome.replies = try await journal?.finish(delivery, replies: replies) ?? replies
        case .letter(let code, let detail):
            outcome.kind = .letter
            try await journal?.makeLetters(of: delivery, code: code, detail: detail, at: ProcessClock.wall)
            logger.warning(
                "messages became letters",
                metadata: [
                    "account": "\(delivery.account)", "delivery": "\(delivery.id)", "code": "\(code)",
                    "detail": "\(detail)",
                ])
        case .abandoned:
            outcome.kind = .abandoned
        }
        return outcome
    }

    /// Each with a client id of its own, which is the same whenever the delivery is repeated.
    private func replies(_ texts: [String], to delivery: Delivery) -> [OutboxMessage] {
        guard let last = delivery.messages.last else { return [] }
        let now = ProcessClock.wall
        return texts.enumerated().map { index, text in
            OutboxMessage(
                account: delivery.account,
                clientID: Journal.clientID(account: delivery.account, message: last.id, index: index),
                chat: delivery.chat, receiver: last.sender ?? "", text: text, createdAt: now,
                expiresAt: now + replyLifetime)
        }
    }
}
