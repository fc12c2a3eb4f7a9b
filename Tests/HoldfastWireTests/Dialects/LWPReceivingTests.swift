import HoldfastCore
import HoldfastWire
import NIOCore
import Testing

extension Meaning {
    /// The meaning in short, for comparing.
    var summary: String {
        switch self {
        case .registered: "registered"
        case .registrationRefused(let code): "refused \(code)"
        case .hello(let interval): "hello \(interval.map { "\($0)" } ?? "")"
        case .refused(let kind, let code): "refused as \(kind) \(code)"
        case .question: "question"
        case .reconnectSoon(let time): "reconnect within \(time)"
        case .reply(let beat, let isPositive, let code):
            "reply \(beat.map(String.init) ?? "?") \(isPositive ? "yes" : "no") \(code)"
        case .push: "push"
        case .sent(let number, let isPositive, let code, _): "sent \(number) \(isPositive ? "yes" : "no") \(code)"
        case .other: "other"
        case .malformed(let problem): "malformed: \(problem)"
        }
    }
}

func interpret(_ text: String, isText: Bool = true) -> Meaning {
    lwp().interpret(ByteBuffer(string: text), isText: isText, identity: identity)
}

@Suite("LWP, what is received")
struct LWPReceivingTests {
    @Test(
        "an answer belongs to the request with its mid",
        arguments: [
            (#"{"code":200,"headers":{"mid":"71763712345678 0"}}"#, "registered"),
            (
                #"{"headers":{"reg-uid":"1@x","mid":"71763712345678 0","reg-sid":"s"},"code":200,"body":{}}"#,
                "registered"
            ),
            (" {\n\"code\" : 200 , \"headers\" : { \"mid\" : \"71763712345678 0\" } }\n", "registered"),
            (#"{"code":200,"headers":{"mid":"\u0037176371234567\u0038\u0020\u0030"}}"#, "registered"),
            (#"{"\u0063ode":200,"heade\u0072s":{"m\u0069d":"71763712345678 0"}}"#, "registered"),
            (#"{"code":401,"headers":{"mid":"71763712345678 0"}}"#, "refused 401"),
            (#"{"code":500,"headers":{"mid":"71763712345678 0"},"body":{"reason":"busy"}}"#, "refused 500"),
            (#"{"code":-1,"headers":{"mid":"71763712345678 0"}}"#, "refused -1"),
            (#"{"code":200,"headers":{"mid":"71763712345680 0"}}"#, "reply 0 yes 200"),
            (#"{"code":200,"headers":{"mid":"71763712345684 0"}}"#, "reply 1 yes 200"),
            (#"{"code":401,"headers":{"mid":"71763712345684 0"}}"#, "reply 1 no 401"),
            (#"{"code":0,"headers":{"mid":"71763712345684 0"}}"#, "reply 1 no 0"),
            (#"{"code":200,"headers":{"mid":"71780892214860 0"}}"#, "reply \(UInt32.max) yes 200"),
            (#"{"code":200,"headers":{"mid":"71763712345679 0"}}"#, "other"),
            (#"{"code":200,"headers":{"mid":"71763712345681 0"}}"#, "sent 0 yes 200"),
            (#"{"code":500,"headers":{"mid":"71763712345679 0"}}"#, "other"),
        ])
    func matchesAnswers(text: String, expected: String) {
        #expect(interpret(text).summary == expected)
    }

    @Test(
        "an answer to something else is a sign of life and nothing more",
        arguments: [
            "71763712345677 0", "71763712345682 0", "81763712345684 0", "071763712345684 0",
            "7 1763712345684 0",
            "71763712345684", "71763712345684 1", "71763712345684  0", "71763712345684 0 ", " 71763712345684 0",
            "7-1763712345684 0",
            "7+1763712345684 0", "701763712345684 0", "7 0", " 0", "0", "", "7", "71763712345684.0 0",
            "7999999999999999999999 0",
            "79223372036854775807 0", "71780892214864 0", "７1763712345684 0",
        ])
    func ignoresForeignMids(mid: String) {
        #expect(interpret(#"{"code":200,"headers":{"mid":"\#(mid)"}}"#).summary == "other")
        #expect(interpret(#"{"code":401,"headers":{"mid":"\#(mid)"}}"#).summary == "other")
    }

    @Test(
        "what is well-formed and not for us is nothing to act on",
        arguments: [
            "{}", #"{"code":200}"#, #"{"code":200,"headers":{}}"#, #"{"code":200,"headers":null}"#,
            #"{"headers":{"mid":null},"code":200}"#,
            #"{"code":200,"headers":{"mid":71763712345678}}"#, #"{"lwp":"/s/x"}"#, #"{"lwp":"/s/x","headers":{}}"#,
            #"{"code":"soon"}"#, #"{"mid":"71763712345678 0","code":200}"#,
            #"{"body":{"code":200,"headers":{"mid":"71763712345678 0"}}}"#,
            #"{"Code":200,"Headers":{"Mid":"71763712345678 0"}}"#,
        ])
    func toleratesOthers(text: String) {
        #expect(interpret(text).summary == "other")
    }

    @Test(
        "what is not of the dialect is told as malformed",
        arguments: [
            ("", "not JSON: at byte 0: the text ends early"),
            ("hello", "not JSON: at byte 0: this byte cannot stand here"),
            (#"{"code":200,"headers":{"mid":"71763712345678 0"}"#, "not JSON: at byte 48: the text ends early"),
            (
                #"{"code":200,"headers":{"mid":"71763712345678 0"}}}"#,
                "not JSON: at byte 49: something follows the value"
            ),
            (
                #"{"code":200,"headers":{"mid":"71763712345678 0",}}"#,
                "not JSON: at byte 48: this byte cannot stand here"
            ),
            (#"{"headers":"x","code":}"#, "not JSON: at byte 22: this byte cannot stand here"),
            ("[]", "the message is JSON, but no object"), ("200", "the message is JSON, but no object"),
            ("null", "the message is JSON, but no object"), (#""{}""#, "the message is JSON, but no object"),
            ("[", "not JSON: at byte 1: the text ends early"),
            (#"{"code":200,"headers":"mid"}"#, "`headers` is no object"),
            (#"{"lwp":"/s","headers":[]}"#, "`headers` is no object"),
            (#"{"lwp":"/s","headers":{"mid":{}}}"#, "`headers.mid` is neither a string nor a number"),
            (#"{"lwp":"/s","headers":{"mid":["a"]}}"#, "`headers.mid` is neither a string nor a number"),
            (#"{"code":200,"headers":{"mid":true}}"#, "`headers.mid` is neither a string nor a number"),
            (#"{"headers":{"mid":"71763712345678 0"}}"#, "an answer without an integer `code`"),
            (#"{"code":null,"headers":{"mid":"71763712345678 0"}}"#, "an answer without an integer `code`"),
            (#"{"code":"200","headers":{"mid":"71763712345678 0"}}"#, "an answer without an integer `code`"),
            (#"{"code":200.0,"headers":{"mid":"71763712345678 0"}}"#, "an answer without an integer `code`"),
            (#"{"code":2e2,"headers":{"mid":"71763712345684 0"}}"#, "an answer without an integer `code`"),
            (
                #"{"code":99999999999999999999,"headers":{"mid":"71763712345684 0"}}"#,
                "an answer without an integer `code`"
            ),
        ])
    func findsMalformed(text: String, problem: String) {
        #expect(interpret(text).summary == "malformed: \(problem)")
    }

    @Test(
        "a frame may be as deep as the scanner's limit, wherever that is",
        arguments: [
            (#"{"x":"#, "}"), (#"{"headers":{"x":"#, "}}"), (#"{"body":{"x":"#, "}}"),
            (#"{"body":{"syncPushPackage":{"data":[{"x":"#, "}]}}}"),
        ])
    func boundsDepth(opening: String, closing: String) {
        func frame(_ depth: Int) -> String {
            let left = depth - closing.utf8.count
            return opening + String(repeating: "[", count: left) + String(repeating: "]", count: left) + closing
        }
        #expect(interpret(frame(JSONScanner.depthLimit)).summary == "other")
        let place = opening.utf8.count + JSONScanner.depthLimit - closing.utf8.count
        #expect(
            interpret(frame(JSONScanner.depthLimit + 1)).summary
                == "malformed: not JSON: at byte \(place): nested too deep")
    }

    @Test("a binary message is malformed, whatever is in it")
    func refusesBinary() {
        let text = #"{"code":200,"headers":{"mid":"71763712345678 0"}}"#
        #expect(
            interpret(text, isText: false).summary == "malformed: a binary message, where the dialect has text only")
    }

    @Test("of members that appear twice the last one counts, headers as a whole")
    func letsLastWin() {
        #expect(
            interpret(#"{"code":500,"code":200,"headers":{"mid":"x","mid":"71763712345678 0"}}"#).summary
                == "registered")
        #expect(interpret(#"{"code":200,"headers":{"mid":"71763712345678 0"},"headers":{}}"#).summary == "other")
        #expect(interpret(#"{"code":200,"headers":[],"headers":{"mid":"71763712345678 0"}}"#).summary == "registered")
        #expect(
            interpret(#"{"lwp":"/s","lwp":null,"code":200,"headers":{"mid":"71763712345678 0"}}"#).summary
                == "registered")
    }

    @Test("the mid of every beat leads back to the beat, on any connection", arguments: 0..<100)
    func roundTripsMids(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let wall = WallTime(
            milliseconds: Int64.random(in: 0...4_000_000_000_000, using: &random)
                >> Int64.random(in: 0...42, using: &random))
        let identity = ConnectionIdentity(random: random.next(), at: wall)
        let beat = UInt32.random(in: 0...UInt32.max, using: &random) >> UInt32.random(in: 0...31, using: &random)
        var request = ByteBuffer()
        let context = DialectContext(identity: identity, now: WallTime(milliseconds: 0))
        _ = lwp().writeHeartbeat(beat, in: context, into: &request)
        let answer = String(buffer: request).replacing(#""lwp":"/!""#, with: #""code":200"#)
        let meaning = lwp().interpret(ByteBuffer(string: answer), isText: true, identity: identity)
        #expect(meaning.summary == "reply \(beat) yes 200")
    }

    @Test("a pong is nothing but a sign of life")
    func ignoresPongs() {
        #expect(lwp().interpretPong(ByteBuffer(string: "71763712345684 0"), identity: identity).summary == "other")
    }

    @Test("no close code means `not you` beside the standard one")
    func hasNoAuthCloseCodes() {
        #expect(lwp().closeCodes == CloseCodeRules())
    }
}
