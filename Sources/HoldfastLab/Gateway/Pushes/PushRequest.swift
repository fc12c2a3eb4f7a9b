import HoldfastCore

/// What the gateway is asked to hand to an account: `POST /push`.
public struct PushRequest: Hashable, Sendable {
    /// How the items of a push are written inside their base64.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        case json
        /// With integers as the keys of the outer maps, as the real gateway does.
        case messagePack = "messagepack"
    }

    /// One account, or `*` for every account that has a registered session now.
    public var account: String
    /// Pushes per account.
    public var count: Int
    /// Pushes per second and account; nil means as fast as the socket takes them.
    public var rate: Double?
    /// The text of the messages; `{n}` becomes the number of the message, from 1.
    public var text: String
    /// The chat's id, without the domain; `{n}` becomes the number of the message, for a chat of its own each.
    public var chat: String
    /// The message's id. For more than one message, `-1`, `-2` … is added. Nil: ids that no other push has.
    public var id: String?
    /// Messages in each push.
    public var batch: Int
    public var format: Format
    /// The messages are the account's own, as if written by its owner on another device.
    public var isOwn: Bool
    /// The sender's user id. Nil: `buyer-1`; for own messages the id that the account named as its own when it last sent
    /// something, or else the account's name.
    public var sender: String?
    /// Send again what is not acknowledged for so long, on the next connection too; nil: never.
    public var redeliverAfter: Duration?
    /// Pushes that may be open, sent and not acknowledged, at the same time; nil: as many as the gateway keeps.
    public var window: Int?

    public init(
        account: String, count: Int = 1, rate: Double? = nil, text: String = "message {n}", chat: String = "chat-1",
        id: String? = nil,
        batch: Int = 1, format: Format = .json, isOwn: Bool = false, sender: String? = nil,
        redeliverAfter: Duration? = nil,
        window: Int? = nil
    ) {
        self.account = account
        self.count = count
        self.rate = rate
        self.text = text
        self.chat = chat
        self.id = id
        self.batch = batch
        self.format = format
        self.isOwn = isOwn
        self.sender = sender
        self.redeliverAfter = redeliverAfter
        self.window = window
    }
}

/// What became of a push request.
public struct PushReceipt: Hashable, Sendable, Encodable {
    /// Accounts that will get it.
    public var accounts: Int
    /// Pushes in all.
    public var pushes: Int
    /// Messages in them.
    public var messages: Int
}

extension PushRequest {
    /// Open pushes that are kept per request. Beyond it one that re-delivers waits; any other forgets its oldest.
    static let maxOpen = 100_000
    private static let counts = 1...10_000_000
    private static let batches = 1...1_000
    private static let windows = 1...maxOpen
    private static let rates = 0.001...1_000_000.0
    private static let redeliveriesInMilliseconds = 1...3_600_000
    private static let maxTextBytes = 65_536

    init(json: JSONTree) throws(InvalidInput) {
        var fields = try JSONFields(json, at: "")
        guard let account = try fields.string("account") else { throw InvalidInput(at: "account", "is missing") }
        self.init(account: account)
        count = try fields.integer("count", in: Self.counts) ?? count
        // A rate of 0 is how templates of requests say "no rate".
        rate = try fields.number("rate", in: 0...Self.rates.upperBound).flatMap { $0 == 0 ? nil : $0 }
        text = try fields.string("text") ?? text
        chat = try fields.string("chat") ?? chat
        id = try fields.string("id")
        batch = try fields.integer("batch", in: Self.batches) ?? batch
        if let name = try fields.string("format") {
            guard let format = Format(rawValue: name) else {
                throw InvalidInput(at: "format", "\"\(name)\" is unknown; known are json, messagepack")
            }
            self.format = format
        }
        isOwn = try fields.bool("own") ?? isOwn
        sender = try fields.string("sender")
        redeliverAfter = try fields.integer("redeliver_after_ms", in: 0...Self.redeliveriesInMilliseconds.upperBound)
            .flatMap { $0 == 0 ? nil : .milliseconds($0) }
        window = try fields.integer("window", in: Self.windows)
        try fields.finish()
    }

    /// The limits, for requests made in Swift too.
    func validate() throws(InvalidInput) {
        try check("count", count, in: Self.counts)
        try check("batch", batch, in: Self.batches)
        if let window { try check("window", window, in: Self.windows) }
        if let rate { try check("rate", rate, in: Self.rates) }
        if let redeliverAfter {
            try check("redeliver_after_ms", Int(redeliverAfter.wholeMilliseconds), in: Self.redeliveriesInMilliseconds)
        }
        guard !account.isEmpty else { throw InvalidInput(at: "account", "must not be empty") }
        for (name, value) in [("text", text), ("chat", chat), ("id", id ?? ""), ("sender", sender ?? "")]
        where value.utf8.count > Self.maxTextBytes {
            throw InvalidInput(at: name, "has \(value.utf8.count) bytes; allowed are \(Self.maxTextBytes)")
        }
    }

    private func check<Value: Comparable>(_ place: String, _ value: Value, in range: ClosedRange<Value>)
        throws(InvalidInput)
    {
        guard range.contains(value) else {
            throw InvalidInput(at: place, "is \(value); allowed are \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
