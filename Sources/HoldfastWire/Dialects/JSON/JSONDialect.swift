public import HoldfastCore
public import NIOCore

/// The dialect for gateways that speak JSON and are told by configuration: what is sent are templates, what is received is
/// known by the values at paths. `docs/dialects.md` has every part, and what each proves.
public struct JSONDialect: Dialect {
    public static let name = "json"

    /// What belongs to one account.
    struct AccountValues: Hashable {
        var deviceID: String
        var userID: String?
        var fields: [String: Secret] = [:]
    }

    let rules: JSONRules
    let account: AccountValues

    init(_ rules: JSONRules, _ account: AccountValues) {
        self.rules = rules
        self.account = account
    }

    public var closeCodes: CloseCodeRules { rules.source.closeCodes }
    public var awaitsHello: Bool { rules.hello != nil }
    public var continuesSequence: Bool { rules.source.sequence?.continues ?? false }
    public var registersWithToken: Bool { rules.source.register?.send?.has(.token) ?? false }
}

// MARK: - What is sent

extension JSONDialect {
    public func writeRegistration(
        token: Secret?, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> Registration {
        let source = rules.source
        if let template = source.register?.send {
            write(template, .registration, context, token: token, into: &buffer)
            return .sent(.text)
        }
        if source.registersByPing { return .sent(PingFrame.write(.registration, of: context.identity, into: &buffer)) }
        return source.register?.accepted == nil ? .notNeeded : .awaited
    }

    public func writeAfterRegistration(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind? {
        write(rules.source.register?.then, .synchronization, context, into: &buffer)
    }

    public func writeHeartbeat(
        _ beat: UInt32, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind {
        write(rules.source.heartbeat?.send, .heartbeat(beat), context, into: &buffer)
            ?? PingFrame.write(.heartbeat(beat), of: context.identity, into: &buffer)
    }

    public func writeAnswer(
        to question: Push, in context: DialectContext, into buffer: inout ByteBuffer
    ) -> FrameKind? {
        write(rules.source.question?.send, .other, context, echo: question.slice(Part.echo), into: &buffer)
    }

    public func writeResync(in context: DialectContext, into buffer: inout ByteBuffer) -> FrameKind? {
        write(rules.source.sequence?.resync, .other, context, into: &buffer)
    }

    public func writeAcknowledgement(of push: Push, into buffer: inout ByteBuffer) -> FrameKind? {
        guard let template = rules.source.message?.ack else { return nil }
        template.write(
            TemplateValues(account: account, sequence: push.sequence, echo: push.slice(Part.echo)), into: &buffer)
        return .text
    }

    @discardableResult
    private func write(
        _ template: JSONTemplate?, _ request: RequestNumber, _ context: DialectContext, token: Secret? = nil,
        echo: ByteBuffer? = nil, into buffer: inout ByteBuffer
    ) -> FrameKind? {
        guard let template else { return nil }
        template.write(
            TemplateValues(
                account: account, token: token, request: request, context: context, sequence: context.lastSequence,
                echo: echo), into: &buffer)
        return .text
    }
}

// MARK: - What is received

extension JSONDialect {
    /// What the parts of a push stand for.
    private enum Part {
        /// What the answer repeats.
        static let echo = 0
        /// The array of items.
        static let items = 1
    }

    public func interpret(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Meaning {
        receive(frame, isText: isText, identity: identity).meaning
    }

    public func interpretPong(_ payload: ByteBuffer, identity: ConnectionIdentity) -> Meaning {
        PingFrame.meaning(ofPong: payload, identity: identity)
    }

    public func receive(_ frame: ByteBuffer, isText: Bool, identity: ConnectionIdentity) -> Received {
        guard isText else { return Received(.malformed(.notText)) }
        let json = frame.readableBytesSpan
        do throws(JSONError) {
            let found = try rules.tree.find(in: json)
            let sequence = found[rules.sequence]?.integer(in: json).flatMap { UInt64(exactly: $0) }
            let meaning =
                urgent(found, frame) ?? reply(found, identity, in: json) ?? awaited(found, in: json)
                ?? push(found, frame, sequence) ?? .other
            return Received(meaning, sequence: sequence)
        } catch {
            return Received(.malformed(.json(error)))
        }
    }

    /// What ends a connection, or wants an answer: it goes before all else.
    private func urgent(_ found: PathTree.Found, _ frame: ByteBuffer) -> Meaning? {
        let json = frame.readableBytesSpan
        for refusal in rules.refusals where refusal.when.holds(found, in: json) {
            return .refused(as: refusal.class, code: code(found[refusal.code], in: json))
        }
        if let reconnect = rules.reconnect, reconnect.holds(found, in: json) {
            let preset = rules.source.reconnect?.preset ?? .zero
            return .reconnectSoon(within: duration(found[rules.within], in: json) ?? preset)
        }
        if let question = rules.question, question.holds(found, in: json) {
            var parts = Push.Parts()
            parts[Part.echo] = found[rules.questionEcho]?.range
            return .question(Push(frame: frame, isText: true, parts: parts))
        }
        return nil
    }

    /// An answer that repeats the number of a request of ours.
    private func reply(_ found: PathTree.Found, _ identity: ConnectionIdentity, in json: RawSpan) -> Meaning? {
        guard let id = found[rules.replyID], let text = id.scalarRange(in: json), let number = json.integer(in: text),
            let request = RequestNumber(number, of: identity)
        else { return nil }
        let value = found[rules.replyCode]
        let code = code(value, in: json)
        var isPositive = true
        if let success = rules.success {
            if let value {
                isPositive = success.contains { value.reads($0, in: json) }
            } else {
                isPositive = rules.source.reply?.mayLackCode ?? false
            }
        }
        switch request {
        case .registration: return isPositive ? .registered : .registrationRefused(code: code)
        case .heartbeat(let beat): return .reply(beat: beat, isPositive: isPositive, code: code)
        case .synchronization, .other: return .other
        }
    }

    /// What the protocol knows by its looks.
    private func awaited(_ found: PathTree.Found, in json: RawSpan) -> Meaning? {
        if let accepted = rules.accepted, accepted.holds(found, in: json) { return .registered }
        if let reply = rules.heartbeatReply, reply.holds(found, in: json) {
            return .reply(beat: nil, isPositive: true, code: code(found[rules.replyCode], in: json))
        }
        if let hello = rules.hello, hello.holds(found, in: json) {
            return .hello(heartbeatEvery: duration(found[rules.interval], in: json))
        }
        return nil
    }

    private func push(_ found: PathTree.Found, _ frame: ByteBuffer, _ sequence: UInt64?) -> Meaning? {
        guard let message = rules.message, message.when?.holds(found, in: frame.readableBytesSpan) ?? true else {
            return nil
        }
        var parts = Push.Parts()
        parts[Part.echo] = found[message.echo]?.range
        parts[Part.items] = found[message.items]?.range
        return .push(Push(frame: frame, isText: true, parts: parts, sequence: sequence))
    }

    private func code(_ value: JSONValue?, in json: RawSpan) -> Int {
        guard let value, let range = value.scalarRange(in: json) else { return 0 }
        return json.integer(in: range).map { Int($0) } ?? 0
    }

    /// Milliseconds, a whole number; anything else tells nothing.
    private func duration(_ value: JSONValue?, in json: RawSpan) -> Duration? {
        guard let milliseconds = value?.integer(in: json), milliseconds >= 0 else { return nil }
        return .milliseconds(min(milliseconds, 1_000_000_000_000))
    }
}

// MARK: - What is handed over

extension JSONDialect {
    /// Items in one push, at most; what is beyond is left out, and its place says so.
    static let itemsLimit = 10_000

    public func items(of push: Push) -> [Result<InboundItem, FrameProblem>] {
        guard let rules = rules.item else { return [] }
        guard self.rules.source.message?.items != nil else { return [item(push.frame, rules, push.sequence)] }
        guard let array = push.slice(Part.items) else { return [] }
        var items: [Result<InboundItem, FrameProblem>] = []
        let json = array.readableBytesSpan
        do throws(JSONError) {
            var scanner = JSONScanner()
            guard scanner.nextKind(in: json) == .array else { return [.failure(.notAnArray)] }
            try scanner.beginArray(in: json)
            while try scanner.nextElement(in: json) {
                guard items.count < Self.itemsLimit else { return items + [.failure(.tooManyItems)] }
                let range = try scanner.skipValue(in: json).range
                guard let slice = array.getSlice(at: array.readerIndex + range.lowerBound, length: range.count) else {
                    continue
                }
                items.append(item(slice, rules, nil))
            }
        } catch {
            items.append(.failure(.json(error)))
        }
        return items
    }

    private func item(
        _ raw: ByteBuffer, _ rules: JSONRules.Item, _ sequence: UInt64?
    ) -> Result<InboundItem, FrameProblem> {
        let json = raw.readableBytesSpan
        do throws(JSONError) {
            let found = try rules.tree.find(in: json)
            let sender = found[rules.sender]?.text(in: json)
            let unit = self.rules.source.message?.timeUnit ?? .milliseconds
            return .success(
                InboundItem(
                    id: found[rules.id]?.text(in: json), chat: found[rules.chat]?.text(in: json), sender: sender,
                    senderName: found[rules.name]?.text(in: json), text: found[rules.text]?.text(in: json),
                    item: found[rules.item]?.text(in: json), isGroup: rules.group?.holds(found, in: json) ?? false,
                    isOwn: sender != nil && sender == account.userID,
                    sentAt: found[rules.time].flatMap { JSONTime.read($0, unit, in: json) }, sequence: sequence,
                    raw: raw))
        } catch {
            return .failure(.json(error))
        }
    }
}
