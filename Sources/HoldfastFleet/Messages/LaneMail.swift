import DequeModule
import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// What a lane has to do with messages, beside its sessions.
struct LaneMail {
    /// What came in this turn of the loop and goes to the journal in one piece.
    var batch = PushBatch()
    var isBatchDue = false
    /// What came in this turn of the loop, is in no journal, and goes to the desk in one piece.
    var held: [HeldPush] = []
    /// The journal wants nothing more for now.
    var isJournalFull = false
    /// Sockets that are not read because the journal is full.
    var waitingForJournal: [UInt32] = []
    /// Slots with messages of ours that are still to be sent or confirmed.
    var senders: Set<Int> = []
    /// Nothing more is taken in: the process is going down.
    var isClosed = false
}

/// Pushes on their way into the journal, with what acknowledges them.
struct PushBatch: Sendable {
    struct Item: Sendable {
        var slot: UInt32
        var generation: UInt32
        var account: Account
        var entry: JournalEntry
        /// How it is acknowledged; nil if its dialect acknowledges nothing.
        var kind: FrameKind?
        /// Where the acknowledgement lies in `acknowledgements`.
        var offset: Int
        var length: Int
    }

    var items: [Item] = []
    /// The bytes of all acknowledgements, one after the other: one allocation for many.
    var acknowledgements = ByteBuffer()
}

/// What a lane has of an account only once it has messages. Touched on the lane's loop only.
final class Mailbox {
    /// Messages of ours; nil until there is one.
    var outbox: Outbox?
    /// Ids that came lately, in the mode that keeps no journal (T2); nil in the others, and before the first.
    var recent: RecentIDs?

    /// False for an id that came before.
    func takes(_ id: String, keptFor: Duration, at now: Instant) -> Bool {
        Self.ids(&recent, keptFor) { $0.insert(id, at: now) }
    }

    /// How many of these came before. `look` is not changed, only not copied.
    func take(_ look: inout PushLook, keptFor: Duration, at now: Instant) -> Int {
        Self.ids(&recent, keptFor) { ids in
            (0..<look.count).count { number in look.withID(number) { ids.insert($0, at: now) } == false }
        }
    }

    private static func ids<Result>(
        _ recent: inout RecentIDs?, _ keptFor: Duration, _ body: (inout RecentIDs) -> Result
    ) -> Result {
        // Taken out while they grow, so that their memory has one owner and is not copied.
        var ids = recent.take() ?? RecentIDs(keptFor: keptFor)
        defer { recent = ids }
        return body(&ids)
    }
}

/// A push of which nothing is in the journal, on its way to the desk.
struct HeldPush: Sendable {
    var entry: JournalEntry
    /// Nil if it has been acknowledged, or nothing is.
    var acknowledgement: HeldAcknowledgement?
    /// The lane has left out what came before.
    var isNew: Bool
}

/// Messages of ours of one account, in the order in which they leave.
struct Outbox {
    struct Item {
        var message: OutboxMessage
        /// Its number on this connection; nil until it is sent there.
        var number: UInt32?
    }

    var items: Deque<Item> = []
    var nextNumber: UInt32 = 1
    /// Messages that may wait for their answer at once. More would only pile up at a gateway that is slow.
    private(set) var window = Outbox.windowSize
    /// The gateway has asked for rest.
    private var restsUntil: Instant?
    private var nextRest = Outbox.shortestRest

    static let windowSize = 32
    static let shortestRest = Duration.seconds(1)
    static let longestRest = Duration.seconds(60)

    /// The gateway cannot take a message now, and may later: too many of them (429), or a trouble of its own (5xx). Any other
    /// refusal is of the message.
    static func isPassing(_ code: Int) -> Bool { code == 429 || (500...599).contains(code) }

    /// This message is to be sent again, it alone, after a rest that doubles each time. False if there is no such message.
    mutating func rest(_ number: UInt32, at now: Instant) -> Bool {
        guard let index = items.prefix(Self.windowSize).firstIndex(where: { $0.number == number }) else { return false }
        items[index].number = nil
        window = 1
        // Several that were under way together are refused together: that is one rest.
        guard !isResting(at: now) else { return true }
        restsUntil = now + nextRest
        nextRest = min(nextRest * 2, Self.longestRest)
        return true
    }

    func isResting(at now: Instant) -> Bool { restsUntil.map { $0 > now } ?? false }

    /// The gateway takes messages.
    mutating func goFaster() {
        window = min(window * 2, Self.windowSize)
        nextRest = Self.shortestRest
    }

    /// The connection is gone: whatever was not confirmed is sent again on the next one.
    mutating func connectionLost() {
        for index in items.indices { items[index].number = nil }
        nextNumber = 1
    }

    mutating func remove(number: UInt32) -> OutboxMessage? {
        guard let index = items.prefix(Self.windowSize).firstIndex(where: { $0.number == number }) else { return nil }
        return items.remove(at: index).message
    }

    mutating func removeExpired(at now: WallTime) -> [OutboxMessage] {
        guard items.contains(where: { $0.message.expiresAt <= now }) else { return [] }
        let expired = items.filter { $0.message.expiresAt <= now }.map(\.message)
        items.removeAll { $0.message.expiresAt <= now }
        return expired
    }
}
