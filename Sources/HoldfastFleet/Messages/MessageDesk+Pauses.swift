import HoldfastCore
import HoldfastStore

/// People who answer themselves: automatic replies rest in their chats (T6).
extension MessageDesk {
    /// The account has sent this message itself: we did, or a person did.
    func decide(_ own: JournalMessage, _ inbox: Inbox, at now: Moment) {
        let isOurs = inbox.authorship.isOurs(
            messageID: own.id, chat: own.chat, text: own.text ?? "", at: now.instant, inbox.intake.settings)
        let length = inbox.intake.settings.pause
        var pause: StoredPause?
        if !isOurs, length > .zero, !own.chat.isEmpty {
            let until = max(own.receivedAt, now.wall - length) + length
            pause = StoredPause(account: inbox.id, chat: own.chat, until: until)
            carryOut(inbox.intake.pause(chat: own.chat, until: until, at: now), inbox)
            figures.withLock { $0.pauses &+= 1 }
        }
        guard let journal else { return }
        let (id, decided) = (inbox.id, pause)
        Task { try? await journal.decide(account: id, message: own.id, pause: decided) }
    }

    /// Returns the pause that holds now: one that lasts longer already stays.
    func pause(_ wanted: StoredPause) async throws(StoreError) -> StoredPause {
        let pause = try await journal?.pause(wanted) ?? wanted
        _ = await ask { desk in
            guard let inbox = desk.inbox(of: pause.account) else { return }
            let now = ProcessClock.moment
            desk.carryOut(inbox.intake.pause(chat: pause.chat, until: pause.until, at: now), inbox)
            desk.settle(inbox, at: now)
        }
        return pause
    }

    /// False if there was no pause.
    func lift(account: String, chat: String) async throws(StoreError) -> Bool {
        let wasStored = try await journal?.lift(account: account, chat: chat) ?? false
        let wasKnown = await ask { desk in desk.inboxes[account]?.intake.lift(chat: chat) ?? false }
        return wasStored || wasKnown == true
    }
}
