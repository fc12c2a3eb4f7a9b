import HoldfastCore
import HoldfastFuzzTargets
import HoldfastWire
import NIOCore
import Testing

@Suite("The json dialect, what can be wrong with its settings")
struct JSONSettingsTests {
    @Test(
        "every mistake is told at its key",
        arguments: [
            (["hello": [:]], ["hello.when: is missing; the values that a frame must have at some paths"]),
            (
                ["hello": ["when": ["a..b": "1"]]],
                [
                    "hello.when: holds something that is no path; names and numbers joined by dots, such as d.user.id; at most 8 of them and 256 bytes",
                    "hello.when: has 0 conditions; 1 to 8",
                ]
            ),
            (
                ["message": ["text": "a.b.c.d.e.f.g.h.i"]],
                [
                    "message.text: is no path; names and numbers joined by dots, such as d.user.id; at most 8 of them and 256 bytes"
                ]
            ),
            (
                ["register": ["send": #"{"a":{token}"#, "accepted": ["a": "1"]]],
                [
                    "register.send: is no JSON with its places filled: at byte 6: the text ends early; JSON of at most 16KiB with at most 64 {places}"
                ]
            ),
            (
                ["register": ["send": #"{"a":1}"#]],
                [
                    "register: nothing says what the answer to it looks like; give register.accepted, or reply.id and {id} in register.send"
                ]
            ),
            (
                ["reply": ["id": "id"], "register": ["send": #"{"a":1}"#]],
                [
                    "register: nothing says what the answer to it looks like; give register.accepted, or reply.id and {id} in register.send"
                ]
            ),
            (
                ["heartbeat": ["send": #"{"a":1}"#]],
                [
                    "heartbeat: nothing says what the answer to it looks like; give heartbeat.reply, or reply.id and {id} in heartbeat.send"
                ]
            ),
            (
                ["heartbeat": ["reply": ["a": "1"]]],
                [
                    "heartbeat: a reply to nothing: there is no heartbeat.send; give heartbeat.send, or leave heartbeat out: then pings of RFC 6455 are sent"
                ]
            ),
            (
                ["heartbeat": ["send": #"{"a":"{token}"}"#, "reply": ["a": "1"]]],
                ["heartbeat.send: uses {token}, which does not exist here; see docs/dialects.md for what does"]
            ),
            (
                ["reply": ["id": "id", "code": "code"]],
                ["reply.success: is missing; the codes that mean yes; none, if then there is no code"]
            ),
            (["reply": ["success": "0"]], ["reply.code: is missing; the path of what success is about"]),
            (
                ["message": ["ack": #"{"a":{echo}}"#]],
                ["message.echo: is missing, and ack uses {echo}; the path of what ack repeats"]
            ),
            (["ping": ["when": ["a": "1"]]], ["ping.send: is missing; what answers the gateway's question"]),
            (
                ["ping": ["when": ["a": "1"], "send": #"{"a":{echo}}"#]],
                ["ping.echo: is missing, and send uses {echo}; the path of what send repeats"]
            ),
            (
                ["failures": .list(Array(repeating: ["when": ["a": "1"]], count: 17))],
                ["failures: has 17 entries; at most 16"]
            ),
            (["sequence": ["resync": "{}"]], ["sequence.at: is missing; the path of the sequence"]),
            (
                ["close_codes": ["auth": ["4004", "99"]]],
                ["close_codes.auth: holds something that is no close code; at most 64 numbers of 1000 to 4999"]
            ),
            (["failures": [["class": "network", "when": ["a": "1"]]]], ["failures[0].class: is not known; "]),
            (["helo": [:]], ["helo: unknown key; "]),
            (["hello": ["when": ["a": "1"], "x": "y"]], ["hello.x: unknown key; "]),
            (
                ["message": ["ack": #"{"a":{robot}}"#]],
                [
                    "fields: robot is missing, and a template uses {robot}; give it here; these are filled by themselves: {token}, {device_id}, {user_id}, {id}, {time}, {seconds}, {sequence}, {echo}"
                ]
            ),
            (
                ["fields": ["Robot": "x"]],
                [
                    "fields: holds something that is no field; a name of a-z 0-9 _ and one text; these names are taken: {token}, {device_id}, {user_id}, {id}, {time}, {seconds}, {sequence}, {echo}"
                ]
            ),
        ] as [(WrittenOptions.Value, [String])])
    func tells(settings: WrittenOptions.Value, expected: [String]) {
        #expect(jsonProblems(settings) == expected)
    }

    @Test(
        "a place that stands for a whole value is one, and not a part of a number or a word",
        arguments: [
            (#"{"a":{token}}"#, true), (#"{"a":-{id}}"#, true), (#"{"a":-{time},"b":-{seconds}}"#, true),
            (#"[{sequence},{id}]"#, true), (#"{"a":"1{token}","b":"-{device_id}"}"#, true),
            (#"{"a":1{token}}"#, false), (#"{"a":-{device_id}}"#, false), (#"{"a":1.{sequence}}"#, false),
            (#"{"a":1{id}}"#, false), (#"{"a":1{time}}"#, false), (#"{"a":{token}1}"#, false),
            (#"{"a":{id}{id}}"#, false), (#"{"a":{seconds}1}"#, false), (#"{"a":1e{id}}"#, false),
        ] as [(String, Bool)])
    func wholeValues(text: String, isTemplate: Bool) {
        let problems = jsonProblems(["register": ["send": .text(text), "accepted": ["a": "1"]]])
        #expect(problems.isEmpty == isTemplate, "\(problems)")
    }

    @Test("a template has limits, and one that is too large is refused")
    func templatesAreBounded() {
        let long = "\"\(String(repeating: "x", count: 16 << 10))\""
        let many = "[\(String(repeating: "{id},", count: 64)){id}]"
        for text in [long, many] {
            #expect(jsonProblems(["register": ["send": .text(text), "accepted": ["a": "1"]]]).count == 1)
        }
    }

    @Test("more different paths than one pass looks for are refused, and nothing is found")
    func pathsAreBounded() {
        let failures: [WrittenOptions.Value] = (0..<9).map { number in
            let entries = (0..<4).map { (key: "a\(number).b\($0)", value: WrittenOptions.Value.text("1")) }
            return .options([("when", .options(entries))])
        }
        let problems = jsonProblems(.options([("failures", .list(failures))]))
        #expect(
            problems == [
                "when: there are more different paths than can be looked for in one pass; at most 32 in frames, and as many in items"
            ])
        #expect(jsonProblems(.options([("failures", .list(Array(failures.prefix(8))))])) == [])
    }

    @Test(
        "a part of an account replaces that of the defaults, its fields are laid over theirs, and what is equal is shared"
    )
    func inherits() {
        let base = JSONDialect.read(
            WrittenOptions([
                "fields": ["a": "1", "b": "2"],
                "heartbeat": ["send": #"{"a":{a},"b":{b}}"#, "reply": ["x": "1"]], "hello": ["when": ["h": "1"]],
            ]), over: nil, accountID: nil)
        func beat(_ dialect: JSONDialect) -> String {
            var buffer = ByteBuffer()
            _ = dialect.writeHeartbeat(0, in: context, into: &buffer)
            return String(buffer: buffer)
        }
        func read(_ written: WrittenOptions.Value) -> JSONDialect {
            JSONDialect.read(WrittenOptions(written), over: base, accountID: "shop-1")
        }
        #expect(beat(read([:])) == #"{"a":"1","b":"2"}"#)
        #expect(beat(read(["fields": ["b": "3"]])) == #"{"a":"1","b":"3"}"#)
        let other = read(["heartbeat": ["send": #"{"x":{b}}"#, "reply": ["x": "1"]]])
        #expect(beat(other) == #"{"x":"2"}"#)
        #expect(other.awaitsHello)
        #expect(read([:]) == read([:]))
        #expect(read([:]) != other)
    }

    @Test("a place is no object, and an object no place")
    func tellsPlacesFromObjects() {
        func beat(_ template: String) -> String {
            var buffer = ByteBuffer()
            let dialect = jsonDialect(["heartbeat": ["send": .text(template), "reply": ["x": "1"]]])
            _ = dialect.writeHeartbeat(0, in: context, into: &buffer)
            return String(buffer: buffer)
        }
        #expect(beat(#"{"a":{"id":{}}, "b":{ } ,"c":[{id}]}"#) == #"{"a":{"id":{}}, "b":{ } ,"c":[1763712345680]}"#)
        #expect(beat(#"{"a":"\"{id}\\","b":"{ID}{}{i-d}{0}"}"#) == #"{"a":"\"1763712345680\\","b":"{ID}{}{i-d}{0}"}"#)
    }

    @Test("nothing that an operator wrote into it is printed")
    func isSilent() {
        let dialect = jsonDialect([
            "fields": ["a": "hidden"], "heartbeat": ["send": #"{"hidden":{a}}"#, "reply": ["x": "1"]],
        ])
        var text = ""
        dump(dialect, to: &text)
        #expect(!text.contains("hidden"))
        #expect(!"\(dialect)".contains("hidden"))
    }
}
