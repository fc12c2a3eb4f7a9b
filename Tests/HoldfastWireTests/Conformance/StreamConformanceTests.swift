import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// What a stream of bytes from the peer must lead to, and where that is written.
struct StreamRule: CustomTestStringConvertible, Sendable {
    enum Outcome: Sendable {
        case events([WebSocketEvent])
        case violation(ProtocolViolation, answeredBy: UInt16)
    }

    var section: String
    var what: String
    var bytes: [UInt8]
    var outcome: Outcome
    var role = WebSocketRole.client
    var deflate: DeflateAgreement?

    var testDescription: String { "\(section): \(what)" }
}

extension DeflateAgreement {
    static let withoutContext = DeflateAgreement(
        serverKeepsContext: false, clientKeepsContext: false, serverWindowBits: 15, clientWindowBits: 15)
    static let withContext = DeflateAgreement(
        serverKeepsContext: true, clientKeepsContext: true, serverWindowBits: 15, clientWindowBits: 15)
}

/// Every rule of RFC 6455 about frames that a peer can break and we must detect, or that we must take.
@Suite("RFC 6455: what a stream of frames must lead to")
struct StreamConformanceTests {
    @Test("a rule about streams is kept, however the stream is cut", arguments: Self.rules)
    func rule(rule: StreamRule) { check(rule) }

    static let rules: [StreamRule] = framing + control + text

    private static func violation(
        _ section: String, _ what: String, _ bytes: [UInt8], _ violation: ProtocolViolation, _ code: UInt16 = 1002,
        role: WebSocketRole = .client
    ) -> StreamRule {
        StreamRule(
            section: section, what: what, bytes: bytes, outcome: .violation(violation, answeredBy: code), role: role)
    }

    private static func accepted(
        _ section: String, _ what: String, _ bytes: [UInt8], _ events: [WebSocketEvent]
    ) -> StreamRule {
        StreamRule(section: section, what: what, bytes: bytes, outcome: .events(events))
    }

    private static func binary(_ bytes: [UInt8]) -> WebSocketEvent {
        .message(ByteBuffer(bytes: bytes), isText: false)
    }

    private static let reservedOpcodes: [StreamRule] = ([3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]).map {
        violation("§5.2", "opcode \($0) is reserved", frame(0x80 | $0), .reservedOpcode)
    }

    static let framing: [StreamRule] =
        reservedOpcodes + [
            violation("§5.1", "a server must not mask", frame(0x81, [1], maskKey: 7), .maskedFrame),
            violation("§5.1", "not even a close frame", frame(0x88, [3, 232], maskKey: 0), .maskedFrame),
            violation("§5.1", "a client must mask", frame(0x81, [1]), .unmaskedFrame, role: .server),
            violation("§5.2", "RSV1 without an extension", frame(0xC1), .reservedBits),
            violation("§5.2", "RSV2", frame(0xA2), .reservedBits),
            violation("§5.2", "RSV3 on a control frame", frame(0x99), .reservedBits),
            violation("§5.2", "RSV1 on a continuation", frame(0x01) + frame(0xC0), .reservedBits),
            violation("§5.2", "125 in two bytes", [0x82, 126, 0, 125], .nonMinimalLength),
            violation("§5.2", "0 in two bytes", [0x82, 126, 0, 0], .nonMinimalLength),
            violation("§5.2", "0 in eight bytes", [0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0], .nonMinimalLength),
            violation("§5.2", "65535 in eight bytes", [0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255], .nonMinimalLength),
            violation("§5.2", "the top bit of a length", [0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0], .lengthOutOfRange),
            accepted(
                "§5.2", "the shortest lengths in two bytes", frame(0x82, Array(repeating: 1, count: 126)),
                [binary(Array(repeating: 1, count: 126))]),
            violation(
                "§7.4.1", "the largest length of all is too big to process",
                [0x82, 127, 127, 255, 255, 255, 255, 255, 255, 255], .frameTooLarge, 1009),
            violation("§5.4", "a continuation of nothing", frame(0x80), .unexpectedContinuation),
            violation("§5.4", "a continuation after the end", frame(0x82) + frame(0x00), .unexpectedContinuation),
            violation("§5.4", "text within a message", frame(0x01) + frame(0x81), .interruptedMessage),
            violation("§5.4", "binary within a message", frame(0x02) + frame(0x02), .interruptedMessage),
            violation("§5.4", "a message within a text", frame(0x01, [0x61]) + frame(0x82), .interruptedMessage),
            accepted(
                "§5.4", "fragments are joined in their order, empty ones too",
                frame(0x02, [1]) + frame(0x00) + frame(0x00, [2]) + frame(0x80), [binary([1, 2])]),
            accepted(
                "§5.4", "control frames may stand between fragments",
                frame(0x02, [1]) + frame(0x89, [9]) + frame(0x8A) + frame(0x80, [2]),
                [.ping(ByteBuffer(bytes: [9])), .pong(ByteBuffer()), binary([1, 2])]),
        ]

    private static let closeCodes: [StreamRule] =
        ([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] as [UInt16]).map {
            violation(
                "§7.4", "\($0) must not stand in a close frame", frame(0x88, [UInt8($0 >> 8), UInt8($0 & 255)]),
                .badCloseFrame)
        }

    private static let goodCloseCodes: [StreamRule] = ([1000, 1003, 1007, 1011, 1014, 3000, 4999] as [UInt16]).map {
        accepted(
            "§7.4", "\($0) may stand in a close frame", frame(0x88, [UInt8($0 >> 8), UInt8($0 & 255)]),
            [.close(CloseFrame(code: $0))])
    }

    static let control: [StreamRule] =
        closeCodes + goodCloseCodes + [
            violation("§5.5", "a ping in fragments", frame(0x09), .fragmentedControl),
            violation("§5.5", "a pong in fragments", frame(0x0A), .fragmentedControl),
            violation("§5.5", "a close in fragments", frame(0x08), .fragmentedControl),
            violation("§5.5", "a pong of 126 bytes", [0x8A, 126, 0, 126], .longControl),
            violation("§5.5", "a ping of 126 bytes", [0x89, 126, 0, 126], .longControl),
            violation("§5.5", "a close of 2^16 bytes", [0x88, 127], .longControl),
            accepted(
                "§5.5", "a ping of 125 bytes", frame(0x89, Array(repeating: 1, count: 125)),
                [.ping(ByteBuffer(repeating: 1, count: 125))]),
            violation("§5.5.1", "a close frame of one byte", frame(0x88, [3]), .badCloseFrame),
            accepted("§5.5.1", "a close frame without a body", frame(0x88), [.close(CloseFrame(code: nil))]),
            violation("§5.5.1", "a reason that is not UTF-8", frame(0x88, [3, 232, 0xC0]), .badUTF8, 1007),
            violation(
                "§5.5.1", "a reason that ends within a character", frame(0x88, [3, 232, 0xE4, 0xBD]), .badUTF8, 1007),
            accepted("§5.5.3", "a pong nobody asked for", frame(0x8A, [1]), [.pong(ByteBuffer(bytes: [1]))]),
        ]

    private static let badText: [(String, [UInt8])] = [
        ("a byte that begins nothing", [0xFF]), ("a continuation byte alone", [0x80]),
        ("an overlong slash", [0xC0, 0xAF]), ("an overlong form in three bytes", [0xE0, 0x80, 0xAF]),
        ("an overlong form in four bytes", [0xF0, 0x80, 0x80, 0xAF]), ("a surrogate", [0xED, 0xA0, 0x80]),
        ("past U+10FFFF", [0xF4, 0x90, 0x80, 0x80]), ("cut at the end", [0xE4, 0xBD]),
    ]

    static let text: [StreamRule] =
        badText.map { violation("§8.1", "text with \($0.0)", frame(0x81, $0.1), .badUTF8, 1007) }
        + badText.map {
            violation(
                "§8.1", "fragmented text with \($0.0)",
                frame(0x01, Array($0.1.prefix(1))) + frame(0x80, Array($0.1.dropFirst())), .badUTF8, 1007)
        } + [
            violation("§8.1", "bad text is found before its frame has ended", [0x81, 5, 0x61, 0xFF], .badUTF8, 1007),
            accepted("§5.6", "binary may be anything", frame(0x82, [0xFF, 0xC0]), [binary([0xFF, 0xC0])]),
            accepted(
                "§8.1", "a character may be cut by a fragment's end",
                frame(0x01, [0xF0, 0x9F]) + frame(0x00, [0xA6]) + frame(0x80, [0x80]),
                [.message(ByteBuffer(string: "🦀"), isText: true)]),
        ]

    @Test("RFC 6455 §7.4: the codes that may be sent, and no others")
    func closeCodes() {
        let allowed = Array(1000...1003) + Array(1007...1014) + Array(3000...4999)
        #expect((0...UInt16.max).filter(CloseFrame.mayBeSent) == allowed.map(UInt16.init))
    }
}

func check(_ rule: StreamRule, sourceLocation: SourceLocation = #_sourceLocation) {
    let result = events(rule.bytes, role: rule.role, deflate: rule.deflate, sourceLocation: sourceLocation)
    switch rule.outcome {
    case .events(let events):
        #expect(result == Decoded(values: events), sourceLocation: sourceLocation)
    case .violation(let violation, let code):
        #expect(result.violation == violation, sourceLocation: sourceLocation)
        #expect(violation.closeCode == code, sourceLocation: sourceLocation)
    }
}
