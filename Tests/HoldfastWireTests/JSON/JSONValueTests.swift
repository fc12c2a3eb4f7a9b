import HoldfastWire
import NIOCore
import Testing

@Suite("A JSON value")
struct JSONValueTests {
    @Test(
        "reads as the string it stands for",
        arguments: [
            (#""""#, ""), (#""a b""#, "a b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u4E2d""#, "Aé中"),
            (#""\ud83d\ude00!""#, "😀!"), (#""\uD83D\uDE00""#, "😀"), (#""中文 😀""#, "中文 😀"), (#""\u0000""#, "\u{0}"),
            // Halves of surrogate pairs without their partner.
            (#""\ud83d""#, "\u{FFFD}"), (#""\ude00""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
            (#""\ud83dA""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\ud83d\\ude00""#, "\u{FFFD}\\ude00"),
        ])
    func readsStrings(text: String, expected: String) throws {
        let buffer = ByteBuffer(string: text)
        #expect(try scan(buffer).string(in: buffer.readableBytesSpan) == expected)
    }

    @Test("repairs bytes that are not UTF-8 when read as a string")
    func repairsUTF8() throws {
        let buffer = ByteBuffer(bytes: [0x22, 0x61, 0xFF, 0x62, 0x22])
        #expect(try scan(buffer).string(in: buffer.readableBytesSpan) == "a\u{FFFD}b")
    }

    @Test("is no string unless it is one", arguments: ["1", "null", "true", "[]", "{}"])
    func isNoString(text: String) throws {
        let buffer = ByteBuffer(string: text)
        #expect(try scan(buffer).string(in: buffer.readableBytesSpan) == nil)
        #expect(try scan(buffer).isString("1", in: buffer.readableBytesSpan) == false)
    }

    @Test(
        "is compared by what it reads, not by how it is written",
        arguments: [
            (#""mid""#, true), (#""\u006did""#, true), (#""m\u0069d""#, true), (#""midi""#, false), (#""mi""#, false),
            (#""""#, false),
            (#""MID""#, false), (#""\u004did""#, false), (#""mid\u0000""#, false),
        ])
    func compares(text: String, isEqual: Bool) throws {
        let buffer = ByteBuffer(string: text)
        #expect(try scan(buffer).isString("mid", in: buffer.readableBytesSpan) == isEqual)
    }

    @Test(
        "is compared byte for byte, not by what Unicode takes for the same", arguments: [#""\u212a""#, "\"\u{212A}\""])
    func comparesBytes(text: String) throws {
        let buffer = ByteBuffer(string: text)
        #expect(try scan(buffer).isString("K", in: buffer.readableBytesSpan) == false)
    }

    @Test(
        "reads as an integer if it is written as one and fits",
        arguments: [
            ("0", 0), ("-0", 0), ("200", 200), ("-401", -401), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("92233720368547758070", nil), ("200.0", nil),
            ("2e2", nil),
            (#""200""#, nil), ("null", nil), ("[200]", nil),
            (String(repeating: "9", count: 10_000), nil),
        ] as [(String, Int64?)])
    func readsIntegers(text: String, expected: Int64?) throws {
        let buffer = ByteBuffer(string: text)
        #expect(try scan(buffer).integer(in: buffer.readableBytesSpan) == expected)
    }

    @Test(
        "means nothing in a shorter text, and does no harm there",
        arguments: [#""abcdefghijkl""#, #""abcdefgh\u0041""#, "123456789"])
    func survivesAnotherText(text: String) throws {
        let value = try scan(text)
        let other = ByteBuffer(string: "1")
        #expect(value.string(in: other.readableBytesSpan) == nil)
        #expect(value.isString("abcdefghijkl", in: other.readableBytesSpan) == false)
        #expect(value.integer(in: other.readableBytesSpan) == nil)
    }
}
