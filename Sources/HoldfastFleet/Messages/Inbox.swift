import DequeModule
import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// One account's messages between their journal and their handler. Exists from its first message on; touched on the desk's
/// loop only.
final class Inbox {
    let id: String
    /// Each inbox of the desk has its own: an account that was removed and added again has another inbox than before, and what
    /// was under way for the old one is nothing to it.
    let number: UInt64
    var account: Account
    var lane: Int
    var slot: UInt32
    var intake: Intake
    var authorship = Authorship()
    /// Rows of the journal that wait, by chat, oldest first; of the chats that the intake keeps track of.
    var rows: [String: Deque<Int64>] = [:]
    /// How many of a chat's messages are with a handler: the first ones.
    var busy: [String: Int] = [:]
    /// Messages that are in no journal, by chat, oldest first.
    var held: [String: Deque<HeldMessage>] = [:]
    var heldCount = 0
    var heldBytes = 0
    /// Ids of held messages, and acknowledgements that wait for them.
    var heldIDs: [String: [OpenAcknowledgement]] = [:]
    /// Ids that came lately, where neither the journal nor the lane knows them (T2).
    var recent: RecentIDs
    /// Messages in the journal that wait.
    var waiting = 0
    /// Messages of chats that are not kept track of are in the journal.
    var isOverfull = false
    var isRefilling = false
    /// What came, and what was done with, while the journal was asked.
    var late: [(chat: String, row: Int64)] = []
    var doneMeanwhile: Set<Int64> = []
    var alarm: Scheduled<Void>?
    var alarmAt = Instant.distantFuture
    var isReadingPaused = false
    /// Messages of ours that are with the lane.
    var openOutbox = 0
    /// Chats whose turn has come, while there are too many of these.
    var parked: [MessageDesk.Job] = []

    init(_ account: Account, number: UInt64, lane: Int, slot: UInt32) {
        id = account.id
        self.number = number
        self.account = account
        self.lane = lane
        self.slot = slot
        intake = Intake(settings: account.configuration.intake)
        recent = RecentIDs(keptFor: account.configuration.intake.dedupe)
    }

    /// Messages of one account that may wait in the journal before its socket is not read any more.
    static let waitingLimit = 100_000
    /// Messages of one account that may be held in memory, and their bytes.
    static let heldLimit = 10_000
    static let heldLimitBytes = 8 << 20
    /// Messages of ours that may be open before no handler is asked for more of them.
    static let outboxLimit = 10_000

    var isFull: Bool { waiting >= Self.waitingLimit || heldCount >= Self.heldLimit || heldBytes >= Self.heldLimitBytes }

    /// There is room enough to read again: not as soon as there is any, so that it does not pause for every message.
    var hasRoom: Bool {
        waiting < Self.waitingLimit / 10 * 9 && heldCount < Self.heldLimit / 2 && heldBytes < Self.heldLimitBytes / 2
    }
}

/// A message that is in no journal.
struct HeldMessage {
    var message: JournalMessage
}

/// The acknowledgement of a push all of whose items have to be handled first.
struct HeldAcknowledgement: Sendable {
    let account: String
    let lane: Int
    let slot: UInt32
    let generation: UInt32
    let bytes: ByteBuffer
    let kind: FrameKind
    let items: Int
}

/// One that waits. Made and counted down on the desk's loop only, by all the messages of its push.
final class OpenAcknowledgement {
    let acknowledgement: HeldAcknowledgement
    /// Items that are not handled yet.
    var open: Int

    init(_ acknowledgement: HeldAcknowledgement) {
        self.acknowledgement = acknowledgement
        open = acknowledgement.items
    }
}
