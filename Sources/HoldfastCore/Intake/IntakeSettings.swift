/// What happens to messages between their journal and their handler (§7), with defaults.
public struct IntakeSettings: Hashable, Sendable {
    /// Rest in a chat after which its messages are handed over together (T5). Zero: at once, one by one as they come.
    public var debounce: Duration = .seconds(1)
    /// How long messages of a chat that never rests are gathered at most.
    public var longestDebounce: Duration = .seconds(5)
    /// How many messages of a chat are gathered at most.
    public var mostGathered: Int = 50
    /// How many chats of one account are with a handler at once.
    public var concurrency: Int = 100
    /// How long a human's answer silences automatic replies in its chat (T6). Zero: never.
    public var pause: Duration = .seconds(600)
    /// How long an answer of ours is remembered, to tell it from a human's when the gateway shows it to us.
    public var ownAnswerMemory: Duration = .seconds(60)
    /// How long a message's id is remembered, by which a second delivery is known (T2).
    public var dedupe: Duration = .seconds(3_600)
    /// Chats of one account that are kept track of at once. What comes in for others stays in the journal and is fetched
    /// when there is room.
    public var chatLimit: Int = 10_000

    public init() {}
}
