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
        case .notReplayable: "not_replayable"
        case .store: "store_down"
        }
    }
}

extension Fleet {
    /// Puts a message into the account's outbox. It is sent as soon as the account is connected, again after every reconnect,
    /// until the gateway confirms or refuses it, or ten minutes are over.
    ///
    /// - Parameter idempotencyKey: the same key within a day is the same message; nil: a new one each time.
    /// - Returns: the message as it is in the outbox; `clientID` names it.
    public func send(
        _ draft: MessageDraft, from account: String, idempotencyKey: String? = nil
    ) async throws(MessageRefusal) -> OutboxMessage {
        let desk = try runningDesk()
        let message = try outbound(draft, account, idempotencyKey)
        let queued: OutboxMessage
        do throws(StoreError) {
            queued = try await desk.send(message)
        } catch {
            throw .store("\(error)")
        }
        guard queued.isSame(as: message) else { throw .keyReused }
        return queued
    }

    /// Sends a message and waits for what becomes of it: confirmed, refused or expired.
    public func sendAndConfirm(
        _ draft: MessageDraft, from account: String, idempotencyKey: String? = nil
    ) async throws(MessageRefusal) -> OutboxMessage {
        let desk = try runningDesk()
        let message = try outbound(draft, account, idempotencyKey)
        let closed: OutboxMessage?
        do throws(StoreError) {
            closed = try await desk.sendAndWatch(message)
        } catch {
            throw .store("\(error)")
        }
        guard let closed else { throw .notRunning }
        guard closed.isSame(as: message) else { throw .keyReused }
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
        var generator = SystemRandomNumberGenerator()
        let key = idempotencyKey ?? "\(generator.next())\(generator.next())"
        let now = ProcessClock.wall
        return OutboxMessage(
            account: account, clientID: Journal.clientID(account: account, idempotencyKey: key), chat: draft.chat,
            receiver: draft.receiver, text: draft.text, createdAt: now, expiresAt: now + MessageDesk.replyLifetime)
    }

    /// A message of ours, by the id that `send` gave it.
    public func message(_ id: String, of account: String) async throws(MessageRefusal) -> OutboxMessage {
        let journal = try runningJournal()
        do throws(StoreError) {
            if let message = try await journal.outbox(account: account, clientID: id) { return message }
        } catch {
            throw .store("\(error)")
        }
        throw .notFound
    }

    // MARK: Letters

    /// Letters, newest first; of one account or of all.
    public func letters(
        of account: String? = nil, limit: Int, cursor: String? = nil
    ) async throws(MessageRefusal) -> JournalPage<Letter> {
        let journal = try runningJournal()
        do throws(StoreError) {
            return try await journal.letters(of: account, limit: min(max(limit, 1), 1_000), cursor: cursor)
        } catch {
            throw .store("\(error)")
        }
    }

    /// Hands a letter's message to the handlers again.
    public func replay(letter id: Int64) async throws(MessageRefusal) {
        let desk = try runningDesk()
        let journal = try runningJournal()
        let letter: Letter?
        do throws(StoreError) {
            letter = try await journal.letter(id)
        } catch {
            throw .store("\(error)")
        }
        guard let letter else { throw .notFound }
        guard letter.message != nil, roster.find(letter.account) != nil else { throw .notReplayable }
        let replayed: WaitingMessage?
        do throws(StoreError) {
            replayed = try await journal.replay(letter: id, at: ProcessClock.wall)
        } catch {
            throw .store("\(error)")
        }
        guard let replayed else { throw .notReplayable }
        desk.enter {
            desk.take([.init(account: replayed.account, chat: replayed.chat, row: replayed.row, own: nil)])
        }
    }

    /// Throws a letter away.
    public func delete(letter id: Int64) async throws(MessageRefusal) {
        let journal = try runningJournal()
        let wasThere: Bool
        do throws(StoreError) {
            wasThere = try await journal.delete(letter: id)
        } catch {
            throw .store("\(error)")
        }
        if !wasThere { throw .notFound }
    }

    // MARK: Pauses

    /// Pauses that are not over, by account and chat.
    public func pauses(
        of account: String? = nil, limit: Int, cursor: String? = nil
    ) async throws(MessageRefusal) -> JournalPage<StoredPause> {
        let journal = try runningJournal()
        do throws(StoreError) {
            return try await journal.pauses(
                of: account, at: ProcessClock.wall, limit: min(max(limit, 1), 1_000), cursor: cursor)
        } catch {
            throw .store("\(error)")
        }
    }

    /// Silences automatic replies in a chat for so long.
    public func pause(
        account: String, chat: String, for duration: Duration
    ) async throws(MessageRefusal) -> StoredPause {
        let desk = try runningDesk()
        guard roster.find(account) != nil else { throw .notFound }
        guard !chat.isEmpty, duration > .zero else { throw .invalid("chat must not be empty, and the time not zero") }
        let pause = StoredPause(account: account, chat: chat, until: ProcessClock.wall + duration)
        do throws(StoreError) {
            try await desk.pause(pause)
        } catch {
            throw .store("\(error)")
        }
        return pause
    }

    /// Lets automatic replies in a chat begin again.
    public func lift(account: String, chat: String) async throws(MessageRefusal) {
        let desk = try runningDesk()
        let wasThere: Bool
        do throws(StoreError) {
            wasThere = try await desk.lift(account: account, chat: chat)
        } catch {
            throw .store("\(error)")
        }
        if !wasThere { throw .notFound }
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
    fileprivate func isSame(as other: OutboxMessage) -> Bool {
        chat == other.chat && receiver == other.receiver && text == other.text
    }
}
