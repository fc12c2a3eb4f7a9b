import HoldfastCore
import HoldfastStore
import Logging
import NIOCore
import Synchronization

extension MessageDesk {
    /// What the journal has kept from the last time.
    struct Leftovers: Sendable {
        var waiting: [NewMessage] = []
        var undecided: [NewMessage] = []
        var outbox: [OutboxMessage] = []
        /// Messages of ours of the last minute.
        var recent: [OutboxMessage] = []
        var pauses: [StoredPause] = []
    }

    /// Reads what is left, before anything new can come.
    static func leftovers(of journal: Journal?) async throws(StoreError) -> Leftovers {
        var left = Leftovers()
        guard let journal else { return left }
        let now = ProcessClock.wall
        left.undecided = try await journal.undecided(limit: 100_000).map {
            NewMessage(account: $0.account, chat: $0.message.chat, row: 0, own: $0.message)
        }
        var last: Int64 = 0
        while true {
            let page = try await journal.waiting(after: last, limit: 10_000)
            left.waiting += page.map { NewMessage(account: $0.account, chat: $0.chat, row: $0.row) }
            guard page.count == 10_000, let row = page.last?.row else { break }
            last = row
        }
        for account in try await journal.accountsWithOutbox() {
            left.outbox += try await journal.openOutbox(of: account, limit: 10_000)
        }
        left.recent = try await journal.recentOutbox(since: now - .seconds(60), limit: 10_000)
        var cursor: String?
        repeat {
            let page = try await journal.pauses(at: now, limit: 10_000, cursor: cursor)
            left.pauses += page.elements
            cursor = page.next
        } while cursor != nil
        return left
    }

    /// Begins to work, first on what is left from the last time. The accounts have to be known by now.
    func start(_ left: Leftovers) {
        enter { [self] in
            let now = ProcessClock.moment
            for pause in left.pauses {
                guard let inbox = inbox(of: pause.account) else { continue }
                _ = inbox.intake.pause(chat: pause.chat, until: pause.until, at: now)
            }
            for message in left.recent {
                guard let inbox = inbox(of: message.account) else { continue }
                let at = now.instant - max(.zero, now.wall.since(message.createdAt))
                inbox.authorship.sent(clientID: message.clientID, chat: message.chat, text: message.text, at: at)
                if let id = message.remoteID { inbox.authorship.confirmed(clientID: message.clientID, messageID: id) }
            }
            for message in left.outbox {
                guard let inbox = inbox(of: message.account) else { continue }
                queue([message], inbox, at: now)
            }
            let early = early ?? []
            self.early = nil
            take(left.undecided + left.waiting + early)
            forgetStrangers(Set((left.undecided + left.waiting).map(\.account)))
        }
        guard let journal else { return }
        let task = Task {
            while !Task.isCancelled {
                // A disk that takes nothing is told of elsewhere; the next sweep comes.
                let hasMore = (try? await journal.sweep(kept.withLock { $0 }, at: ProcessClock.wall)) ?? false
                try? await Task.sleep(for: hasMore ? .milliseconds(10) : .seconds(1))
            }
        }
        sweeper.withLock { $0 = task }
    }

    /// The handlers are declared otherwise from now on. To be called before there is an account whose messages they are for: what
    /// comes for it must find its handler.
    func declare(_ handlers: [HandlerRoute]) {
        let (now, replaced) = routes.withLock { routes in
            var old = routes
            let replaced = old.map(\.route)
            routes = handlers.enumerated().map { place, route in
                let route = route.keepingProgram(of: replaced, logger)
                guard let known = old.firstIndex(where: { $0.route.isSame(as: route) }) else {
                    return Answerer(route: route, trouble: HandlerTrouble(of: place + 1, logger: logger))
                }
                let trouble = old.remove(at: known).trouble
                trouble.move(to: place + 1)
                return Answerer(route: route, trouble: trouble)
            }
            return (routes.map(\.route), replaced)
        }
        wantsMessages = !now.isEmpty
        wantsEverything = now.contains { $0.match.wantsEverything }
        Self.close(replaced, but: now)
    }

    /// The accounts are declared otherwise, and the roster knows it.
    func apply(_ accounts: [AccountConfiguration]) {
        var retention = JournalRetention()
        retention.handled = accounts.map(\.intake.dedupe).max() ?? retention.handled
        kept.withLock { $0 = retention }
        enter { [self] in
            let now = ProcessClock.moment
            var gone: Set<String> = []
            for inbox in inboxes.values {
                guard let entry = roster.find(inbox.id) else {
                    gone.insert(inbox.id)
                    continue
                }
                inbox.account = entry.account
                inbox.lane = Int(entry.key.lane)
                inbox.slot = entry.key.slot
                inbox.intake.settings = entry.account.configuration.intake
                settle(inbox, at: now)
            }
            forgetStrangers(gone)
        }
    }

    /// An account has been removed. Returns when nothing of it is left here, so that it may come back with an inbox of its own.
    func forget(_ id: String) async {
        _ = await ask { desk in desk.forgetStrangers([id]) }
    }

    /// What waits in accounts that are gone becomes letters: nobody will ask for it again.
    private func forgetStrangers(_ accounts: Set<String>) {
        for id in accounts where roster.find(id) == nil {
            if let inbox = inboxes.removeValue(forKey: id) { drop(inbox) }
            for watch in watches.values where watch.message.account == id {
                end(watch, .refused, "the account is gone")
            }
            guard let journal else { continue }
            Task { [logger] in
                guard let made = try? await journal.makeLetters(ofRemoved: id, at: ProcessClock.wall), made > 0 else {
                    return
                }
                logger.warning(
                    "an account is gone: what waited there became letters",
                    metadata: ["account": "\(id)", "messages": "\(made)"])
            }
        }
    }

    /// Handlers that are at work for it are told that nobody waits for what they say.
    private func drop(_ inbox: Inbox) {
        inbox.alarm?.cancel()
        heldBytes.subtract(inbox.heldBytes, ordering: .relaxed)
        jobs.removeAll { $0.inbox === inbox }
        for job in running.values where job.inbox == inbox.number { job.task.cancel() }
    }

    /// Begins nothing new, and lets handlers finish, for at most `patience`.
    func drain(within patience: Duration) async {
        sweeper.withLock { $0?.cancel() }
        ending.set()
        await withCheckedContinuation { continuation in
            let isIn = enter { [self] in
                isDraining = true
                for inbox in inboxes.values { inbox.alarm?.cancel() }
                guard !running.isEmpty else { return continuation.resume() }
                drained.append(continuation)
                loop.assumeIsolated().scheduleTask(in: TimeAmount(patience)) { [self] in
                    for job in running.values { job.task.cancel() }
                    for waiter in drained { waiter.resume() }
                    drained = []
                }
            }
            if !isIn { continuation.resume() }
        }
        // What has been taken in is acknowledged while there are sockets to do it with.
        await journal?.barrier()
    }

    /// Ends for good. Nothing reaches the loop any more when it returns.
    func stop() async {
        _ = await ask { desk in
            desk.hasEnded = true
            for job in desk.running.values { job.task.cancel() }
            for watch in desk.watches.values { watch.end(with: nil) }
            desk.watches = [:]
            desk.inboxes = [:]
            desk.lanes = []
        }
        await door.shut()
        Self.close(routes.withLock { $0.map(\.route) }, but: [])
    }

    /// Handlers that nothing will be handed to any more.
    private static func close(_ old: [HandlerRoute], but kept: [HandlerRoute]) {
        let kept = Set(kept.compactMap { ($0.handler as? CommandHandler).map(ObjectIdentifier.init) })
        for route in old {
            guard let handler = route.handler as? CommandHandler, !kept.contains(ObjectIdentifier(handler)) else {
                continue
            }
            handler.close()
        }
    }
}

extension HandlerRoute {
    /// A program that is declared as before goes on running.
    fileprivate func keepingProgram(of old: [HandlerRoute], _ logger: Logger) -> HandlerRoute {
        guard let handler = handler as? CommandHandler else { return self }
        handler.log(to: logger)
        let known = old.lazy.compactMap { $0.handler as? CommandHandler }.first {
            $0.configuration == handler.configuration
        }
        return HandlerRoute(match, known ?? handler)
    }

    /// It is declared as before, as far as can be told: nothing says what a closure does, and rules never fail.
    fileprivate func isSame(as other: HandlerRoute) -> Bool {
        guard match == other.match else { return false }
        if let handler = handler as? WebhookHandler { return handler == other.handler as? WebhookHandler }
        guard type(of: handler) is AnyClass, type(of: other.handler) is AnyClass else { return false }
        return handler as AnyObject === other.handler as AnyObject
    }
}
