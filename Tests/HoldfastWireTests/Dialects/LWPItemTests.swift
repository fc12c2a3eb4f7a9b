import HoldfastCore
import HoldfastWire
import NIOCore
import Testing

@Suite("LWP, items and messages")
struct LWPItemTests {
    private let dialect = LWP(accountID: "a", appKey: "444", deviceID: "device", userID: "1001")

    private func items(_ entries: String) throws -> [Result<InboundItem, FrameProblem>] {
        let frame = ByteBuffer(
            string: #"{"lwp":"/s","headers":{"mid":"a"},"body":{"syncPushPackage":{"data":[\#(entries)]}}}"#)
        guard case .push(let push) = dialect.interpret(frame, isText: true, identity: identity) else {
            Issue.record("no push")
            return []
        }
        return dialect.items(of: push)
    }

    private func entry(_ payload: [UInt8]) -> String {
        #"{"objectType":40000,"data":"\#(Base64Text.encode(payload))"}"#
    }

    private func entry(_ json: String) -> String { entry(Array(json.utf8)) }

    private func chat(_ id: String, sender: String = "2001", type: String = "1") -> String {
        """
        {"1":{"2":"31@goofish","3":"\(id)","5":1763712345678,"10":{"senderUserId":"\(sender)","reminderTitle":"Buyer",\
        "reminderContent":"还在吗?","reminderUrl":"x://chat?a=b&itemId=77#f","sessionType":"\(type)"}}}
        """
    }

    @Test("what has been left does not count as depth, however often that was")
    func leavesDepth() throws {
        #expect(try items(Array(repeating: entry("[]"), count: 100).joined(separator: ",")).count == 100)
        let bodies = Array(repeating: #""body":{"syncPushPackage":{"data":[]}}"#, count: 100).joined(separator: ",")
        let frame = ByteBuffer(string: #"{"lwp":"/s","headers":{"mid":"a"},\#(bodies)}"#)
        guard case .push = dialect.interpret(frame, isText: true, identity: identity) else {
            Issue.record("no push")
            return
        }
    }

    @Test("a chat message is told with everything it says")
    func chatMessage() throws {
        let json = chat("m1")
        let item = try #require(try items(entry(json)).first).get()
        var expected = InboundItem(
            id: "m1", chat: "31", sender: "2001", senderName: "Buyer", text: "还在吗?", item: "77",
            sentAt: WallTime(milliseconds: 1_763_712_345_678), raw: ByteBuffer(string: json))
        #expect(item == expected)
        expected.isOwn = true
        expected.isGroup = true
        let own = try #require(try items(entry(chat("m1", sender: "1001@goofish", type: "30"))).first).get()
        #expect(own.isOwn && own.isGroup && own.sender == "1001")
    }

    @Test("as MessagePack it says the same")
    func packed() throws {
        func text(_ text: String) -> [UInt8] { [0xD9, UInt8(text.utf8.count)] + Array(text.utf8) }
        var bytes: [UInt8] = [0x81, 1, 0x84, 2] + text("31@goofish") + [3] + text("m1")
        bytes += [5, 0xCF, 0, 0, 0x01, 0x9A, 0xA5, 0x5E, 0x63, 0x4E, 10, 0x82]
        bytes += text("senderUserId") + text("2001") + text("reminderContent") + text("hello")
        let item = try #require(try items(entry(bytes)).first).get()
        #expect(item.id == "m1")
        #expect(item.text == "hello")
        #expect(item.sentAt == WallTime(milliseconds: 0x19A_A55E_634E))
        #expect(String(buffer: item.raw).hasPrefix(#"{"1":{"2":"31@goofish","3":"m1","5":"#))
    }

    @Test("five items in one push are five, in their order, whatever is between them")
    func batch() throws {
        let entries = [entry(chat("1")), entry(chat("2")), entry("[1]"), #"{"other":1}"#, entry(chat("3"))]
        let items = try items(entries.joined(separator: " , ")).map { try $0.get() }
        #expect(items.map(\.id) == ["1", "2", nil, nil, "3"])
        #expect(String(buffer: items[2].raw) == "[1]")
        #expect(String(buffer: items[3].raw) == #"{"other":1}"#)
    }

    @Test("a push without items has none", arguments: ["", #""x""#, "null", "{}", "[]"])
    func none(body: String) throws {
        let frame = ByteBuffer(
            string: #"{"lwp":"/s","headers":{"mid":"a"}\#(body.isEmpty ? "" : #","body":\#(body)"#)}"#)
        guard case .push(let push) = dialect.interpret(frame, isText: true, identity: identity) else {
            Issue.record("no push")
            return
        }
        #expect(dialect.items(of: push).isEmpty)
    }

    @Test(
        "what is no chat message is an item without a name",
        arguments: [
            #"{"1":"x"}"#, #"{"1":{"2":"c","3":"m"}}"#, #"{"1":{"3":"m","10":{}}}"#, #"{"1":{"2":"","3":"m","10":{}}}"#,
            #"{"1":{"2":"c","3":"","10":{}}}"#, "[]", "{}",
        ])
    func raw(json: String) throws {
        #expect(try items(entry(json)).map { try $0.get() } == [InboundItem(raw: ByteBuffer(string: json))])
    }

    @Test(
        "what cannot be read says why, and spoils no other",
        arguments: [
            (#"{"data":"***"}"#, .badBase64), (#"{"data":""}"#, .badBase64), (#"{"data":"A"}"#, .badBase64),
            (#"{"data":"wQ=="}"#, .messagePack(.badType)), (#"{"data":"eyJhIjoi/yJ9"}"#, .badUTF8),
        ] as [(String, FrameProblem)])
    func unreadable(entry: String, problem: FrameProblem) throws {
        let items = try items("\(entry),\(self.entry(chat("1")))")
        #expect(items.first == .failure(problem))
        #expect(try items.last?.get().id == "1")
    }

    /// What the short way finds; nil if it leaves the push to the long one.
    private func look(_ entries: String) throws -> [String]? {
        let frame = ByteBuffer(
            string: #"{"lwp":"/s","headers":{"mid":"a"},"body":{"syncPushPackage":{"data":[\#(entries)]}}}"#)
        guard case .push(let push) = dialect.interpret(frame, isText: true, identity: identity) else { return nil }
        var look = PushLook()
        // What an earlier push has left in it must not be found again.
        if let earlier = anotherPush { #expect(dialect.look(at: earlier, into: &look) && look.count == 1) }
        guard dialect.look(at: push, into: &look) else { return nil }
        let full = try dialect.items(of: push).map { try $0.get() }
        #expect((0..<look.count).map { look.sentAt($0) } == full.map(\.sentAt))
        #expect(look.sentAt(look.count) == nil && look.withID(look.count) { _ in true } == nil)
        let ids = (0..<look.count).compactMap { number in
            look.withID(number) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        }
        #expect(ids == full.map(\.id))
        return ids
    }

    private var anotherPush: Push? {
        let frame =
            #"{"lwp":"/s","headers":{"mid":"b"},"body":{"syncPushPackage":{"data":[\#(entry(chat("earlier")))]}}}"#
        guard case .push(let push) = dialect.interpret(ByteBuffer(string: frame), isText: true, identity: identity)
        else { return nil }
        return push
    }

    @Test("the short way finds the ids of messages of others, and what it finds is what the long way finds")
    func shortWay() throws {
        #expect(try look(entry(chat("m1"))) == ["m1"])
        #expect(
            try look([entry(chat("1")), entry(chat("22")), entry(chat(#"\u0033"#))].joined(separator: ",")) == [
                "1", "22", "3",
            ])
        #expect(try look(entry(chat("m1")).replacing("/", with: #"\/"#)) == ["m1"])
        #expect(try look("") == [])
        let twice = #"{"1":{"2":"a","3":"b","10":{"senderUserId":"1001"}},"1":{"2":"c","3":7,"10":{}}}"#
        #expect(try look(entry(twice)) == ["7"])
    }

    @Test(
        "the short way leaves to the long one what is anything else",
        arguments: [
            #"{"other":1}"#, #"{"data":"***"}"#, #"{"data":""}"#, #"{"data":"wQ=="}"#, #"{"data":"eyJhIjoi/yJ9"}"#,
            #"{"data":7}"#, "[]", "7",
        ])
    func longWay(other: String) throws {
        #expect(try look(other) == nil)
        #expect(try look("\(entry(chat("1"))),\(other)") == nil)
        #expect(try look("\(other),\(entry(chat("1")))") == nil)
    }

    @Test("the short way leaves messages of the account's own to the long one, and what is no chat message")
    func longWayOfItems() throws {
        #expect(try look(entry(chat("m1", sender: "1001@goofish"))) == nil)
        #expect(try look(entry(chat("m1", sender: "1001"))) == nil)
        #expect(try look(entry(chat("m1", sender: "100"))) == ["m1"])
        for json in [#"{"1":{"2":"c","3":"m"}}"#, #"{"1":{"2":"@goofish","3":"m","10":{}}}"#, "{}", #"{"1":"#, "{}x"] {
            #expect(try look(entry(json)) == nil)
        }
    }

    @Test("JSON that ends early is not JSON")
    func endsEarly() throws {
        guard case .failure(.json) = try items(entry(#"{"1":"#)).first else {
            Issue.record("it was read")
            return
        }
    }

    @Test("a message of ours is written as the gateway wants it, and its answer leads back to it")
    func sending() throws {
        var buffer = ByteBuffer()
        let message = OutboundMessage(clientID: "id-1", chat: "31", receiver: "2001", text: #"say "hi""#)
        let context = DialectContext(identity: identity, now: WallTime(milliseconds: 0))
        #expect(dialect.writeMessage(message, number: 9, in: context, into: &buffer) == .text)
        let text = String(buffer: buffer)
        #expect(text.contains(#""body":[{"uuid":"id-1","cid":"31@goofish","conversationType":1,"#))
        #expect(text.contains(#""actualReceivers":["2001@goofish","1001@goofish"]"#))
        #expect(text.contains(Base64Text.encode(Array(#"{"contentType":1,"text":{"text":"say \"hi\""}}"#.utf8))))
        let mid = try #require(text.split(separator: #""mid":""#).dropFirst().first?.prefix { $0 != "\"" })
        func meaning(_ rest: String) -> Meaning {
            dialect.interpret(
                ByteBuffer(string: #"{"headers":{"mid":"\#(mid)"},\#(rest)}"#), isText: true, identity: identity)
        }
        guard case .sent(9, true, 200, "m-7") = meaning(#""code":200,"body":{"messageId":"m-7"}"#),
            case .sent(9, false, 400, "no such chat") = meaning(#""code":400,"body":{"reason":"no such chat"}"#),
            case .sent(9, true, 200, nil) = meaning(#""code":200"#)
        else {
            Issue.record("an answer means something else")
            return
        }
    }
}

/// Base64 as RFC 4648 has it, on the way that is easiest to believe.
private enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
        var text = ""
        for start in stride(from: 0, to: bits.count, by: 6) {
            let group = (0..<6).map { start + $0 < bits.count ? bits[start + $0] : 0 }
            text.append(digits[group.reduce(0) { $0 * 2 + Int($1) }])
        }
        return text.padding(toMultipleOf: 4)
    }
}

extension String {
    fileprivate func padding(toMultipleOf size: Int) -> String {
        self + String(repeating: "=", count: (size - count % size) % size)
    }
}
