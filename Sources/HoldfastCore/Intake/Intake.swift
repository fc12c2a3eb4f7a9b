import DequeModule
import HeapModule

/// What happens next to the messages of one account that are safely in the journal: gather a chat's messages until it
/// rests, keep their order, hand them over, no more chats at once than allowed, none in a chat where a human answers.
///
/// It knows chats and counts, never the messages themselves: those are read from the journal when their turn comes. So
/// its size depends on how many chats are busy, and on nothing that a sender can make large. It exists from an account's
/// first message on.
public struct Intake: Sendable {
    public var settings: IntakeSettings
    /// More chats are in the journal than are kept track of here.
    public private(set) var hasBacklog = false
    /// Chats with a handler now.
    public private(set) var handling = 0

    private var chats: [String: Chat] = [:]
    /// When a chat is to be looked at; entries that a later message overtook are skipped.
    private var alarms = Heap<Alarm>()
    /// Chats that are due and wait for a handler, in the order in which they became due.
    private var due: Deque<String> = []
    private var pauses: [String: WallTime] = [:]
    /// With so many pauses those that are over are forgotten.
    private var mostPauses = Self.fewPauses
    private var nextNumber: UInt64 = 0

    private struct Chat: Hashable {
        var gatheredSince: Instant
        var dueAt: Instant
        /// Messages in the journal that no handler has seen.
        var waiting: Int
        var isHandling = false
        var isDue = false
    }

    private struct Alarm: Comparable {
        var at: Instant
        /// Makes the order of alarms at the same instant the order in which they were set.
        var number: UInt64
        var chat: String

        static func < (left: Alarm, right: Alarm) -> Bool {
            (left.at, left.number) < (right.at, right.number)
        }
    }

    /// What is to be done with a chat's messages.
    public enum Order: Hashable, Sendable {
        /// Read at most `limit` of the chat's waiting messages, oldest first, and hand them over; then call `finished`.
        case handle(chat: String, limit: Int)
        /// A human answers here: mark the chat's waiting messages as skipped.
        case skip(chat: String)
        /// There is room again: tell `committed` about waiting chats of the journal that are not known here.
        case refill
    }

    public init(settings: IntakeSettings = IntakeSettings()) {
        self.settings = settings
    }

    /// Chats that are kept track of.
    public var count: Int { chats.count }

    public func isTracking(_ chat: String) -> Bool { chats[chat] != nil }

    /// When `wake` must be called at the latest; nil if nothing is being gathered.
    public var deadline: Instant? { alarms.min?.at }

    /// New messages of a chat are in the journal.
    public mutating func committed(chat: String, count: Int, at now: Moment) -> [Order] {
        guard count > 0 else { return [] }
        if isPaused(chat, at: now.wall) { return [.skip(chat: chat)] }
        guard var known = chats[chat] ?? newChat(at: now.instant) else {
            hasBacklog = true
            return []
        }
        if known.waiting == 0 { known.gatheredSince = now.instant }
        known.waiting += count
        let rested = min(now.instant + settings.debounce, known.gatheredSince + settings.longestDebounce)
        known.dueAt = known.waiting >= settings.mostGathered ? now.instant : rested
        chats[chat] = known
        guard !known.isHandling, !known.isDue else { return [] }
        guard known.dueAt > now.instant else { return look(at: chat, now) }
        setAlarm(chat, at: known.dueAt)
        return []
    }

    /// The deadline has come.
    public mutating func wake(at now: Moment) -> [Order] {
        var orders: [Order] = []
        while let alarm = alarms.min, alarm.at <= now.instant {
            alarms.removeMin()
            orders += look(at: alarm.chat, now)
        }
        return orders
    }

    /// A chat's handler is done with `taken` messages, one way or the other: handled, skipped or made a letter.
    public mutating func finished(chat: String, taken: Int, at now: Moment) -> [Order] {
        guard var known = chats[chat], known.isHandling else { return [] }
        handling -= 1
        known.isHandling = false
        // The journal had fewer than were counted: they have been taken out by hand.
        known.waiting = taken > 0 ? max(0, known.waiting - taken) : 0
        var orders: [Order] = []
        if known.waiting == 0 {
            chats[chat] = nil
            orders += refill()
        } else {
            known.gatheredSince = now.instant
            chats[chat] = known
            orders += look(at: chat, now)
        }
        return orders + startDue(at: now)
    }

    // MARK: Pauses

    /// Silences automatic replies in a chat until then.
    public mutating func pause(chat: String, until: WallTime, at now: Moment) -> [Order] {
        pauses[chat] = until
        if pauses.count > mostPauses {
            pauses = pauses.filter { $0.value > now.wall }
            // Not again before there are twice as many, so that this costs next to nothing.
            mostPauses = max(Self.fewPauses, 2 * pauses.count)
        }
        guard let known = chats[chat], !known.isHandling, known.waiting > 0 else { return [] }
        return look(at: chat, now)
    }

    /// Ends a pause before its time. False if there was none.
    public mutating func lift(chat: String) -> Bool {
        pauses.removeValue(forKey: chat) != nil
    }

    public func isPaused(_ chat: String, at now: WallTime) -> Bool {
        guard let until = pauses[chat] else { return false }
        return until > now
    }

    /// Pauses that are remembered, those included that are over: at most twice as many as hold, and a few.
    package var pauseCount: Int { pauses.count }
    package static let fewPauses = 64

    // MARK: Turns

    private func newChat(at now: Instant) -> Chat? {
        chats.count < settings.chatLimit ? Chat(gatheredSince: now, dueAt: now, waiting: 0) : nil
    }

    /// Decides what is due in one chat now.
    private mutating func look(at chat: String, _ now: Moment) -> [Order] {
        guard var known = chats[chat], !known.isHandling, !known.isDue, known.waiting > 0 else { return [] }
        if isPaused(chat, at: now.wall) {
            chats[chat] = nil
            return [.skip(chat: chat)] + refill()
        }
        guard known.dueAt <= now.instant else {
            setAlarm(chat, at: known.dueAt)
            return []
        }
        known.isDue = true
        chats[chat] = known
        due.append(chat)
        return startDue(at: now)
    }

    private mutating func startDue(at now: Moment) -> [Order] {
        var orders: [Order] = []
        while handling < max(1, settings.concurrency), let chat = due.popFirst() {
            guard var known = chats[chat] else { continue }
            known.isDue = false
            if isPaused(chat, at: now.wall) {
                chats[chat] = nil
                orders.append(.skip(chat: chat))
                orders += refill()
                continue
            }
            known.isHandling = true
            chats[chat] = known
            handling += 1
            orders.append(.handle(chat: chat, limit: max(1, settings.mostGathered)))
        }
        return orders
    }

    private mutating func refill() -> [Order] {
        guard hasBacklog, chats.count < settings.chatLimit / 2 + 1 else { return [] }
        hasBacklog = false
        return [.refill]
    }

    private mutating func setAlarm(_ chat: String, at instant: Instant) {
        nextNumber += 1
        alarms.insert(Alarm(at: instant, number: nextNumber, chat: chat))
    }
}
