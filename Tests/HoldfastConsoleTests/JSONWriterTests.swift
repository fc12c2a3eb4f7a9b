import NIOCore
import Testing

@testable import HoldfastConsole

@Suite("JSON")
struct JSONWriterTests {
    @Test("what could end a string or confuse a reader is escaped")
    func escapes() {
        let text = JSONWriter.object { $0.field("k\"", "a\"b\\c\nd\te\u{1}\u{1F}<script>é漢") }
        #expect(String(buffer: text) == #"{"k\"":"a\"b\\c\nd\te\u0001\u001f<script>é漢"}"#)
    }

    @Test("what is not known is null, and fields keep their order")
    func fields() {
        let text = JSONWriter.object { json in
            json.field("b", nil as String?)
            json.field("a", 1)
            json.field("n", nil as Int?)
            json.field("t", true)
            json.field("d", 12.3456)
            json.field("x", Double.nan)
            json.array("l", ["1", "2"]) { $0.value($1) }
            json.array("e", [String]()) { $0.value($1) }
            json.object("o") { $0.field("z", 0) }
            json.field("last", "x")
        }
        #expect(
            String(buffer: text)
                == #"{"b":null,"a":1,"n":null,"t":true,"d":12.346,"x":null,"l":["1","2"],"e":[],"o":{"z":0},"last":"x"}"#
        )
    }
}
