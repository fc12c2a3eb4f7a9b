import HoldfastCore

extension JSONDialect: ConfiguredDialect {
    /// A part that an account writes replaces that part of the defaults; `fields` are laid over those of the defaults one by
    /// one.
    public static func read(_ options: any DialectOptions, over base: JSONDialect?, accountID: String?) -> JSONDialect {
        var reader = JSONReader(options: options, source: base?.rules.source ?? JSONProtocol())
        let rules = reader.rules(over: base?.rules)
        var account = AccountValues(deviceID: LWP.deviceID(of: accountID ?? ""))
        account.fields = base?.account.fields ?? [:]
        for (name, values) in options.table("fields", allowed: "names and texts for {name} in templates") ?? [] {
            guard JSONTemplate.isName(name), case .field = JSONTemplate.Place(name), let value = values.first,
                values.count == 1
            else {
                options.report(
                    "fields", "holds something that is no field",
                    "a name of a-z 0-9 _ and one text; these names are taken: \(JSONReader.takenNames)")
                continue
            }
            account.fields[name] = Secret(value)
        }
        if accountID != nil {
            account.userID = options.text("user_id", preset: "none", allowed: "the account's own number at the gateway")
            account.deviceID =
                options.text("device_id", preset: "derived from the id", allowed: "names the device")
                ?? account.deviceID
            for name in rules.source.fields.subtracting(account.fields.keys).sorted() {
                options.report(
                    "fields", "\(name) is missing, and a template uses {\(name)}",
                    "give it here; these are filled by themselves: \(JSONReader.takenNames)")
            }
        }
        options.finish()
        return JSONDialect(rules, account)
    }
}

/// Reads the parts of a protocol, each over what the defaults say of it.
private struct JSONReader {
    let options: any DialectOptions
    var source: JSONProtocol

    static let takenNames = JSONTemplate.Place.names.map { "{\($0.name)}" }.joined(separator: ", ")

    mutating func rules(over base: JSONRules?) -> JSONRules {
        let before = source
        readParts()
        if let base, source == before { return base }
        check()
        if let rules = JSONRules(source) { return rules }
        options.report(
            "when", "there are more different paths than can be looked for in one pass",
            "at most \(PathTree.limit) in frames, and as many in items")
        return base ?? JSONRules.empty
    }

    private mutating func readParts() {
        if let part = options.part("hello") {
            let interval = path(part, "interval", "where the interval of heartbeats is, in milliseconds")
            source.hello = requiredMatch(part).map { JSONProtocol.Hello(when: $0, interval: interval) }
            part.finish()
        }
        if let part = options.part("register") {
            source.register = JSONProtocol.Register(
                send: template(part, "send", without: [.echo]), accepted: match(part, "accepted"),
                then: template(part, "then", without: [.echo, .token]))
            part.finish()
        }
        if let part = options.part("reply") { source.reply = reply(part) }
        if let part = options.part("heartbeat") {
            source.heartbeat = JSONProtocol.Heartbeat(
                send: template(part, "send", without: [.echo, .token]), reply: match(part, "reply"))
            part.finish()
        }
        if let part = options.part("ping") {
            let echo = path(part, "echo", "the value that the answer repeats")
            let send = template(part, "send", without: [.token])
            if send == nil, !part.keys.contains("send") {
                part.report("send", "is missing", "what answers the gateway's question")
            }
            checkEcho(part, send, echo, in: "send")
            source.question = requiredMatch(part).map { JSONProtocol.Question(when: $0, echo: echo, send: send) }
            part.finish()
        }
        if let part = options.part("message") { source.message = message(part) }
        if let part = options.part("sequence") { source.sequence = sequence(part) }
        if let part = options.part("reconnect") {
            let within = path(part, "within", "where the time that is left is, in milliseconds")
            source.reconnect = requiredMatch(part).map { JSONProtocol.Reconnect(when: $0, within: within) }
            part.finish()
        }
        if let parts = options.parts("failures") {
            if parts.count > Self.refusalsLimit {
                options.report("failures", "has \(parts.count) entries", "at most \(Self.refusalsLimit)")
            }
            source.refusals = parts.prefix(Self.refusalsLimit).compactMap(refusal)
        }
        if let part = options.part("close_codes") {
            source.closeCodes = CloseCodeRules(auth: closeCodes(part, "auth"), permanent: closeCodes(part, "permanent"))
            part.finish()
        }
    }

    private static let refusalsLimit = 16

    // MARK: Parts

    private func reply(_ part: any DialectOptions) -> JSONProtocol.Reply {
        var reply = JSONProtocol.Reply(
            id: path(part, "id", "where an answer repeats {id}"), code: path(part, "code", "where its code is"))
        let success = part.texts("success", allowed: "codes that mean yes; none: there is no code")
        reply.success = success?.filter { $0 != "none" }
        reply.mayLackCode = success?.contains("none") ?? false
        if reply.code != nil, success == nil {
            part.report("success", "is missing", "the codes that mean yes; none, if then there is no code")
        }
        if reply.code == nil, success != nil { part.report("code", "is missing", "the path of what success is about") }
        part.finish()
        return reply
    }

    private func message(_ part: any DialectOptions) -> JSONProtocol.Message {
        var message = JSONProtocol.Message(when: match(part, "when"))
        message.items = path(part, "items", "an array of items; then all other paths begin in the item")
        message.id = path(part, "id")
        message.chat = path(part, "chat")
        message.sender = path(part, "sender")
        message.name = path(part, "name")
        message.text = path(part, "text")
        message.item = path(part, "item")
        message.group = match(part, "group")
        message.time = path(part, "time")
        var unit = message.timeUnit.rawValue
        part.choice("time_unit", &unit, among: JSONTime.Unit.allCases.map(\.rawValue))
        message.timeUnit = JSONTime.Unit(rawValue: unit) ?? message.timeUnit
        message.echo = path(part, "echo", "the value of the frame that ack repeats")
        message.ack = template(part, "ack", without: [.token, .id, .time, .seconds])
        checkEcho(part, message.ack, message.echo, in: "ack")
        part.finish()
        return message
    }

    private func checkEcho(_ part: any DialectOptions, _ template: JSONTemplate?, _ echo: JSONPath?, in key: String) {
        if template?.has(.echo) == true, echo == nil, !part.keys.contains("echo") {
            part.report("echo", "is missing, and \(key) uses {echo}", "the path of what \(key) repeats")
        }
    }

    private func sequence(_ part: any DialectOptions) -> JSONProtocol.Sequence? {
        let at = path(part, "at", "a whole number that grows by one")
        var continues = false
        part.flag("continues", &continues)
        let resync = template(part, "resync", without: [.token, .echo])
        part.finish()
        guard let at else {
            part.report("at", "is missing", "the path of the sequence")
            return nil
        }
        return JSONProtocol.Sequence(at: at, continues: continues, resync: resync)
    }

    private func refusal(_ part: any DialectOptions) -> JSONProtocol.Refusal? {
        var name = FailureClass.auth.rawValue
        let classes: [FailureClass] = [.auth, .server, .permanent]
        part.choice("class", &name, among: classes.map(\.rawValue))
        let code = path(part, "code", "a number to tell with it")
        let match = requiredMatch(part)
        part.finish()
        return match.map { JSONProtocol.Refusal(when: $0, class: FailureClass(rawValue: name) ?? .auth, code: code) }
    }

    private func closeCodes(_ part: any DialectOptions, _ key: String) -> [UInt16] {
        let texts = part.texts(key, allowed: "1000 to 4999") ?? []
        let codes = texts.compactMap { UInt16($0) }.filter { (1_000...4_999).contains($0) }
        if codes.count < texts.count || codes.count > 64 {
            part.report(key, "holds something that is no close code", "at most 64 numbers of 1000 to 4999")
        }
        return codes
    }

    // MARK: Values

    private func path(_ part: any DialectOptions, _ key: String, _ what: String = "") -> JSONPath? {
        guard let text = part.text(key, preset: "none", allowed: what.isEmpty ? "a path" : "a path: \(what)") else {
            return nil
        }
        guard let path = JSONPath(text) else {
            part.report(key, "is no path", JSONPath.allowed)
            return nil
        }
        return path
    }

    private func template(
        _ part: any DialectOptions, _ key: String, without foreign: [JSONTemplate.Place]
    ) -> JSONTemplate? {
        guard let text = part.text(key, preset: "none", allowed: "JSON with {places} to be filled") else { return nil }
        do throws(JSONTemplate.Mistake) {
            let template = try JSONTemplate(text)
            for (name, place) in JSONTemplate.Place.names where foreign.contains(place) && template.has(place) {
                part.report(key, "uses {\(name)}, which does not exist here", "see docs/dialects.md for what does")
            }
            return template
        } catch {
            part.report(
                key, "\(error)",
                "JSON of at most \(JSONTemplate.bytesLimit >> 10)KiB with at most \(JSONTemplate.placesLimit) {places}")
            return nil
        }
    }

    private func requiredMatch(_ part: any DialectOptions) -> JSONMatch? {
        let match = match(part, "when")
        if match == nil, !part.keys.contains("when") {
            part.report("when", "is missing", "the values that a frame must have at some paths")
        }
        return match
    }

    private func match(_ part: any DialectOptions, _ key: String) -> JSONMatch? {
        guard let table = part.table(key, allowed: "paths, and what the value there may read; * for any") else {
            return nil
        }
        let conditions = table.compactMap { name, values -> JSONMatch.Condition? in
            guard let path = JSONPath(name) else {
                part.report(key, "holds something that is no path", JSONPath.allowed)
                return nil
            }
            return JSONMatch.Condition(path: path, values: values == ["*"] ? nil : values)
        }
        guard (1...JSONMatch.limit).contains(conditions.count) else {
            part.report(key, "has \(conditions.count) conditions", "1 to \(JSONMatch.limit)")
            return nil
        }
        return JSONMatch(conditions)
    }

    // MARK: The whole

    /// What would leave a session waiting for ever.
    private func check() {
        func isAnswered(_ template: JSONTemplate) -> Bool { source.reply?.id != nil && template.has(.id) }
        if let send = source.register?.send, source.register?.accepted == nil, !isAnswered(send) {
            options.report(
                "register", "nothing says what the answer to it looks like",
                "give register.accepted, or reply.id and {id} in register.send")
        }
        if let send = source.heartbeat?.send, source.heartbeat?.reply == nil, !isAnswered(send) {
            options.report(
                "heartbeat", "nothing says what the answer to it looks like",
                "give heartbeat.reply, or reply.id and {id} in heartbeat.send")
        }
        if source.heartbeat?.reply != nil, source.heartbeat?.send == nil {
            options.report(
                "heartbeat", "a reply to nothing: there is no heartbeat.send",
                "give heartbeat.send, or leave heartbeat out: then pings of RFC 6455 are sent")
        }
    }
}
