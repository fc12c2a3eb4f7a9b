import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Messages out of frames")
struct MessageAssemblerTests {
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
