import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Frames that wait to be sent")
struct OutboundQueueTests {
    private func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    /// Everything the queue hands over, chunk by chunk, read as a server would.
    private func drain(_ queue: inout OutboundQueue, chunkBytes: Int = 1 << 20) throws -> [[WebSocketEvent]] {
        var chunks: [[WebSocketEvent]] = []
        while var chunk = queue.next(chunkBytes: chunkBytes) {
            // A new assembler for each chunk proves that chunks are made of whole frames.
            var assembler = MessageAssembler(role: .server, frameLimitBytes: 1 << 20, messageLimitBytes: 1 << 20)
            var events: [WebSocketEvent] = []
            while let event = try assembler.next(from: &chunk) { events.append(event) }
            #expect(assembler.isIdle)
            chunks.append(events)
        }
        #expect(queue.isEmpty && queue.bytes == 0)
        return chunks
    }

    @Test("an empty queue has nothing")
    func empty() {
        var queue = OutboundQueue(maskKeys: .current)
        #expect(queue.isEmpty && !queue.hasUrgent && queue.bytes == 0)
        #expect(queue.next(chunkBytes: 10) == nil)
    }

    @Test("frames leave in order, what is urgent first, and of the pongs the last")
    func order() throws {
        var queue = OutboundQueue(maskKeys: .current)
        queue.append(text("a"), opcode: .text, isUrgent: false)
        queue.answerPing(text("1"))
        queue.append(text("b"), opcode: .binary, isUrgent: false)
        #expect(queue.hasUrgent)
        queue.append(text("beat"), opcode: .text, isUrgent: true)
        queue.append(text("2"), opcode: .ping, isUrgent: true)
        queue.answerPing(text("3"))
        #expect(queue.bytes == 7 + 7 + 10 + 7 + 7)
        #expect(
            try drain(&queue) == [
                [.message(text("beat"), isText: true), .ping(text("2")), .pong(text("3"))],
                [.message(text("a"), isText: true), .message(text("b"), isText: false)],
            ])
    }

    @Test("a pong alone leaves too, and before data")
    func pongAlone() throws {
        var queue = OutboundQueue(maskKeys: .current)
        queue.append(text("a"), opcode: .text, isUrgent: false)
        queue.answerPing(ByteBuffer())
        #expect(try drain(&queue) == [[.pong(ByteBuffer())], [.message(text("a"), isText: true)]])
    }

    @Test("what is written in its place is framed like everything else", arguments: [0, 1, 7, 8, 100, 125])
    func inPlace(count: Int) throws {
        var queue = OutboundQueue(maskKeys: .current)
        let long = String(repeating: "x", count: count)
        queue.append(text("a"), opcode: .text, isUrgent: false)
        for kind in [FrameKind.text, .binary] {
            let written = queue.append(isUrgent: false) { buffer in
                buffer.writeString(long)
                return kind
            }
            guard case .framed = written else {
                Issue.record("not framed")
                return
            }
        }
        _ = queue.append(isUrgent: true) { buffer in
            buffer.writeString("beat")
            return .text
        }
        #expect(
            try drain(&queue) == [
                [.message(text("beat"), isText: true)],
                [
                    .message(text("a"), isText: true), .message(text(long), isText: true),
                    .message(text(long), isText: false),
                ],
            ])
    }

    @Test("what is too long for that, a ping, and nothing leave no trace", arguments: [true, false])
    func notInPlace(isFirst: Bool) throws {
        var queue = OutboundQueue(maskKeys: .current)
        if !isFirst { queue.append(text("a"), opcode: .text, isUrgent: false) }
        for (kind, count) in [(FrameKind.text, 126), (.binary, 70_000), (.ping, 3)] {
            let payload = text(String(repeating: "x", count: count))
            let written = queue.append(isUrgent: false) { buffer in
                buffer.writeImmutableBuffer(payload)
                return kind
            }
            guard case .unframed(kind, payload) = written else {
                Issue.record("framed")
                return
            }
        }
        let nothing = queue.append(isUrgent: false) { buffer in
            buffer.writeString("half")
            return nil
        }
        guard case .nothing = nothing else {
            Issue.record("something")
            return
        }
        #expect(queue.isEmpty == isFirst)
        #expect(try drain(&queue) == (isFirst ? [] : [[.message(text("a"), isText: true)]]))
    }

    @Test("data leaves in chunks of whole frames", arguments: [1, 7, 8, 500, 70_000, 200_000])
    func chunks(chunkBytes: Int) throws {
        var queue = OutboundQueue(maskKeys: .current)
        let sizes = [0, 1, 125, 126, 1000, 65_535, 65_536, 3, 70_000]
        for size in sizes { queue.append(ByteBuffer(repeating: 1, count: size), opcode: .binary, isUrgent: false) }
        let chunks = try drain(&queue, chunkBytes: chunkBytes)
        #expect(chunks.flatMap(\.self) == sizes.map { .message(ByteBuffer(repeating: 1, count: $0), isText: false) })
        #expect(chunkBytes > 1 || chunks.count == sizes.count)
    }

    @Test("what is urgent overtakes between two chunks")
    func overtakes() {
        var queue = OutboundQueue(maskKeys: .current)
        for _ in 0..<3 { queue.append(ByteBuffer(repeating: 1, count: 100), opcode: .binary, isUrgent: false) }
        #expect(queue.next(chunkBytes: 100)?.readableBytes == 106)
        queue.append(text("beat"), opcode: .text, isUrgent: true)
        #expect(queue.next(chunkBytes: 100)?.readableBytes == 10)
        #expect(queue.bytes == 212)
    }

    @Test("mask keys do not repeat")
    func maskKeys() {
        let keys = MaskKeys.current
        // 2^16 draws of 2^32 values: some repeat by chance, but a source that repeats itself would show.
        #expect(Set((0..<(1 << 16)).map { _ in keys.next().word }).count > (1 << 16) - 20)
        #expect(MaskKeys.current === keys)
    }
}
