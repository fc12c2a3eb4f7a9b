import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Frames written")
struct FrameEncoderTests {
    @Test("the length takes the shortest form", arguments: [0, 1, 125, 126, 65_535, 65_536])
    func shortest(count: Int) {
        let payload = Array(repeating: UInt8(0x5A), count: count)
        var output = ByteBuffer()
        FrameEncoder.encode(ByteBuffer(bytes: payload), opcode: .binary, maskKey: nil, into: &output)
        #expect(output.bytes == frame(0x82, payload))
    }

    @Test("the masked hello of RFC 6455 §5.7")
    func example() {
        var output = ByteBuffer()
        FrameEncoder.encode(ByteBuffer(string: "Hello"), opcode: .text, maskKey: MaskKey(0x37FA_213D), into: &output)
        #expect(output.bytes == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test("what is written is read again, with every key and length")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 4)
        var assembler = MessageAssembler(role: .server, frameLimitBytes: 1 << 20, messageLimitBytes: 1 << 20)
        for count in 0..<300 {
            let payload = ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            var output = ByteBuffer()
            FrameEncoder.encode(
                payload, opcode: .binary, maskKey: MaskKey(.random(in: 0 ... .max, using: &generator)), into: &output)
            #expect(try assembler.next(from: &output) == .message(payload, isText: false))
        }
    }

    @Test("fragments carry their opcode and their end")
    func fragments() {
        var output = ByteBuffer()
        FrameEncoder.encode(ByteBuffer(bytes: [1]), opcode: .text, isFinal: false, maskKey: nil, into: &output)
        FrameEncoder.encode(ByteBuffer(bytes: [2]), opcode: .continuation, maskKey: nil, into: &output)
        #expect(output.bytes == frame(0x01, [1]) + frame(0x80, [2]))
    }

    @Test("a mask goes on where it stopped", arguments: 0...9)
    func advanced(count: Int) {
        let zeros = ByteBuffer(repeating: 0, count: 24)
        var whole = ByteBuffer()
        whole.writeMasked(zeros, key: MaskKey(0x0102_0304))
        var rest = ByteBuffer()
        rest.writeMasked(ByteBuffer(repeating: 0, count: 24 - count), key: MaskKey(0x0102_0304).advanced(by: count))
        #expect(Array(whole.bytes.dropFirst(count)) == rest.bytes)
    }

    @Test("a close frame's reason is cut between characters")
    func closeReason() throws {
        let payload = CloseFrame(code: 1000, reason: String(repeating: "界", count: 60)).payload
        #expect(payload.readableBytes == 2 + 41 * 3)
        #expect(try CloseFrame(payload: payload) == CloseFrame(code: 1000, reason: String(repeating: "界", count: 41)))
    }

    @Test("a code that must not be sent is left out", arguments: [1005, 1006, 1015, 0, 2000] as [UInt16])
    func closeCode(code: UInt16) {
        #expect(CloseFrame(code: code, reason: "no").payload.readableBytes == 0)
    }
}
