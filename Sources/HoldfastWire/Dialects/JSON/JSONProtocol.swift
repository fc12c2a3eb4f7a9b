import HoldfastCore

/// What an operator tells of a gateway that speaks JSON. Every part may be left out; `docs/dialects.md` says what that means.
public struct JSONProtocol: Hashable, Sendable {
    /// The gateway's greeting.
    struct Hello: Hashable {
        var when: JSONMatch
        /// Where it dictates the interval of heartbeats, in milliseconds.
        var interval: JSONPath?
    }

    struct Register: Hashable {
        var send: JSONTemplate?
        var accepted: JSONMatch?
        /// What is sent after that.
        var then: JSONTemplate?
    }

    /// How answers repeat the number of what they answer.
    struct Reply: Hashable {
        var id: JSONPath?
        var code: JSONPath?
        /// What `code` may read if the answer is positive; nil if every answer is.
        var success: [String]?
        /// An answer without a code is positive.
        var mayLackCode = false
    }

    struct Heartbeat: Hashable {
        var send: JSONTemplate?
        var reply: JSONMatch?
    }

    /// The gateway's own question whether we are there.
    struct Question: Hashable {
        var when: JSONMatch
        /// The value that the answer repeats.
        var echo: JSONPath?
        var send: JSONTemplate?
    }

    struct Message: Hashable {
        /// Nil: whatever means nothing else.
        var when: JSONMatch?
        /// Where the items are, if a message has several.
        var items: JSONPath?
        var id: JSONPath?
        var chat: JSONPath?
        var sender: JSONPath?
        var name: JSONPath?
        var text: JSONPath?
        var item: JSONPath?
        var group: JSONMatch?
        var time: JSONPath?
        var timeUnit = JSONTime.Unit.milliseconds
        /// The value that the acknowledgement repeats.
        var echo: JSONPath?
        var ack: JSONTemplate?
    }

    struct Sequence: Hashable {
        var at: JSONPath
        var continues = false
        var resync: JSONTemplate?
    }

    /// The gateway asks us to connect anew.
    struct Reconnect: Hashable {
        var when: JSONMatch
        /// Where it says how much time is left, in milliseconds.
        var within: JSONPath?
        /// The time where it does not say.
        var preset: Duration = .seconds(5)
    }

    /// A message by which the gateway says that it will not serve us.
    struct Refusal: Hashable {
        var when: JSONMatch
        var `class`: FailureClass
        var code: JSONPath?
    }

    var hello: Hello?
    var register: Register?
    var reply: Reply?
    var heartbeat: Heartbeat?
    var question: Question?
    var message: Message?
    var sequence: Sequence?
    var reconnect: Reconnect?
    var refusals: [Refusal] = []
    var closeCodes = CloseCodeRules()

    public init() {}
}

/// A protocol with its paths in trees, ready for frames. Accounts of the same protocol share one.
final class JSONRules: Hashable, Sendable {
    struct Message: Hashable {
        var when: TreeMatch?
        var items: Int
        var echo: Int
    }

    /// What is found within one item; its paths begin there.
    struct Item: Hashable {
        var tree: PathTree
        var id, chat, sender, name, text, item, time: Int
        var group: TreeMatch?
    }

    struct Refusal: Hashable {
        var when: TreeMatch
        var `class`: FailureClass
        var code: Int
    }

    let source: JSONProtocol
    let tree: PathTree
    let hello: TreeMatch?
    let interval: Int
    let accepted: TreeMatch?
    let replyID: Int
    let replyCode: Int
    let success: [[UInt8]]?
    let heartbeatReply: TreeMatch?
    let question: TreeMatch?
    let questionEcho: Int
    let message: Message?
    let item: Item?
    let sequence: Int
    let reconnect: TreeMatch?
    let within: Int
    let refusals: [Refusal]

    /// Nil if there are more different paths than `PathTree.limit`, in the frames or in the items.
    init?(_ source: JSONProtocol) {
        guard let tree = PathTree(source.framePaths) else { return nil }
        func number(_ path: JSONPath?) -> Int { path.map(tree.number) ?? PathTree.limit }
        func match(_ match: JSONMatch?) -> TreeMatch? { match.map { TreeMatch($0, tree) } }
        self.source = source
        self.tree = tree
        hello = match(source.hello?.when)
        interval = number(source.hello?.interval)
        accepted = match(source.register?.accepted)
        replyID = number(source.reply?.id)
        replyCode = number(source.reply?.code)
        success = source.reply?.success?.map { Array($0.utf8) }
        heartbeatReply = match(source.heartbeat?.reply)
        question = match(source.question?.when)
        questionEcho = number(source.question?.echo)
        sequence = number(source.sequence?.at)
        reconnect = match(source.reconnect?.when)
        within = number(source.reconnect?.within)
        refusals = source.refusals.map {
            Refusal(when: TreeMatch($0.when, tree), class: $0.class, code: number($0.code))
        }
        guard let message = source.message else {
            (self.message, item) = (nil, nil)
            return
        }
        guard let item = Item(message) else { return nil }
        self.message = Message(
            when: match(message.when), items: number(message.items), echo: number(message.echo))
        self.item = item
    }

    /// Of a protocol that says nothing.
    private init() {
        source = JSONProtocol()
        tree = PathTree()
        (hello, accepted, success, heartbeatReply, question, reconnect) = (nil, nil, nil, nil, nil, nil)
        (interval, replyID, replyCode, questionEcho, sequence, within) = (
            PathTree.limit, PathTree.limit, PathTree.limit, PathTree.limit, PathTree.limit, PathTree.limit
        )
        (message, item, refusals) = (nil, nil, [])
    }

    static let empty = JSONRules()

    static func == (left: JSONRules, right: JSONRules) -> Bool { left === right || left.source == right.source }

    func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

extension JSONRules.Item {
    init?(_ message: JSONProtocol.Message) {
        let single = [
            message.id, message.chat, message.sender, message.name, message.text, message.item, message.time,
        ]
        guard let tree = PathTree(single.compactMap { $0 } + (message.group?.paths ?? [])) else { return nil }
        func number(_ path: JSONPath?) -> Int { path.map(tree.number) ?? PathTree.limit }
        self.tree = tree
        (id, chat, sender) = (number(message.id), number(message.chat), number(message.sender))
        (name, text, item) = (number(message.name), number(message.text), number(message.item))
        time = number(message.time)
        group = message.group.map { TreeMatch($0, tree) }
    }
}

extension JSONProtocol {
    /// What is looked for in every frame.
    fileprivate var framePaths: [JSONPath] {
        let single = [
            hello?.interval, reply?.id, reply?.code, question?.echo, message?.items, message?.echo, sequence?.at,
            reconnect?.within,
        ]
        let matches = [
            hello?.when, register?.accepted, heartbeat?.reply, question?.when, message?.when, reconnect?.when,
        ]
        return single.compactMap { $0 } + matches.compactMap { $0 }.flatMap(\.paths)
            + refusals.flatMap { $0.when.paths + ($0.code.map { [$0] } ?? []) }
    }

    /// Whether heartbeats are pings of RFC 6455.
    var beatsByPing: Bool { heartbeat?.send == nil }

    /// Whether nothing of the protocol says when an account is known: then the answer to a ping does.
    var registersByPing: Bool { hello == nil && register?.send == nil && register?.accepted == nil }

    /// The names that the operator gives each account a value for.
    var fields: Set<String> {
        let templates = [
            register?.send, register?.then, heartbeat?.send, question?.send, message?.ack, sequence?.resync,
        ]
        return Set(templates.compactMap { $0 }.flatMap(\.fields))
    }
}
