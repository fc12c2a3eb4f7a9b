import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Base64 is read")
struct Base64DecodingTests {
    private func decode(_ text: String) -> [UInt8]? {
        Base64.decode(Array(text.utf8).span.bytes).map { Array($0.readableBytesView) }
    }

    @Test("whatever was encoded comes back, of any length", arguments: 0...67)
    func roundTrip(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 251) }
        let text = Base64.encode(bytes)
        #expect(decode(text) == bytes)
        #expect(decode(String(text.prefix { $0 != "=" })) == bytes)
        let seen = Base64.withDecoded(Array(text.utf8).span.bytes) { decoded -> [UInt8]? in
            guard let decoded else { return nil }
            return decoded.withUnsafeBytes { Array($0) }
        }
        #expect(seen == bytes)
    }

    @Test("the alphabet for URLs means the same")
    func alphabets() {
        #expect(decode("-_-_") == decode("+/+/"))
        #expect(decode("-_-_") == [0xFB, 0xFF, 0xBF])
    }

    @Test("a character of no alphabet spoils it, wherever it stands", arguments: 0..<11)
    func foreign(place: Int) {
        for character in ["*", "=", " ", "\u{0}", "é"] {
            var text = Array("QUJDREVGR0g".map(String.init))
            text[place] = character
            guard place < 10 || character != "=" else { continue }  // Padding may stand there.
            #expect(decode(text.joined()) == nil)
        }
    }

    @Test("one character alone in the last group is no base64", arguments: ["A", "QUJDR", "QUJDR==="])
    func lonely(text: String) {
        #expect(decode(text) == nil)
    }
}
