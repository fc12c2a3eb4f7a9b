import HoldfastCore
import Testing

/// `#expect` for a condition that asks something that changes when it is asked.
private func holds(_ condition: Bool, at location: SourceLocation = #_sourceLocation) {
    #expect(condition, sourceLocation: location)
}

@Suite("Intake")
struct IntakeTests {
    private var now = Moment(instant: Instant(nanoseconds: 0), wall: WallTime(milliseconds: 1_000_000))

    private func settings(concurrency: Int = 100, chatLimit: Int = 10_000) -> IntakeSettings {
        var settings = IntakeSettings()
        settings.concurrency = concurrency
        settings.chatLimit = chatLimit
        return settings
    }

    /// Lets time pass to each deadline until `end`, and gives back what was ordered with its time.
    private mutating func run(_ intake: inout Intake, until end: Duration) -> [(at: Duration, order: Intake.Order)] {
        var orders: [(Duration, Intake.Order)] = []
        while let deadline = intake.deadline, deadline <= Instant(nanoseconds: 0) + end {
            if deadline > now.instant { now = now + deadline.since(now.instant) }
            let at = now.instant.since(Instant(nanoseconds: 0))
            orders += intake.wake(at: now).map { (at, $0) }
        }
        return orders
    }

    @Test("a chat's messages are handed over together after one second of rest")
    mutating func rest() {
        var intake = Intake()
        for _ in 0..<3 {
            holds(intake.committed(chat: "a", count: 1, at: now).isEmpty)
            now = now + .milliseconds(600)
        }
        let orders = run(&intake, until: .seconds(60))
        #expect(orders.map(\.order) == [.handle(chat: "a", limit: 50)])
        #expect(orders.first?.at == .milliseconds(2200))
    }

    @Test("a chat that never rests is handed over after five seconds")
    mutating func neverRests() {
        var intake = Intake()
        var handedOverAt: Duration?
        while handedOverAt == nil {
            _ = intake.committed(chat: "a", count: 1, at: now)
            now = now + .milliseconds(500)
            if !intake.wake(at: now).isEmpty { handedOverAt = now.instant.since(Instant(nanoseconds: 0)) }
        }
        #expect(handedOverAt == .seconds(5))
    }

    @Test("fifty messages do not wait for rest")
    mutating func many() {
        var intake = Intake()
        holds(intake.committed(chat: "a", count: 49, at: now).isEmpty)
        holds(intake.committed(chat: "a", count: 1, at: now) == [.handle(chat: "a", limit: 50)])
    }

    @Test("while a chat is being handled its next messages wait, in order")
    mutating func order() {
        var intake = Intake()
        _ = intake.committed(chat: "a", count: 50, at: now)
        holds(intake.committed(chat: "a", count: 70, at: now).isEmpty)
        holds(intake.finished(chat: "a", taken: 50, at: now) == [.handle(chat: "a", limit: 50)])
        holds(intake.finished(chat: "a", taken: 50, at: now).isEmpty == false)
        holds(intake.finished(chat: "a", taken: 20, at: now).isEmpty)
        #expect(intake.count == 0)
        #expect(intake.handling == 0)
    }

    @Test("no more chats at once than allowed; the others follow in the order in which they were due")
    mutating func concurrency() {
        var intake = Intake(settings: settings(concurrency: 2))
        for chat in ["a", "b", "c", "d"] { _ = intake.committed(chat: chat, count: 1, at: now) }
        let orders = run(&intake, until: .seconds(10)).map(\.order)
        #expect(orders == [.handle(chat: "a", limit: 50), .handle(chat: "b", limit: 50)])
        holds(intake.finished(chat: "b", taken: 1, at: now) == [.handle(chat: "c", limit: 50)])
        holds(intake.finished(chat: "a", taken: 1, at: now) == [.handle(chat: "d", limit: 50)])
    }

    @Test("in a paused chat messages are skipped, before, during and after gathering")
    mutating func pauses() {
        var intake = Intake()
        let until = now.wall + .seconds(600)
        _ = intake.committed(chat: "a", count: 1, at: now)
        holds(intake.pause(chat: "a", until: until, at: now) == [.skip(chat: "a")])
        holds(intake.committed(chat: "a", count: 1, at: now) == [.skip(chat: "a")])
        holds(intake.lift(chat: "a"))
        holds(!intake.lift(chat: "a"))
        holds(intake.committed(chat: "a", count: 50, at: now) == [.handle(chat: "a", limit: 50)])
        _ = intake.committed(chat: "a", count: 5, at: now)
        holds(intake.pause(chat: "a", until: until, at: now).isEmpty)
        holds(intake.finished(chat: "a", taken: 50, at: now) == [.skip(chat: "a")])
        now = now + .seconds(601)
        #expect(!intake.isPaused("a", at: now.wall))
        holds(intake.committed(chat: "a", count: 1, at: now).isEmpty)
    }

    @Test("pauses that are over do not pile up, and those that hold are kept")
    mutating func oldPauses() {
        var intake = Intake()
        let until = now.wall + .seconds(100_000)
        holds(intake.pause(chat: "long", until: until, at: now).isEmpty)
        for number in 0..<10_000 {
            _ = intake.pause(chat: "\(number)", until: now.wall + .seconds(10), at: now)
            now = now + .seconds(1)
        }
        #expect(intake.pauseCount <= Intake.fewPauses + 1)
        #expect(intake.isPaused("long", at: now.wall))
    }

    @Test("more chats than are kept track of wait in the journal, and are asked for when there is room")
    mutating func backlog() {
        var intake = Intake(settings: settings(chatLimit: 2))
        for chat in ["a", "b", "c"] { _ = intake.committed(chat: chat, count: 50, at: now) }
        #expect(intake.hasBacklog)
        #expect(intake.count == 2)
        holds(intake.finished(chat: "a", taken: 50, at: now) == [.refill])
        holds(intake.committed(chat: "c", count: 50, at: now) == [.handle(chat: "c", limit: 50)])
    }

    @Test("a chat whose messages were taken out by hand is forgotten")
    mutating func takenOut() {
        var intake = Intake()
        _ = intake.committed(chat: "a", count: 50, at: now)
        holds(intake.finished(chat: "a", taken: 0, at: now).isEmpty)
        #expect(intake.count == 0)
    }

    @Test("without debounce a message is handed over at once")
    mutating func noDebounce() {
        var settings = IntakeSettings()
        settings.debounce = .zero
        var intake = Intake(settings: settings)
        holds(intake.committed(chat: "a", count: 1, at: now) == [.handle(chat: "a", limit: 50)])
    }

    @Test("whatever happens in whatever order, every message is handed over or skipped, chats stay in order")
    mutating func random() {
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var intake = Intake(settings: settings(concurrency: 3, chatLimit: 6))
            now = Moment(instant: Instant(nanoseconds: 0), wall: WallTime(milliseconds: 1_000_000))
            var journal: [String: Int] = [:]
            var inHand: [String] = []
            func carryOut(_ orders: [Intake.Order]) {
                for order in orders {
                    switch order {
                    case .handle(let chat, _):
                        #expect(!inHand.contains(chat), "two handlers in one chat")
                        inHand.append(chat)
                        #expect(inHand.count <= 3)
                    case .skip(let chat):
                        journal[chat] = nil
                    case .refill:
                        for (chat, count) in journal.sorted(by: { $0.key < $1.key }) where !intake.isTracking(chat) {
                            carryOut(intake.committed(chat: chat, count: count, at: now))
                        }
                    }
                }
            }
            for step in 0..<400 {
                now = now + generator.duration(from: .zero, to: .milliseconds(700))
                let chat = "c\(Int.random(in: 0..<10, using: &generator))"
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<5 where step < 300:
                    journal[chat, default: 0] += 1
                    carryOut(intake.committed(chat: chat, count: 1, at: now))
                case 5 where step < 300:
                    carryOut(intake.pause(chat: chat, until: now.wall + .seconds(2), at: now))
                default:
                    if let done = inHand.first {
                        inHand.removeFirst()
                        let taken = min(50, journal[done] ?? 0)
                        journal[done] = (journal[done] ?? 0) > taken ? (journal[done] ?? 0) - taken : nil
                        carryOut(intake.finished(chat: done, taken: taken, at: now))
                    }
                }
                carryOut(intake.wake(at: now))
            }
            while intake.deadline != nil || !inHand.isEmpty {
                now = now + .seconds(1)
                carryOut(intake.wake(at: now))
                if let done = inHand.first {
                    inHand.removeFirst()
                    let taken = min(50, journal[done] ?? 0)
                    journal[done] = (journal[done] ?? 0) > taken ? (journal[done] ?? 0) - taken : nil
                    carryOut(intake.finished(chat: done, taken: taken, at: now))
                }
            }
            #expect(journal.isEmpty, "seed \(seed): \(journal) forgotten")
            #expect(intake.count == 0)
        }
    }
}

@Suite("Who wrote it")
struct AuthorshipTests {
    private let start = Instant(nanoseconds: 0)

    @Test("an answer of ours is known by its confirmed id, or by chat and text within a minute")
    func ours() {
        var authorship = Authorship()
        let settings = IntakeSettings()
        authorship.sent(clientID: "u1", chat: "a", text: "hello", at: start)
        holds(authorship.isOurs(messageID: "m1", chat: "a", text: "hello", at: start, settings))
        holds(!authorship.isOurs(messageID: "m1", chat: "b", text: "hello", at: start, settings))
        holds(!authorship.isOurs(messageID: "m1", chat: "a", text: "hi", at: start, settings))
        authorship.confirmed(clientID: "u1", messageID: "m1")
        holds(authorship.isOurs(messageID: "m1", chat: "b", text: "changed", at: start, settings))
        let later = start + .seconds(61)
        holds(!authorship.isOurs(messageID: "m1", chat: "a", text: "hello", at: later, settings))
    }

    @Test("remembers no more than its limit")
    func bounded() {
        var authorship = Authorship()
        for number in 0...Authorship.limit {
            authorship.sent(clientID: "\(number)", chat: "a", text: "\(number)", at: start)
        }
        holds(!authorship.isOurs(messageID: nil, chat: "a", text: "0", at: start, IntakeSettings()))
        holds(authorship.isOurs(messageID: nil, chat: "a", text: "1", at: start, IntakeSettings()))
    }
}

@Suite("Recent ids")
struct RecentIDsTests {
    @Test("an id is new once, until it is old or crowded out")
    func once() {
        var ids = RecentIDs(capacity: 3, keptFor: .seconds(10))
        let start = Instant(nanoseconds: 0)
        holds(ids.insert("a", at: start))
        holds(!ids.insert("a", at: start + .seconds(10)))
        holds(ids.insert("a", at: start + .seconds(11)))
        for id in ["b", "c", "d"] { holds(ids.insert(id, at: start + .seconds(11))) }
        #expect(ids.count == 3)
        holds(ids.insert("a", at: start + .seconds(12)))
    }

    @Test("it says what a list that is searched from end to end would say")
    func model() {
        var generator = SeededGenerator(seed: 11)
        for (capacity, limitBytes) in [(1, 1_000), (5, 1_000), (100, 200), (400, 1 << 20)] {
            var ids = RecentIDs(capacity: capacity, limitBytes: limitBytes, keptFor: .seconds(50))
            var model: [(id: String, at: Instant)] = []
            var now = Instant(nanoseconds: 0)
            for _ in 0..<5_000 {
                if Int.random(in: 0..<8, using: &generator) == 0 { now = now + .seconds(1) }
                let number = Int.random(in: 0..<600, using: &generator)
                let id = String(repeating: "x", count: number % 7) + "\(number)"
                model.removeAll { now.since($0.at) > .seconds(50) }
                let isNew = !model.contains { $0.id == id }
                if isNew {
                    while !model.isEmpty,
                        model.count >= capacity || model.map(\.id.utf8.count).reduce(id.utf8.count, +) > limitBytes
                    {
                        model.removeFirst()
                    }
                    model.append((id, now))
                }
                holds(ids.insert(id, at: now) == isNew)
                holds(ids.count == model.count)
            }
        }
    }

    @Test("ids are told apart by their bytes, and one that is longer than all may be is kept alone")
    func bytes() {
        var ids = RecentIDs(limitBytes: 100)
        let start = Instant(nanoseconds: 0)
        holds(ids.insert("\u{E9}", at: start))
        holds(ids.insert("e\u{301}", at: start))
        let long = String(repeating: "a", count: 1_000)
        holds(ids.insert(long, at: start))
        #expect(ids.count == 1)
        holds(!ids.insert(long, at: start))
        holds(ids.insert("b", at: start))
        #expect(ids.count == 1)
    }
}
