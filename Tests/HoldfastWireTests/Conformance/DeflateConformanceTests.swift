import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// Every rule of RFC 7692 about compressed messages that a peer can break and we must detect, or that we must take. The
/// bytes of §7.2.3 are the examples of the RFC itself.
@Suite("RFC 7692: what a stream of compressed messages must lead to")
struct DeflateConformanceTests {
    @Test("a rule about compressed messages is kept, however the stream is cut", arguments: Self.rules)
    func rule(rule: StreamRule) { check(rule) }

    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
    private static let helloAgain: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]

    private static func text(_ text: String) -> WebSocketEvent { .message(ByteBuffer(string: text), isText: true) }

    private static func accepted(
        _ section: String, _ what: String, _ bytes: [UInt8], _ texts: [String],
        deflate: DeflateAgreement = .withoutContext, role: WebSocketRole = .client
    ) -> StreamRule {
        StreamRule(
            section: section, what: what, bytes: bytes, outcome: .events(texts.map(text)), role: role, deflate: deflate)
    }

    private static func violation(
        _ section: String, _ what: String, _ bytes: [UInt8], _ violation: ProtocolViolation, _ code: UInt16 = 1002,
        deflate: DeflateAgreement? = .withoutContext
    ) -> StreamRule {
        StreamRule(
            section: section, what: what, bytes: bytes, outcome: .violation(violation, answeredBy: code),
            deflate: deflate)
    }

    static let rules: [StreamRule] = [
        accepted("§6", "a message need not be compressed", frame(0x81, Array("Hello".utf8)), ["Hello"]),
        accepted("§6.2", "RSV1 marks a compressed message", frame(0xC1, hello), ["Hello"]),
        accepted(
            "§6.2", "the first fragment speaks for all",
            frame(0x41, Array(hello[..<3])) + frame(0x80, Array(hello[3...])),
            ["Hello"]),
        accepted(
            "§6.2", "fragments may be empty, and control frames stand between",
            frame(0x41) + frame(0x00, hello) + frame(0x80), ["Hello"]),
        violation("§6", "RSV1 on a continuation", frame(0x41, hello) + frame(0xC0), .reservedBits),
        violation("§6", "RSV1 on a continuation of a plain message", frame(0x01) + frame(0xC0), .reservedBits),
        violation("§6", "RSV1 on a ping", frame(0xC9), .reservedBits),
        violation("§6", "RSV1 on a pong", frame(0xCA), .reservedBits),
        violation("§6", "RSV1 on a close frame", frame(0xC8), .reservedBits),
        violation("§6", "RSV2 has no meaning yet", frame(0xA1), .reservedBits),
        violation("§6", "nor has RSV3, beside RSV1", frame(0xD1), .reservedBits),
        violation("§6", "RSV1 where no compression was agreed on", frame(0xC1, hello), .reservedBits, deflate: nil),
        accepted(
            "§7.2.3.2", "a message may refer to earlier ones, with context",
            frame(0xC1, hello) + frame(0xC1, helloAgain),
            ["Hello", "Hello"], deflate: .withContext),
        accepted(
            "§7.2.3.2", "plain messages are no part of the context",
            frame(0xC1, hello) + frame(0x81, Array("x".utf8)) + frame(0xC1, helloAgain), ["Hello", "x", "Hello"],
            deflate: .withContext),
        violation(
            "§7.1.1.1", "without context it may not", frame(0xC1, hello) + frame(0xC1, helloAgain), .badCompression,
            1007),
        violation(
            "§7.2.2", "not even with context, before anything was said", frame(0xC1, helloAgain), .badCompression, 1007,
            deflate: .withContext),
        accepted(
            "§7.2.3.3", "a block without compression",
            frame(0xC1, [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]), ["Hello"]),
        accepted(
            "§7.2.3.4", "a block that calls itself the last one",
            frame(0xC1, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
            ["Hello"]),
        accepted(
            "§7.2.1", "blocks may follow it",
            frame(0xC1, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00] + hello), ["HelloHello"]),
        accepted(
            "§7.2.3.5", "two blocks",
            frame(0xC1, [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]),
            ["Hello"]),
        accepted("§7.2.3.6", "an empty message", frame(0xC1, [0x00]), [""]),
        accepted("§7.2.3.6", "an empty message as some send it, without any byte", frame(0xC1), [""]),
        accepted(
            "§7.2.2", "a client's message, masked", frame(0xC1, hello, maskKey: 0x0102_0304), ["Hello"], role: .server),
        violation("§7.2.2", "a kind of block that does not exist", frame(0xC1, [0x06]), .badCompression, 1007),
        violation("§7.2.2", "a block that is cut", frame(0xC1, Array(hello[..<4])), .badCompression, 1007),
        violation(
            "§7.2.1", "a last block with nothing behind it", frame(0xC1, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
            .badCompression, 1007),
        violation(
            "§7.2.1", "the tail was not left out", frame(0xC1, hello + [0, 0, 0xFF, 0xFF]), .badCompression, 1007),
        violation("§6.2", "text that is not UTF-8 when it is inflated", frame(0xC1, badText), .badUTF8, 1007),
        StreamRule(
            section: "§6.2", what: "binary may be anything when it is inflated", bytes: frame(0xC2, badText),
            outcome: .events([.message(ByteBuffer(bytes: [0xFF, 0xFE]), isText: false)]), deflate: .withoutContext),
    ]

    /// FF FE in a block without compression.
    private static let badText: [UInt8] = [0x00, 0x02, 0x00, 0xFD, 0xFF, 0xFF, 0xFE, 0x00]
}
