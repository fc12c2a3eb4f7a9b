import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// A stream, and the violation it must end in.
struct ViolationRow: CustomTestStringConvertible {
    var what: String
    var bytes: [UInt8]
    var violation: ProtocolViolation
    var role = WebSocketRole.client

    var testDescription: String { "\(what): \(violation)" }
}

@Suite("Messages out of frames")
struct MessageAssemblerTests {
    @Test(
        "every violation of RFC 6455 is found, however the stream is cut",
        arguments: [
            ViolationRow(what: "RSV1 without an extension", bytes: frame(0xC1), violation: .reservedBits),
            ViolationRow(what: "RSV2", bytes: frame(0xA2), violation: .reservedBits),
            ViolationRow(what: "RSV3 on a control frame", bytes: frame(0x99), violation: .reservedBits),
            ViolationRow(
                what: "a masked frame from a server", bytes: frame(0x81, [1], maskKey: 7), violation: .maskedFrame),
            ViolationRow(
                what: "an unmasked frame from a client", bytes: frame(0x81), violation: .unmaskedFrame, role: .server),
            ViolationRow(what: "a ping in fragments", bytes: frame(0x09), violation: .fragmentedControl),
            ViolationRow(what: "a close in fragments", bytes: frame(0x08), violation: .fragmentedControl),
            ViolationRow(what: "a pong of 126 bytes", bytes: [0x8A, 126, 0, 126], violation: .longControl),
            ViolationRow(what: "a close of 2^16 bytes", bytes: [0x88, 127], violation: .longControl),
            ViolationRow(what: "125 in two bytes", bytes: [0x82, 126, 0, 125], violation: .nonMinimalLength),
            ViolationRow(what: "0 in two bytes", bytes: [0x82, 126, 0, 0], violation: .nonMinimalLength),
            ViolationRow(
                what: "65535 in eight bytes", bytes: [0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255],
                violation: .nonMinimalLength),
            ViolationRow(
                what: "the top bit of a length", bytes: [0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0],
                violation: .lengthOutOfRange),
            ViolationRow(
                what: "the largest length", bytes: [0x82, 127, 127, 255, 255, 255, 255, 255, 255, 255],
                violation: .frameTooLarge),
            ViolationRow(what: "continuation of nothing", bytes: frame(0x80), violation: .unexpectedContinuation),
            ViolationRow(
                what: "continuation after the end", bytes: frame(0x82) + frame(0x00), violation: .unexpectedContinuation
            ),
            ViolationRow(
                what: "text within a message", bytes: frame(0x01) + frame(0x81), violation: .interruptedMessage),
            ViolationRow(
                what: "binary within a message", bytes: frame(0x02) + frame(0x02), violation: .interruptedMessage),
            ViolationRow(what: "a close of one byte", bytes: frame(0x88, [3]), violation: .badCloseFrame),
            ViolationRow(
                what: "a close reason that is not UTF-8", bytes: frame(0x88, [3, 232, 0xC0]), violation: .badUTF8),
            ViolationRow(
                what: "a close reason cut within a character", bytes: frame(0x88, [3, 232, 0xE4, 0xBD]),
                violation: .badUTF8),
        ])
    func violation(row: ViolationRow) {
        #expect(events(row.bytes, role: row.role).violation == row.violation)
    }

    @Test("reserved opcodes are found", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func reservedOpcode(opcode: UInt8) {
        #expect(events(frame(0x80 | opcode)) == Decoded(violation: .reservedOpcode))
    }

    @Test(
        "a message is the same in one frame and in fragments",
        arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_001])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let message = WebSocketEvent.message(ByteBuffer(bytes: payload), isText: false)
        let half = count / 2
        let fragments = frame(0x02, Array(payload[..<half])) + frame(0x00) + frame(0x80, Array(payload[half...]))
        #expect(events(frame(0x82, payload) + fragments) == Decoded(values: [message, message]))
    }

    @Test("a masked message is unmasked", arguments: [0, 1, 7, 8, 9, 126, 1_000])
    func masked(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let result = events(frame(0x82, payload, maskKey: 0x9A0B_1CFD), role: .server)
        #expect(result == Decoded(values: [.message(ByteBuffer(bytes: payload), isText: false)]))
    }

    @Test("control frames may stand between fragments")
    func controlBetweenFragments() {
        let stream =
            frame(0x01, Array("Hold".utf8)) + frame(0x89, [1, 2]) + frame(0x8A) + frame(0x80, Array("fast".utf8))
            + frame(0x88, [0x03, 0xE9] + Array("läuft".utf8))
        #expect(
            events(stream)
                == Decoded(values: [
                    .ping(ByteBuffer(bytes: [1, 2])), .pong(ByteBuffer()),
                    .message(ByteBuffer(string: "Holdfast"), isText: true),
                    .close(CloseFrame(code: 1001, reason: "läuft")),
                ]))
    }

    @Test("a character may be cut by a fragment's end")
    func characterAcrossFragments() {
        let bytes = Array("a界🦀".utf8)
        for cut in 0...bytes.count {
            let stream = frame(0x01, Array(bytes[..<cut])) + frame(0x80, Array(bytes[cut...]))
            #expect(events(stream) == Decoded(values: [.message(ByteBuffer(string: "a界🦀"), isText: true)]))
        }
    }

    @Test("bad text is found before the rest of its frame arrived")
    func badTextFailsFast() {
        #expect(events([0x81, 126, 0x10, 0x00, 0x61, 0xFF]) == Decoded(violation: .badUTF8))
        #expect(events(frame(0x01, [0xED]) + frame(0x00, [0xA0])) == Decoded(violation: .badUTF8))
    }

    @Test("text that ends within a character is bad")
    func textEndsWithinCharacter() {
        #expect(events(frame(0x81, [0xE4, 0xBD])) == Decoded(violation: .badUTF8))
        #expect(events(frame(0x01, [0xE4, 0xBD]) + frame(0x80)) == Decoded(violation: .badUTF8))
    }

    @Test("binary may be anything")
    func binaryIsNotText() {
        #expect(events(frame(0x82, [0xFF])) == Decoded(values: [.message(ByteBuffer(bytes: [0xFF]), isText: false)]))
    }

    @Test("a frame at its limit passes, one byte more does not")
    func frameLimit() {
        let fits = events(frame(0x82, [1, 2, 3]), frameLimitBytes: 3)
        #expect(fits == Decoded(values: [.message(ByteBuffer(bytes: [1, 2, 3]), isText: false)]))
        #expect(events([0x82, 4], frameLimitBytes: 3) == Decoded(violation: .frameTooLarge))
    }

    @Test("a message at its limit passes, one byte more is refused by the frame's head")
    func messageLimit() {
        let fits = events(frame(0x02, [1, 2]) + frame(0x80, [3]), messageLimitBytes: 3)
        #expect(fits == Decoded(values: [.message(ByteBuffer(bytes: [1, 2, 3]), isText: false)]))
        #expect(events(frame(0x02, [1, 2]) + [0x00, 2], messageLimitBytes: 3) == Decoded(violation: .messageTooLarge))
        #expect(events([0x82, 4], messageLimitBytes: 3) == Decoded(violation: .messageTooLarge))
    }

    @Test("limits do not touch control frames")
    func limitsAndControl() {
        let ping = Array(repeating: UInt8(1), count: 125)
        let result = events(frame(0x89, ping), frameLimitBytes: 0, messageLimitBytes: 0)
        #expect(result == Decoded(values: [.ping(ByteBuffer(bytes: ping))]))
    }

    @Test("the codes that may be sent in a close frame, and no others")
    func closeCodes() {
        let allowed = Array(1000...1003) + Array(1007...1014) + Array(3000...4999)
        #expect((0...UInt16.max).filter(CloseFrame.mayBeSent) == allowed.map(UInt16.init))
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
            let result = events(frame(0x88, [UInt8(code >> 8), UInt8(code & 255)]))
            #expect(result == Decoded(violation: .badCloseFrame), "\(code)")
        }
    }

    @Test("an empty close frame has no code")
    func emptyClose() {
        #expect(events(frame(0x88)) == Decoded(values: [.close(CloseFrame(code: nil))]))
    }

    @Test("what came before a violation is delivered")
    func deliversBeforeViolation() {
        let result = events(frame(0x82, [1]) + frame(0x83))
        #expect(
            result == Decoded(values: [.message(ByteBuffer(bytes: [1]), isText: false)], violation: .reservedOpcode))
    }

    @Test("a whole frame is handed on without a copy")
    func noCopy() throws {
        var assembler = MessageAssembler(role: .client, frameLimitBytes: 100, messageLimitBytes: 100)
        let input = ByteBuffer(bytes: frame(0x82, [1, 2, 3]))
        var rest = input
        guard case .message(let message, _) = try assembler.next(from: &rest) else {
            Issue.record("no message")
            return
        }
        // The payload begins two bytes behind the frame's head, in the same storage.
        let there = message.withUnsafeReadableBytes { $0.baseAddress }
        #expect(there == input.withUnsafeReadableBytes { $0.baseAddress?.advanced(by: 2) })
    }
}
