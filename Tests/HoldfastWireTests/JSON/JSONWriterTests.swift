import Foundation
import HoldfastCore
import HoldfastWire
import NIOCore
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    private static func written(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.writeJSON(text)
        return String(buffer: buffer)
    }

    @Test(
        "escapes what has to be escaped, and nothing else",
        arguments: [
            ("", #""""#), ("abc", #""abc""#), ("a\"b\\c/d", #""a\"b\\c/d""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{0}\u{8}\u{1F}\u{7F}", "\"\\u0000\\u0008\\u001f\u{7F}\""),
            ("中文 😀 é", #""中文 😀 é""#), ("\"", #""\"""#), ("tail\\", #""tail\\""#),
        ])
    func escapes(text: String, expected: String) {
        #expect(Self.written(text) == expected)
    }

    @Test("writes integers in digits", arguments: [0, 7, -7, 1_763_712_345_678, Int64.max, Int64.min])
    func writesIntegers(number: Int64) {
        var buffer = ByteBuffer()
        buffer.writeJSON(number)
        #expect(String(buffer: buffer) == String(number))
    }

    @Test("any text comes back through the scanner, and through Foundation", arguments: 0..<200)
    func roundTrips(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let text = RandomJSON.text(using: &random)
        let buffer = ByteBuffer(string: Self.written(text))
        #expect(try scan(buffer).string(in: buffer.readableBytesSpan) == text)
        let read = try JSONSerialization.jsonObject(with: Data(buffer.readableBytesView), options: .fragmentsAllowed)
        #expect(read as? String == text)
    }
}
