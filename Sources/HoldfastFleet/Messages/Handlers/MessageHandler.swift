public import HoldfastStore

/// Answers messages. Called for one delivery of a chat after the other, and for many chats at once.
///
/// A delivery may come twice, with the same id and the same messages, if the process ended between the handler's success and
/// the mark in the journal. A handler that must not act twice remembers ids.
public protocol MessageHandler: Sendable {
    /// Handles a delivery and returns the texts to reply with, in order; none is fine.
    ///
    /// Should end soon when its task is cancelled: the process is going down then, and the delivery comes again.
    ///
    /// - Throws: `HandlerFailure` says whether to try again. Any other error counts as `later`.
    func handle(_ delivery: Delivery) async throws -> [String]
}

/// Why a handler did not handle a delivery.
public enum HandlerFailure: Error, Sendable, Hashable {
    /// It may work later; not before `after`, if that is known.
    case later(reason: String, after: Duration? = nil)
    /// It will never work: the messages become letters.
    case refused(reason: String)
}

/// A handler made of a closure.
public struct ClosureHandler: MessageHandler {
    private let body: @Sendable (Delivery) async throws -> [String]

    public init(_ body: @escaping @Sendable (Delivery) async throws -> [String]) {
        self.body = body
    }

    public func handle(_ delivery: Delivery) async throws -> [String] {
        try await body(delivery)
    }
}

/// Which deliveries go to which handler. The first route that matches answers, and no other.
public struct HandlerRoute: Sendable {
    public var match: HandlerMatch
    public var handler: any MessageHandler

    public init(_ match: HandlerMatch = .all, _ handler: any MessageHandler) {
        self.match = match
        self.handler = handler
    }
}

/// What a delivery must be like to go to a handler. Everything that is set has to hold.
public struct HandlerMatch: Sendable, Hashable {
    /// The account's id; a `*` at the end stands for anything.
    public var account: String?
    public var chat: String?
    /// A part of the text of one of the messages, whatever the case of its letters.
    public var text: String?
    /// Items that are no messages go to it, too: receipts, notices, whatever the gateway pushes.
    public var wantsEverything = false

    public static let all = HandlerMatch()

    public init(account: String? = nil, chat: String? = nil, text: String? = nil, wantsEverything: Bool = false) {
        self.account = account
        self.chat = chat
        self.text = text
        self.wantsEverything = wantsEverything
    }

    func matches(_ delivery: Delivery) -> Bool {
        if let account {
            let isMatch =
                account.hasSuffix("*") ? delivery.account.hasPrefix(account.dropLast()) : delivery.account == account
            if !isMatch { return false }
        }
        if let chat, chat != delivery.chat { return false }
        if !wantsEverything, delivery.messages.allSatisfy({ $0.chat.isEmpty && $0.text == nil }) { return false }
        guard let text = text?.lowercased() else { return true }
        return delivery.messages.contains { $0.text?.lowercased().contains(text) == true }
    }
}
