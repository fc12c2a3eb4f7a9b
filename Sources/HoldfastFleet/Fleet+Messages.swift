import HoldfastCore
public import HoldfastStore

/// A message that somebody wants to send.
public struct MessageDraft: Sendable, Hashable {
    public var chat: String
    /// The user it goes to.
    public var receiver: String
    public var text: String

    public init(chat: String, receiver: String, text: String) {
        self.chat = chat
        self.receiver = receiver
        self.text = text
    }

    /// Bytes of a text.
    public static let textLimitBytes = 64 << 10
    /// Bytes of the name of a chat, of a user, and of an idempotency key.
    public static let nameLimitBytes = 256
}

/// Why something about messages was not done. Nothing was changed.
public enum MessageRefusal: Error, Sendable, Hashable {
    /// There is no such account, message, letter or pause.
    case notFound
    /// The fleet is not running: not started yet, or draining.
    case notRunning
    /// There is no store, so there are no letters and nothing can be looked up.
    case noStore
    /// It is empty or too long; the text says what.
    case invalid(String)
    /// The idempotency key was used for another message.
    case keyReused
    /// The account has too many messages that the gateway has not confirmed (`Journal.openOutboxLimit`).
    case outboxFull
    /// A letter that cannot be replayed: nobody could read what came, or its account is gone.
    case notReplayable
    /// The store cannot be written or read; the text is its own.
    case store(String)

    /// The stable code in the API.
    public var code: String {
        switch self {
        case .notFound: "not_found"
        case .notRunning: "not_running"
        case .noStore: "no_store"
        case .invalid: "invalid"
        case .keyReused: "key_reused"
        case .outboxFull: "outbox_full"
        case .notReplayable: "not_replayable"
        case .store: "store_down"
        }
    }
}

// Whoever does one of these by hand is named in the audit log, refused or not. Without a hand nothing is written down: a
// program that embeds the fleet may send thousands of messages a second.

extension Fleet {
    /// Puts a message into the account's outbox. It is sent as soon as the account is connected, again after every reconnect,
    /// until the gateway confirms or refuses it, or ten minutes are over.
    ///
    /// - Parameter idempotencyKey: the same key within a day is the same message; nil: a new one each time.
    /// - Returns: the message as it is in the outbox; `clientID` names it.
    public func send(
        _ draft: MessageDraft, from account: String, idempotencyKey: String? = nil, by hand: Hand? = nil
    ) async throws(MessageRefusal) -> OutboxMessage {
        try await audited("send", on: account, "chat \(draft.chat)", by: hand) {
            () async throws(MessageRefusal) in
            try await runningDesk().send(try outbound(draft, account, idempotencyKey))
        }
    }

    /// Sends a message and waits for what becomes of it: confirmed, refused or expired.
    public func sendAndConfirm(
        _ draft: MessageDraft, from account: String, idempotencyKey: String? = nil
    ) async throws(MessageRefusal) -> OutboxMessage {
        let closed = try await runningDesk().sendAndWatch(try outbound(draft, account, idempotencyKey))
        guard let closed else { throw .notRunning }
        return closed
    }

    private func outbound(
        _ draft: MessageDraft, _ account: String, _ idempotencyKey: String?
    ) throws(MessageRefusal) -> OutboxMessage {
        guard roster.find(account) != nil else { throw .notFound }
        guard !draft.chat.isEmpty, !draft.text.isEmpty else { throw .invalid("chat and text must not be empty") }
        guard draft.text.utf8.count <= MessageDraft.textLimitBytes else {
            throw .invalid("the text has \(draft.text.utf8.count) bytes; allowed are \(MessageDraft.textLimitBytes)")
        }
        try checkLength("the name of the chat", draft.chat)
        try checkLength("the name of the receiver", draft.receiver)
        try checkLength("the idempotency key", idempotencyKey ?? "")
        var generator = SystemRandomNumberGenerator()
        let key = idempotencyKey ?? "\(generator.next())\(generator.next())"
        let now = ProcessClock.wall
        return OutboxMessage(
            account: account, clientID: Journal.clientID(account: account, idempotencyKey: key), chat: draft.chat,
            receiver: draft.receiver, text: draft.text, createdAt: now, expiresAt: now + MessageDesk.replyLifetime)
    }

    private func checkLength(_ what: String, _ name: String) throws(MessageRefusal) {
        let (count, limit) = (name.utf8.count, MessageDraft.nameLimitBytes)
        guard count <= limit else { throw .invalid("\(what) has \(count) bytes; allowed are \(limit)") }
    }

    /// A message of ours, by the id that `send` gave it.
    public func message(_ id: String, of account: String) async throws(MessageRefusal) -> OutboxMessage {
        let journal = try runningJournal()
        guard
            let message = try await stored({ () async throws(StoreError) in
                try await journal.outbox(account: account, clientID: id)
            })
        else { throw .notFound }
        return message
    }

    // MARK: Letters

    /// Letters, newest first; of one account or of all. Without what came, and with the beginning of long texts only.
    public func letters(
        of account: String? = nil, code: String? = nil, chat: String? = nil, limit: Int, cursor: String? = nil
    ) async throws(MessageRefusal) -> JournalPage<Letter> {
        let journal = try runningJournal()
        return try await stored { () async throws(StoreError) in
            try await journal.letters(
                of: account, code: code, chat: chat, limit: min(max(limit, 1), 1_000), cursor: cursor)
        }
    }

    /// One letter, whole.
    public func letter(_ id: Int64) async throws(MessageRefusal) -> Letter {
        let journal = try runningJournal()
        guard let letter = try await stored({ () async throws(StoreError) in try await journal.letter(id) }) else {
            throw .notFound
        }
        return letter
    }

    /// Hands a letter's message to the handlers again; the letter is gone then.
    public func replay(letter id: Int64, by hand: Hand? = nil) async throws(MessageRefusal) {
        let account = hand == nil ? nil : try? await letter(id).account
        try await audited("replay-letter", on: account, "letter \(id)", by: hand) {
            () async throws(MessageRefusal) in
            let desk = try runningDesk()
            let journal = try runningJournal()
            let letter = try await letter(id)
            guard letter.message != nil, roster.find(letter.account) != nil else { throw .notReplayable }
            let replayed = try await stored { () async throws(StoreError) in
                try await journal.replay(letter: id, at: ProcessClock.wall)
            }
            guard let replayed else { throw .notReplayable }
            desk.enter {
                desk.take([.init(account: replayed.account, chat: replayed.chat, row: replayed.row, own: nil)])
            }
        }
    }

    /// Throws a letter away.
    public func delete(letter id: Int64, by hand: Hand? = nil) async throws(MessageRefusal) {
        let account = hand == nil ? nil : try? await letter(id).account
        try await audited("delete-letter", on: account, "letter \(id)", by: hand) {
            () async throws(MessageRefusal) in
            let journal = try runningJournal()
            let wasThere = try await stored { () async throws(StoreError) in try await journal.delete(letter: id) }
            if !wasThere { throw .notFound }
        }
    }

    // MARK: Pauses

    /// Pauses that are not over, by account and chat.
    public func pauses(
        of account: String? = nil, limit: Int, cursor: String? = nil
    ) async throws(MessageRefusal) -> JournalPage<StoredPause> {
        let journal = try runningJournal()
        return try await stored { () async throws(StoreError) in
            try await journal.pauses(
                of: account, at: ProcessClock.wall, limit: min(max(limit, 1), 1_000), cursor: cursor)
        }
    }

    /// Silences automatic replies in a chat for so long. A pause that lasts longer already stays.
    ///
    /// - Returns: the pause that holds now.
    @discardableResult
    public func pause(
        account: String, chat: String, for duration: Duration, by hand: Hand? = nil
    ) async throws(MessageRefusal) -> StoredPause {
        try await audited("pause", on: account, "chat \(chat), \(duration.inWords)", by: hand) {
            () async throws(MessageRefusal) in
            let desk = try runningDesk()
            guard roster.find(account) != nil else { throw .notFound }
            guard !chat.isEmpty, duration > .zero else {
                throw .invalid("chat must not be empty, and the time not zero")
            }
            try checkLength("the name of the chat", chat)
            let pause = StoredPause(account: account, chat: chat, until: ProcessClock.wall + duration)
            return try await stored { () async throws(StoreError) in try await desk.pause(pause) }
        }
    }

    /// Lets automatic replies in a chat begin again.
    public func lift(account: String, chat: String, by hand: Hand? = nil) async throws(MessageRefusal) {
        try await audited("lift-pause", on: account, "chat \(chat)", by: hand) {
            () async throws(MessageRefusal) in
            let desk = try runningDesk()
            let wasThere = try await stored { () async throws(StoreError) in
                try await desk.lift(account: account, chat: chat)
            }
            if !wasThere { throw .notFound }
        }
    }

    // MARK: Pieces

    private func audited<Value>(
        _ action: String, on account: String?, _ detail: String, by hand: Hand?,
        _ body: () async throws(MessageRefusal) -> Value
    ) async throws(MessageRefusal) -> Value {
        guard let hand else { return try await body() }
        do throws(MessageRefusal) {
            let value = try await body()
            // What was done is in the journal. Its entry waits, if it must, until the register can take it.
            try? await audit(action, account: account, detail: detail, by: hand)
            return value
        } catch {
            try? await audit(action, account: account, detail: "\(detail); refused: \(error.code)", by: hand)
            throw error
        }
    }

    private func stored<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(MessageRefusal) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store("\(error)") }
    }

    private func runningDesk() throws(MessageRefusal) -> MessageDesk {
        let desk = state.withLock { state in
            state.phase == .running || state.phase == .starting ? state.engine?.messages : nil
        }
        guard let desk else { throw .notRunning }
        return desk
    }

    private func runningJournal() throws(MessageRefusal) -> Journal {
        guard let journal = try runningDesk().journal else { throw .noStore }
        return journal
    }
}

extension OutboxMessage {
    func isSame(as other: OutboxMessage) -> Bool {
        chat == other.chat && receiver == other.receiver && text == other.text
    }
}
