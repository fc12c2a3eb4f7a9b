import HoldfastCore
import HoldfastWire
import NIOCore
import Testing

@Suite("LWP, pushes and their acknowledgements")
struct LWPPushTests {
    private func push(_ frame: ByteBuffer) throws -> Push {
        guard case .push(let push) = lwp().interpret(frame, isText: true, identity: identity) else {
            throw TestFailure("no push")
        }
        return push
    }

    private struct TestFailure: Error {
        var text: String
        init(_ text: String) { self.text = text }
    }

    @Test(
        "an acknowledgement repeats what the push has, and has an empty sid where it has none",
        arguments: [
            (#"{"lwp":"/s/vulcan","headers":{"mid":"a 1"}}"#, #"{"code":200,"headers":{"mid":"a 1","sid":""}}"#),
            (#"{"lwp":"/s/vulcan","headers":{"mid":"a","sid":"b"}}"#, #"{"code":200,"headers":{"mid":"a","sid":"b"}}"#),
            (
                #"{"headers":{"dt":"j","ua":"u","app-key":"444","sid":"b","mid":"a","x":1},"lwp":"/s/sync","body":{}}"#,
                #"{"code":200,"headers":{"mid":"a","sid":"b","app-key":"444","ua":"u","dt":"j"}}"#
            ),
            (
                #"{"lwp":"/s","headers":{"mid":"a","ua":null,"sid":null,"dt":"j"}}"#,
                #"{"code":200,"headers":{"mid":"a","sid":"","dt":"j"}}"#
            ),
            // Byte for byte as they came: escapes, other kinds of values, other alphabets.
            (
                #"{"lwp":"/s","headers":{"mid":"\u0061\/\"","sid":"中\ud83d"}}"#,
                #"{"code":200,"headers":{"mid":"\u0061\/\"","sid":"中\ud83d"}}"#
            ),
            (
                #"{"lwp":"/s","headers":{"mid":17,"sid":0,"app-key":444,"dt":[1, 2]}}"#,
                #"{"code":200,"headers":{"mid":17,"sid":0,"app-key":444,"dt":[1, 2]}}"#
            ),
            // `lwp` and a mid make a push, whatever else there is: even a mid like one of ours.
            (
                #"{"code":200,"lwp":"/!","headers":{"mid":"71763712345684 0"}}"#,
                #"{"code":200,"headers":{"mid":"71763712345684 0","sid":""}}"#
            ),
            (#"{"lwp":1,"headers":{"mid":"a"}}"#, #"{"code":200,"headers":{"mid":"a","sid":""}}"#),
            (#"{"lwp":"/s","headers":{"mid":"a","mid":"b"}}"#, #"{"code":200,"headers":{"mid":"b","sid":""}}"#),
        ])
    func acknowledges(text: String, expected: String) throws {
        let push = try push(ByteBuffer(string: text))
        var buffer = ByteBuffer()
        #expect(lwp().writeAcknowledgement(of: push, into: &buffer) == .text)
        #expect(String(buffer: buffer) == expected)
    }

    @Test("the body can be reached as it came, without the rest")
    func reachesBody() throws {
        let text = #"{"lwp":"/s","headers":{"mid":"a"},"body": {"syncPushPackage":{"data":[{"data":"e30="}]}} ,"x":0}"#
        let push = try push(ByteBuffer(string: text))
        #expect(push.body.map(String.init(buffer:)) == #"{"syncPushPackage":{"data":[{"data":"e30="}]}}"#)
        #expect(String(buffer: push.frame) == text)
    }

    @Test("a push without a body has none", arguments: ["", #","body":null"#])
    func lacksBody(member: String) throws {
        let push = try push(ByteBuffer(string: #"{"lwp":"/s","headers":{"mid":"a"}\#(member)}"#))
        #expect(push.body == nil)
    }

    @Test("a frame that begins in the middle of its buffer is read from where it begins")
    func respectsReaderIndex() throws {
        var frame = ByteBuffer(string: #"{{{{{"{"lwp":"/s","headers":{"mid":"a"},"body":[1]}"#)
        frame.moveReaderIndex(forwardBy: 6)
        let push = try push(frame)
        var buffer = ByteBuffer()
        _ = lwp().writeAcknowledgement(of: push, into: &buffer)
        #expect(String(buffer: buffer) == #"{"code":200,"headers":{"mid":"a","sid":""}}"#)
        #expect(push.body.map(String.init(buffer:)) == "[1]")
    }

    @Test("every acknowledgement is JSON, whatever bytes of the push were changed", arguments: 0..<300)
    func survivesDamage(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let original = Array(
            #"{"lwp":"/s/sync","headers":{"mid":"a\u0062 0","sid":"x","app-key":"4","ua":"u","dt":"j"},"body":[{"a":-1.5e3}]}"#
                .utf8)
        for _ in 0..<20 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                guard let index = bytes.indices.randomElement(using: &random) else { break }
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            let meaning = lwp().interpret(ByteBuffer(bytes: bytes), isText: true, identity: identity)
            guard case .push(let push) = meaning else { continue }
            var buffer = ByteBuffer()
            _ = lwp().writeAcknowledgement(of: push, into: &buffer)
            #expect(try scan(buffer).kind == .object)
        }
    }
}
