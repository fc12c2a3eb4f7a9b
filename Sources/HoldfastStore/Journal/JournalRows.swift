public import HoldfastCore

/// A message as the journal keeps it.
public struct JournalMessage: Sendable, Hashable {
    /// The message's own id at the gateway; unique within an account.
    public var id: String
    public var chat: String
    public var receivedAt: WallTime
    /// The message's own time.
    public var sentAt: WallTime?
    public var sender: String?
    /// The sender's name for people.
    public var name: String?
    public var text: String?
    public var item: String?
    public var isGroup: Bool
    /// The account itself sent it: we, or a person with the same login.
    public var isOwn: Bool
    /// The whole item as JSON, UTF-8.
    public var raw: [UInt8]

    public init(
        id: String, chat: String, receivedAt: WallTime, sentAt: WallTime? = nil, sender: String? = nil,
        name: String? = nil, text: String? = nil, item: String? = nil, isGroup: Bool = false, isOwn: Bool = false,
        raw: [UInt8] = []
    ) {
        self.id = id
        self.chat = chat
        self.receivedAt = receivedAt
        self.sentAt = sentAt
        self.sender = sender
        self.name = name
        self.text = text
        self.item = item
        self.isGroup = isGroup
        self.isOwn = isOwn
        self.raw = raw
    }

    /// What has become of a message. The numbers are those of the file.
    enum State: Int64 {
        case waiting = 0
        case handled = 1
        /// A person answered in its chat.
        case skipped = 2
        case letter = 3
        /// The account's own: whether we sent it or a person is still to be found out.
        case undecided = 4
    }

    var flags: Int64 { (isGroup ? 1 : 0) | (isOwn ? 2 : 0) }

    /// About what it takes in memory while it waits to be written.
    public var bytes: Int {
        160 + id.utf8.count + chat.utf8.count + raw.count + (sender?.utf8.count ?? 0) + (name?.utf8.count ?? 0)
            + (text?.utf8.count ?? 0) + (item?.utf8.count ?? 0)
    }
}

/// Something that could not be read, in place of a message.
public struct UnreadableItem: Sendable, Hashable {
    public var receivedAt: WallTime
    /// Why.
    public var problem: String
    public var raw: [UInt8]

    public init(receivedAt: WallTime, problem: String, raw: [UInt8]) {
        self.receivedAt = receivedAt
        self.problem = problem
        self.raw = raw
    }
}

/// What one push brought.
public struct JournalEntry: Sendable {
    public var account: String
    public var messages: [JournalMessage]
    public var unreadable: [UnreadableItem]
    /// A handler is to get the messages. Otherwise they are written down as done with, so that they are known when they come
    /// again.
    public var isWanted: Bool

    public init(
        account: String, messages: [JournalMessage], unreadable: [UnreadableItem] = [], isWanted: Bool = true
    ) {
        self.account = account
        self.messages = messages
        self.unreadable = unreadable
        self.isWanted = isWanted
    }

    public var bytes: Int {
        messages.reduce(64) { $0 + $1.bytes } + unreadable.reduce(0) { $0 + 160 + $1.raw.count }
    }
}

/// Messages of one chat on their way to a handler. A delivery that was handed out and not finished comes again with the same
/// id and the same messages, after a restart too.
public struct Delivery: Sendable, Hashable {
    /// 32 hexadecimal digits: the beginning of the SHA-256 of account, chat and the messages' ids.
    public var id: String
    public var account: String
    public var chat: String
    /// Oldest first; at least one.
    public var messages: [JournalMessage]
    /// Their rows in the journal, in the same order.
    public internal(set) var rows: [Int64]
    /// It was handed out before, to a process that did not finish it.
    public var isRepeated: Bool

    public init(id: String, account: String, chat: String, messages: [JournalMessage], isRepeated: Bool = false) {
        self.id = id
        self.account = account
        self.chat = chat
        self.messages = messages
        rows = []
        self.isRepeated = isRepeated
    }
}

/// A message that waits for a handler.
public struct WaitingMessage: Sendable, Hashable {
    public var account: String
    public var chat: String
    public var row: Int64
}

/// A message that could not be handled or not be read, kept for a person.
public struct Letter: Sendable, Hashable {
    public var id: Int64
    public var account: String
    public var at: WallTime
    /// Why, for programs: `unreadable`, `refused`, `given_up`, `account_removed`, …
    public var code: String
    /// Why, for people.
    public var detail: String
    /// Nil if it could not be read.
    public var message: JournalMessage?
    /// What came, as it came. Empty in a page of letters.
    public var raw: [UInt8]

    /// Characters of a text in a page of letters; the letter itself has all of them.
    public static let excerptLength = 1_000
}

/// A message of ours on its way out.
public struct OutboxMessage: Sendable, Hashable {
    /// Its row; 0 before it is written.
    public var row: Int64
    public var account: String
    /// Names it to the gateway, the same each time it is sent.
    public var clientID: String
    public var chat: String
    /// The user it goes to.
    public var receiver: String
    public var text: String
    public var state: State
    public var createdAt: WallTime
    public var expiresAt: WallTime
    public var sentAt: WallTime?
    /// The gateway's name for it.
    public var remoteID: String?
    /// What the gateway said when it refused.
    public var problem: String?

    public enum State: String, Sendable, Hashable, CaseIterable {
        case queued, sent, confirmed, refused, expired

        /// It is still to be sent, or its answer is awaited.
        public var isOpen: Bool { self == .queued || self == .sent }
    }

    public init(
        account: String, clientID: String, chat: String, receiver: String, text: String, createdAt: WallTime,
        expiresAt: WallTime
    ) {
        row = 0
        self.account = account
        self.clientID = clientID
        self.chat = chat
        self.receiver = receiver
        self.text = text
        state = .queued
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Automatic replies rest in a chat.
public struct StoredPause: Sendable, Hashable {
    public var account: String
    public var chat: String
    public var until: WallTime

    public init(account: String, chat: String, until: WallTime) {
        self.account = account
        self.chat = chat
        self.until = until
    }
}

/// A part of a long list.
public struct JournalPage<Element: Sendable>: Sendable {
    public var elements: [Element]
    /// Where the next part begins; nil at the end.
    public var next: String?
}

/// How much is in the journal.
public struct JournalFigures: Sendable, Hashable {
    /// Messages that wait for a handler.
    public var waiting = 0
    /// Messages of ours that are not confirmed, refused or expired.
    public var outbox = 0
    public var letters = 0
    /// Bytes of the file and its log.
    public var fileBytes = 0
    /// Bytes that wait to be written.
    public var queuedBytes = 0
    /// Commits so far, and the writes in them.
    public var commits: UInt64 = 0
    public var writes: UInt64 = 0
    /// Writes that failed although the disk takes others. Nothing in them was acknowledged.
    public var faults: UInt64 = 0
    /// Letters that had to go because there were too many.
    public var droppedLetters: UInt64 = 0
    /// Messages of ours that were not taken because their account had too many open ones.
    public var refusedOutbox: UInt64 = 0
    /// Closed messages of ours that went before their time because there were too many.
    public var droppedOutbox: UInt64 = 0

    public init() {}
}
