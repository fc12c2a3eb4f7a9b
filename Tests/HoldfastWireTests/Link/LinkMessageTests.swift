import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("A link that is open", .timeLimit(.minutes(3)))
struct LinkMessageTests {
    @Test("the phases come in their order, then messages both ways")
    func echo() async throws {
        let (server, client) = try await openPair()
        for phase in [Phase.resolve, .connect, .upgrade] {
            #expect(try await client.reports.next() == .entered(phase))
        }
        #expect(try await client.reports.next() == .opened)
        try await client.send("grüß Gott")
        #expect(try await server.said() == .message(ByteBuffer(string: "grüß Gott"), isText: true))
        try await server.say("guten Tag")
        #expect(try await client.reports.next() == .text("guten Tag"))
        try await server.write(frame(0x82, [0xFF]))
        #expect(try await client.reports.next() == .message(ByteBuffer(bytes: [0xFF]), isText: false))
        try await server.stop()
    }

    @Test("nothing is reported before the call that opens has returned")
    func opensQuietly() async throws {
        let server = try await TestServer.start()
        let target = try server.target()
        let loop = TestClient.newLoop()
        let reports = Mailbox<LinkReport>()
        let atReturn = try await loop.submit {
            let recorder = TestClient.Recorder(reports)
            _ = Link.open(target, tag: TestClient.tag, delegate: recorder, on: loop)
            return reports.pending
        }.get()
        #expect(atReturn == [])
        #expect(try await reports.next() == .entered(.resolve))
        try await server.stop()
    }

    @Test("large messages pass both ways", arguments: [70_000, 1_000_000])
    func large(count: Int) async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        let payload = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
        try await client.with { link in
            link.write(payload, opcode: .binary)
            link.flush()
        }
        #expect(try await server.said() == .message(payload, isText: false))
        try await server.write(frame(0x82, payload.bytes))
        #expect(try await client.message() == .message(payload, isText: false))
        try await server.stop()
    }

    @Test("a ping is answered; of several read at once, the last")
    func answersPings() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await server.write(frame(0x89, [1]))
        #expect(try await server.said() == .pong(ByteBuffer(bytes: [1])))
        try await server.write(frame(0x89, [2]) + frame(0x89, [3]) + frame(0x81, [0x61]) + frame(0x89, [4]))
        #expect(try await client.message() == .text("a"))
        #expect(try await server.said() == .pong(ByteBuffer(bytes: [4])))
        try await client.send("b")
        #expect(try await server.said() == .message(ByteBuffer(string: "b"), isText: true))
        try await server.stop()
    }

    @Test("pings are sent and pongs reported, at most 125 bytes of them")
    func pings() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await client.with { link in
            link.writeControl(.ping, payload: ByteBuffer(repeating: 7, count: 200))
            link.writeControl(.pong)
            link.flush()
        }
        #expect(try await server.said() == .ping(ByteBuffer(repeating: 7, count: 125)))
        #expect(try await server.said() == .pong(ByteBuffer()))
        try await server.write(frame(0x8A, [9]))
        #expect(try await client.reports.next() == .pong(ByteBuffer(bytes: [9])))
        try await server.stop()
    }

    @Test("every read ends in a report, one of a ping or a part of a frame too")
    func readsAreReported() async throws {
        let (server, client) = try await openPair(hearsReads: true)
        try await client.opened()
        try await server.write(frame(0x89))
        _ = try await client.reports.next { $0 == .readCompleted }
        #expect(try await server.said() == .pong(ByteBuffer()))
        try await server.write([0x82])
        _ = try await client.reports.next { $0 == .readCompleted }
        try await server.write([2, 1])
        _ = try await client.reports.next { $0 == .readCompleted }
        try await server.write([2])
        #expect(try await client.message() == .message(ByteBuffer(bytes: [1, 2]), isText: false))
        _ = try await client.reports.next { $0 == .readCompleted }
        try await server.stop()
    }

    @Test("frames that come with the answer to the upgrade are not lost")
    func framesBehindTheHead() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        var answer = ServerHandshake.accept(key: try await server.key())
        answer.writeBytes(frame(0x81, [0x61]) + frame(0x89, [1]))
        try await server.write(answer)
        try await client.opened()
        #expect(try await client.reports.next() == .text("a"))
        #expect(try await server.said() == .pong(ByteBuffer(bytes: [1])))
        try await server.stop()
    }

    @Test("what is urgent overtakes what waits for a slow peer, and the end of the wait is reported")
    func slowPeer() async throws {
        let (server, client) = try await openPair(reads: false)
        try await server.startReading(untilUpgraded: client)
        let chunk = ByteBuffer(repeating: 0, count: 32 << 10)
        let count = try await client.with { link in
            // Until the socket's buffer is full, and two chunks of ours behind it.
            var count = 0
            while link.outbound.bytes < 6 * chunk.readableBytes, count < 10_000 {
                link.write(chunk, opcode: .binary)
                link.flush()
                count += 1
            }
            link.write(ByteBuffer(string: "late"), opcode: .text)
            link.write(ByteBuffer(string: "beat"), opcode: .text, isUrgent: true)
            link.writeControl(.ping)
            link.flush()
            return count
        }
        #expect(try await client.with { $0.bufferedBytes } > 6 * chunk.readableBytes)
        try await server.startReading()
        var order: [WebSocketEvent] = []
        while order.count < count + 3 { order.append(try await server.said()) }
        let beat = try #require(order.firstIndex(of: .message(ByteBuffer(string: "beat"), isText: true)))
        #expect(order[beat + 1] == .ping(ByteBuffer()))
        #expect(beat < count - 2)
        #expect(order.last == .message(ByteBuffer(string: "late"), isText: true))
        #expect(try await client.reports.next() == .drained)
        #expect(try await client.with { $0.bufferedBytes } == 0)
        try await server.stop()
    }

    @Test("a peer that does not read ends the link at the limit, and not within the owner's call")
    func overfull() async throws {
        var options = LinkOptions()
        options.maxBufferedBytes = 1 << 20
        let (server, client) = try await openPair(options: options, reads: false)
        try await server.startReading(untilUpgraded: client)
        let reports = client.reports
        let reportedWithinCall = try await client.with { link in
            for _ in 0..<1_000 {
                link.write(ByteBuffer(repeating: 0, count: 32 << 10), opcode: .binary)
                link.flush()
            }
            return reports.pending
        }
        #expect(reportedWithinCall == [])
        #expect(try await client.end().cause == .outOfMemory)
        try await server.stop()
    }

    @Test("one write past the limit ends the link, flushed or not")
    func overfullAtOnce() async throws {
        var options = LinkOptions()
        options.maxBufferedBytes = 1000
        let (server, client) = try await openPair(options: options)
        try await client.opened()
        try await client.with { $0.write(ByteBuffer(repeating: 0, count: 1001), opcode: .binary) }
        #expect(try await client.end().cause == .outOfMemory)
        try await server.stop()
    }

    @Test("a paused link delivers nothing more, not even of what it has read, and goes on where it stopped")
    func pausing() async throws {
        let (server, client) = try await openPair { report, link in
            if report == .text("a") || report == .text("c") { link.pauseReading() }
        }
        try await client.opened()
        try await server.write(["a", "b", "c", "d"].flatMap { frame(0x81, Array($0.utf8)) })
        #expect(try await client.reports.next() == .text("a"))
        #expect(try await client.with { $0.unread?.readableBytes } == 9)
        try await client.with { $0.resumeReading() }
        #expect(try await client.reports.next() == .text("b"))
        #expect(try await client.reports.next() == .text("c"))
        #expect(client.reports.pending == [])
        try await client.with { $0.resumeReading() }
        #expect(try await client.reports.next() == .text("d"))
        try await server.say("e")
        #expect(try await client.reports.next() == .text("e"))
        try await server.stop()
    }

    @Test("a paused link slows its peer down")
    func pausingIsFelt() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await client.with { $0.pauseReading() }
        let count = 256
        let message = frame(0x82, Array(repeating: 0, count: 128 << 10))
        async let written: Void = server.write(Array(repeating: message, count: count).flatMap { $0 })
        _ = try await server.events.next { $0 == .full }
        // Time enough for both loops to move what can be moved: it fills the kernel's buffers, and next to nothing of it
        // is with us.
        for _ in 0..<100 {
            try await client.with { _ in }
            try await server.finishRound()
        }
        #expect(try await client.with { $0.unread?.readableBytes ?? 0 } <= 256 << 10)
        #expect(client.reports.pending == [])
        try await client.with { $0.resumeReading() }
        for _ in 0..<count { _ = try await client.message() }
        try await written
        try await server.stop()
    }

    @Test("calls on a link that is over do nothing")
    func callsAfterTheEnd() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await server.close()
        #expect(try await client.end().cause == .endOfStream)
        let bytes = try await client.with { link in
            link.write(ByteBuffer(string: "x"), opcode: .text)
            link.writeControl(.ping)
            link.flush()
            link.pauseReading()
            link.resumeReading()
            link.close(code: 1000)
            link.abort()
            return link.bufferedBytes
        }
        #expect(bytes == 0)
        #expect(client.reports.pending == [])
        try await server.stop()
    }
}
