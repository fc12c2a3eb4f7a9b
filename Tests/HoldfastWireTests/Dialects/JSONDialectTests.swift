import HoldfastCore
import HoldfastFuzzTargets
import HoldfastWire
import NIOCore
import Testing

/// A gateway that numbers its requests and answers them by number.
private let numbered: WrittenOptions.Value = [
    "device_id": "d-1",
    "register": ["send": #"{"id":{id},"op":"login","token":"{token}","device":{device_id}}"#],
    "reply": ["id": "id", "code": "status", "success": ["200", "ok"]],
    "heartbeat": ["send": #"{"id":{id},"op":"beat","at":{time},"s":{seconds}}"#],
]

/// A gateway whose frames are known by their looks, as many public ones are.
private let shaped: WrittenOptions.Value = [
    "user_id": "me", "fields": ["bot": #"b"1"#],
    "hello": ["when": ["op": "10"], "interval": "d.heartbeat_interval"],
    "register": [
        "send": #"{"op":2,"d":{"token":"Bot {token}","name":{bot},"tag":"<{bot}>"}}"#,
        "accepted": ["op": "0", "t": ["READY", "RESUMED"]], "then": #"{"op":3}"#,
    ],
    "heartbeat": ["send": #"{"op":1,"d":{sequence}}"#, "reply": ["op": "11"]],
    "ping": ["when": ["ping": "*"], "echo": "ping", "send": #"{"pong":{echo},"as":"p-{echo}"}"#],
    "reconnect": ["when": ["op": "7"], "within": "d.ms"],
    "sequence": ["at": "s", "resync": #"{"since":{sequence}}"#],
    "failures": [
        ["when": ["op": "9"], "class": "server"],
        ["when": ["error.kind": "auth"], "class": "auth", "code": "error.code"],
    ],
    "close_codes": ["auth": ["4004"], "permanent": ["4010", "4011"]],
    "message": [
        "when": ["op": "0", "t": "MESSAGE"], "id": "d.id", "chat": "d.channel", "sender": "d.author.id",
        "name": "d.author.name", "text": "d.content", "item": "d.item", "group": ["d.kind": ["group", "2"]],
        "time": "d.at", "echo": "d.id", "ack": #"{"ack":{echo},"s":{sequence}}"#,
    ],
]

private func meaning(_ text: String, _ dialect: JSONDialect) -> String {
    dialect.interpret(ByteBuffer(string: text), isText: true, identity: identity).summary
}

private func written(_ body: (inout ByteBuffer) -> FrameKind?) -> String? {
    var buffer = ByteBuffer()
    return body(&buffer).map { _ in String(buffer: buffer) }
}

@Suite("The json dialect, requests with numbers")
struct NumberedJSONTests {
    private let dialect = jsonDialect(numbered)

    @Test("the settings are right")
    func isRight() {
        #expect(jsonProblems(numbered) == [])
        #expect(jsonProblems(shaped) == [])
    }

    @Test("what follows a registration may stand alone: then the first answered ping goes before it")
    func followsAPing() {
        let subscribing: WrittenOptions.Value = ["register": ["then": #"{"op":"subscribe"}"#]]
        #expect(jsonProblems(subscribing) == [])
        let dialect = jsonDialect(subscribing)
        var buffer = ByteBuffer()
        #expect(dialect.writeRegistration(token: nil, in: context, into: &buffer) == .sent(.ping))
        guard case .registered = dialect.interpretPong(buffer, identity: identity) else {
            Issue.record("the pong is no answer")
            return
        }
        #expect(written { dialect.writeAfterRegistration(in: context, into: &$0) } == #"{"op":"subscribe"}"#)
    }

    @Test("a request carries its number, and what is put in is escaped")
    func writes() {
        var buffer = ByteBuffer()
        #expect(
            dialect.writeRegistration(token: Secret("a\"b\n"), in: context, into: &buffer) == .sent(.text))
        #expect(
            String(buffer: buffer) == #"{"id":1763712345678,"op":"login","token":"a\"b\n","device":"d-1"}"#)
        #expect(
            written { dialect.writeHeartbeat(1, in: context, into: &$0) }
                == #"{"id":1763712345684,"op":"beat","at":1763712345999,"s":1763712345}"#)
    }

    @Test(
        "an answer belongs to the request whose number it repeats",
        arguments: [
            (#"{"id":1763712345678,"status":200}"#, "registered"),
            (#"{"status":"ok","id":"1763712345678"}"#, "registered"),
            (#"{"id":1763712345678,"status":401}"#, "refused 401"),
            (#"{"id":1763712345678,"status":"nope"}"#, "refused 0"),
            (#"{"id":1763712345678}"#, "refused 0"),
            (#"{"id":1763712345684,"status":200}"#, "reply 1 yes 200"),
            (#"{"id":1763712345684,"status":500}"#, "reply 1 no 500"),
            (#"{"id":1763712345679,"status":500}"#, "other"),
            (#"{"id":1763712345681,"status":500}"#, "other"),
            (#"{"id":17637123456.78e2,"status":200}"#, "other"),
            (#"{"id":null,"status":200}"#, "other"), (#"{"status":200}"#, "other"), (#"{"id":[]}"#, "other"),
            ("[]", "other"), ("7", "other"), ("{", "malformed: not JSON: at byte 1: the text ends early"),
        ])
    func matches(text: String, expected: String) {
        #expect(meaning(text, dialect) == expected)
    }

    @Test("a binary message is none of this dialect")
    func refusesBinary() {
        let meaning = dialect.interpret(ByteBuffer(string: "{}"), isText: false, identity: identity)
        #expect(meaning.summary == "malformed: a binary message, where the dialect has text only")
    }

    @Test("an answer without a code is positive where that is said")
    func mayLackCode() {
        let dialect = jsonDialect([
            "register": ["send": #"{"jsonrpc":"2.0","id":{id},"method":"auth"}"#],
            "reply": ["id": "id", "code": "error.code", "success": ["none"]],
        ])
        #expect(meaning(#"{"id":1763712345678,"result":{}}"#, dialect) == "registered")
        #expect(meaning(#"{"id":1763712345678,"error":{"code":-32000}}"#, dialect) == "refused -32000")
    }

    @Test("without a heartbeat of its own it sends pings of RFC 6455, and without a registration the first pong is it")
    func fallsBackToPing() {
        let dialect = jsonDialect(["message": ["text": "t"]])
        var buffer = ByteBuffer()
        #expect(dialect.writeRegistration(token: nil, in: context, into: &buffer) == .sent(.ping))
        #expect(dialect.interpretPong(buffer, identity: identity).summary == "registered")
        buffer.clear()
        #expect(dialect.writeHeartbeat(3, in: context, into: &buffer) == .ping)
        #expect(dialect.interpretPong(buffer, identity: identity).summary == "reply 3 yes 0")
    }

    @Test("a gateway that says by itself that we are in is waited for; one that has only a greeting is in with it")
    func waits() {
        var buffer = ByteBuffer()
        let waiting = jsonDialect(["register": ["accepted": ["type": "welcome"]]])
        #expect(waiting.writeRegistration(token: nil, in: context, into: &buffer) == .awaited)
        let greeted = jsonDialect(["hello": ["when": ["type": "welcome"]]])
        #expect(greeted.awaitsHello)
        #expect(greeted.writeRegistration(token: nil, in: context, into: &buffer) == .notNeeded)
        #expect(buffer.readableBytes == 0)
    }
}

@Suite("The json dialect, frames known by their looks")
struct ShapedJSONTests {
    private let dialect = jsonDialect(shaped)

    @Test(
        "what a frame means is seen by the values at paths",
        arguments: [
            (#"{"op":10,"d":{"heartbeat_interval":41250}}"#, "hello 41.25 seconds"),
            (#"{"op":10,"d":{"heartbeat_interval":-1}}"#, "hello "), (#"{"op":10}"#, "hello "),
            (#"{"op":"10"}"#, "hello "),
            (#"{"t":"READY","op":0,"s":1}"#, "registered"), (#"{"t":"RESUMED","op":0}"#, "registered"),
            (#"{"t":"RE\u0041DY","op":0}"#, "registered"),
            (#"{"op":11}"#, "reply ? yes 0"),
            (#"{"op":7}"#, "reconnect within 5.0 seconds"),
            (#"{"op":7,"d":{"ms":30000}}"#, "reconnect within 30.0 seconds"),
            (#"{"op":9,"d":false}"#, "refused as server 0"),
            (#"{"error":{"kind":"auth","code":4004}}"#, "refused as auth 4004"),
            (#"{"error":{"kind":"auth"}}"#, "refused as auth 0"), (#"{"error":{"kind":"other"}}"#, "other"),
            (#"{"ping":1492420473027}"#, "question"), (#"{"ping":null}"#, "other"), (#"{"ping":[]}"#, "question"),
            (#"{"op":0,"t":"MESSAGE","d":{}}"#, "push"), (#"{"op":0,"t":"TYPING"}"#, "other"),
            (#"{"op":0,"t":"TYPING","t":"MESSAGE"}"#, "push"), (#"{"op":0,"t":"MESSAGE","t":null}"#, "other"),
            (#"{"op":{"op":7}}"#, "other"), (#"[{"op":7}]"#, "other"), ("{}", "other"), ("\"op\"", "other"),
            (#"{"op":7"#, "malformed: not JSON: at byte 7: the text ends early"),
            (#"{"op":7}x"#, "malformed: not JSON: at byte 8: something follows the value"),
        ])
    func understands(text: String, expected: String) {
        #expect(meaning(text, dialect) == expected)
    }

    @Test("a repeated member counts as a whole the last time")
    func lastWins() {
        #expect(meaning(#"{"op":7,"d":{"ms":30000},"d":{}}"#, dialect) == "reconnect within 5.0 seconds")
        #expect(meaning(#"{"op":7,"d":{"ms":30000},"d":5}"#, dialect) == "reconnect within 5.0 seconds")
    }

    @Test("an account's own values are put in, as a value or inside a text")
    func registers() {
        #expect(
            written {
                _ = dialect.writeRegistration(token: Secret("t"), in: context, into: &$0)
                return .text
            } == #"{"op":2,"d":{"token":"Bot t","name":"b\"1","tag":"<b\"1>"}}"#)
        #expect(written { dialect.writeAfterRegistration(in: context, into: &$0) } == #"{"op":3}"#)
    }

    @Test("a heartbeat repeats the last sequence; null before the first")
    func repeatsSequence() {
        var later = context
        later.lastSequence = 251
        #expect(written { dialect.writeHeartbeat(0, in: context, into: &$0) } == #"{"op":1,"d":null}"#)
        #expect(written { dialect.writeHeartbeat(0, in: later, into: &$0) } == #"{"op":1,"d":251}"#)
        #expect(written { dialect.writeResync(in: later, into: &$0) } == #"{"since":251}"#)
    }

    @Test(
        "every frame's sequence is seen, whatever else it means",
        arguments: [
            (#"{"op":11,"s":5}"#, 5), (#"{"s":null}"#, nil), (#"{"s":-1}"#, nil), (#"{"s":"5"}"#, nil),
            (#"{"op":0,"t":"MESSAGE","s":9223372036854775807}"#, 9_223_372_036_854_775_807), (#"{"s":1.0}"#, nil),
        ] as [(String, UInt64?)])
    func seesSequence(text: String, expected: UInt64?) {
        #expect(dialect.receive(ByteBuffer(string: text), isText: true, identity: identity).sequence == expected)
    }

    @Test(
        "a question is answered with its own value, byte for byte",
        arguments: [
            (#"{"ping":1492420473027}"#, #"{"pong":1492420473027,"as":"p-1492420473027"}"#),
            (#"{ "ping" : "a\"\u0041" }"#, #"{"pong":"a\"\u0041","as":"p-a\"\u0041"}"#),
            (#"{"ping":[1]}"#, #"{"pong":[1],"as":"p-"}"#),
        ])
    func answers(text: String, expected: String) {
        guard
            case .question(let question) = dialect.interpret(
                ByteBuffer(string: text), isText: true, identity: identity)
        else {
            Issue.record("no question")
            return
        }
        #expect(written { dialect.writeAnswer(to: question, in: context, into: &$0) } == expected)
    }

    @Test("close codes mean what the gateway says")
    func closeCodes() {
        #expect(dialect.closeCodes == CloseCodeRules(auth: [4004], permanent: [4010, 4011]))
    }
}
