import Dispatch
import HoldfastCore
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastWire

@Suite("A link that ends", .timeLimit(.minutes(3)))
struct LinkClosingTests {
    /// So long that no test reaches it.
    private static var patient: LinkOptions {
        var options = LinkOptions()
        options.closeTimeout = .seconds(600)
        return options
    }

    private static var impatient: LinkOptions {
        var options = LinkOptions()
        options.closeTimeout = .milliseconds(10)
        return options
    }

    @Test("the peer closes: it is answered with its code, and reported when it ends the stream")
    func peerCloses() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await server.write(frame(0x88, [0x03, 0xE9] + Array("maintenance \n at noon".utf8)))
        #expect(try await server.said() == .close(CloseFrame(code: 1001)))
        #expect(client.reports.pending == [])
        try await server.close()
        let error = try await client.end()
        #expect(error.cause == .closed(code: 1001))
        #expect(error.description == "the peer closed the connection with 1001: maintenance at noon")
        try await server.stop()
    }

    @Test("the peer closes without a code")
    func peerClosesWithoutCode() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await server.write(frame(0x88))
        #expect(try await server.said() == .close(CloseFrame(code: nil)))
        try await server.close()
        #expect(try await client.end().cause == .closed(code: nil))
        try await server.stop()
    }

    @Test("what the peer says after its close frame is ignored, a violation too")
    func dataAfterClose() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await server.write(frame(0x88, [0x03, 0xE8]) + frame(0x81, [0x61]) + [0xFF, 0xFF])
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        try await server.write([0xFF, 0xFF])
        try await server.close()
        #expect(try await client.reports.next().cause == .closed(code: 1000))
        try await server.stop()
    }

    @Test("a peer that closes and does not end the stream is dropped")
    func peerClosesAndStays() async throws {
        let (server, client) = try await openPair(options: Self.impatient)
        try await client.opened()
        try await server.write(frame(0x88, [0x03, 0xE8]))
        #expect(try await client.end().cause == .closed(code: 1000))
        _ = try await server.events.next { $0 == .inputClosed || $0 == .closed }
        try await server.stop()
    }

    @Test("we close: what was written leaves first, and the peer's answer is reported")
    func weClose() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await client.with { link in
            link.write(ByteBuffer(string: "last"), opcode: .text)
            link.close(code: 1001, reason: "moving")
            link.write(ByteBuffer(string: "too late"), opcode: .text)
            link.close(code: 1000)
        }
        #expect(try await server.said() == .message(ByteBuffer(string: "last"), isText: true))
        #expect(try await server.said() == .close(CloseFrame(code: 1001, reason: "moving")))
        try await server.write(frame(0x81, [0x61]) + frame(0x89) + frame(0x88, [0x03, 0xE9]))
        try await server.close()
        #expect(try await client.reports.next().cause == .closed(code: 1001))
        #expect(server.events.pending.filter { if case .said = $0 { true } else { false } } == [])
        try await server.stop()
    }

    @Test("we close, and the peer breaks the protocol instead of answering")
    func violationWhileClosing() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await client.with { $0.close(code: 1000) }
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        try await server.write([0xFF])
        #expect(try await client.end().cause == .violation(.reservedBits))
        try await server.stop()
    }

    @Test("we close, and the peer does not answer in time")
    func noAnswer() async throws {
        let (server, client) = try await openPair(options: Self.impatient)
        try await client.opened()
        try await client.with { $0.close(code: 1000) }
        #expect(try await client.end().cause == .timeout(.close))
        try await server.stop()
    }

    @Test("we close, and the peer ends the stream instead")
    func endInsteadOfAnswer() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await client.with { $0.close(code: 1000) }
        _ = try await server.said()
        try await server.close()
        #expect(try await client.end().cause == .endOfStream)
        try await server.stop()
    }

    @Test("we close while reading is paused: the peer's answer is seen all the same")
    func closeWhilePaused() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await client.with { link in
            link.pauseReading()
            link.close(code: 1000)
        }
        _ = try await server.said()
        try await server.write(frame(0x88, [0x03, 0xE8]))
        try await server.close()
        #expect(try await client.end().cause == .closed(code: 1000))
        try await server.stop()
    }

    @Test("the stream ends without a close frame, wholly or by half", arguments: [true, false])
    func endOfStream(wholly: Bool) async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        if wholly { try await server.close() } else { try await server.closeOutput() }
        #expect(try await client.end().cause == .endOfStream)
        _ = try await server.events.next { $0 == .closed || $0 == .inputClosed }
        try await server.stop()
    }

    @Test("the stream ends within a frame")
    func endWithinFrame() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await server.write([0x82, 10, 1, 2])
        try await server.close()
        #expect(try await client.end().cause == .endOfStream)
        try await server.stop()
    }

    @Test("the peer resets the connection")
    func reset() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await server.reset()
        #expect(try await client.end().cause == .reset)
        try await server.stop()
    }

    @Test(
        "we close while messages wait: none of them is delivered, what follows is not kept, the answer behind it is seen"
    )
    func closeWithUnread() async throws {
        let (server, client) = try await openPair(options: Self.patient) { report, link in
            if report == .text("a") { link.pauseReading() }
        }
        try await client.opened()
        try await server.write(frame(0x81, [0x61]) + frame(0x81, [0x62]) + frame(0x81, [0x63]))
        #expect(try await client.reports.next() == .text("a"))
        try await client.with { link in
            #expect(link.unread?.readableBytes == 6)
            link.close(code: 1000)
        }
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        let message = frame(0x82, Array(repeating: 0, count: 128 << 10))
        try await server.write(Array(repeating: message, count: 128).flatMap { $0 })
        let unreadBytes = try await client.with { $0.unread?.readableBytes ?? 0 }
        try #require(unreadBytes <= 256 << 10)
        // The stream does not end: the close frame itself must be found.
        try await server.write(frame(0x88, [0x03, 0xE9]))
        while try await client.with({ $0.closing?.cause }) != .closed(code: 1001) { await Task.yield() }
        #expect(client.reports.pending == [])
        try await server.close()
        #expect(try await client.reports.next().cause == .closed(code: 1001))
        try await server.stop()
    }

    @Test(
        "a stream that ends while reading is paused: first what came before is delivered, then the end",
        arguments: [true, false])
    func endWhilePaused(hasCloseFrame: Bool) async throws {
        let (server, client) = try await openPair { report, link in
            if report == .text("a") || report == .text("b") { link.pauseReading() }
        }
        try await client.opened()
        let close = hasCloseFrame ? frame(0x88, [0x03, 0xF0]) : []
        try await server.write(frame(0x81, [0x61]) + frame(0x81, [0x62]) + frame(0x81, [0x63]) + close)
        #expect(try await client.reports.next() == .text("a"))
        try await server.close()
        while try await client.with({ $0.closing == nil }) { await Task.yield() }
        #expect(client.reports.pending == [])
        #expect(try await client.with { $0.isOpen || $0.context != nil } == false)
        try await client.with { $0.resumeReading() }
        #expect(try await client.reports.next() == .text("b"))
        try await client.with { _ in }
        #expect(client.reports.pending == [])
        try await client.with { $0.resumeReading() }
        #expect(try await client.reports.next() == .text("c"))
        #expect(try await client.reports.next().cause == (hasCloseFrame ? .closed(code: 1008) : .endOfStream))
        try await server.stop()
    }

    @Test("a stream that ended while reading is paused is given up by close and abort", arguments: [true, false])
    func givenUpWhilePaused(aborts: Bool) async throws {
        let (server, client) = try await openPair { report, link in
            if report == .text("a") { link.pauseReading() }
        }
        try await client.opened()
        try await server.write(frame(0x81, [0x61]) + frame(0x81, [0x62]))
        #expect(try await client.reports.next() == .text("a"))
        try await server.close()
        while try await client.with({ $0.closing == nil }) { await Task.yield() }
        try await client.with { if aborts { $0.abort() } else { $0.close(code: 1000) } }
        if !aborts { #expect(try await client.reports.next().cause == .endOfStream) }
        try await client.with { $0.resumeReading() }
        try await client.with { #expect($0.unread == nil) }
        #expect(client.reports.pending == [])
        try await server.stop()
    }

    @Test("a reset that is noticed by a write is reported as one")
    func resetNoticedByWrite() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await TestServer.start()
        let client = try await TestClient.open(try server.target(), on: group.next())
        try await client.opened()
        let began = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        // The loop is held, so that it cannot hear of the reset before it writes.
        async let written: Void = client.with { link in
            began.put(())
            goOn.wait()
            link.write(ByteBuffer(string: "x"), opcode: .text)
            link.flush()
        }
        try await began.next()
        try await server.reset()
        _ = try await server.events.next { $0 == .closed }
        goOn.signal()
        try await written
        #expect(try await client.end().cause == .reset)
        try await server.stop()
        try await group.shutdownGracefully()
    }

    @Test("a flush that fails reports nothing from within, and what can still be read is not lost on it")
    func failingFlush() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await TestServer.start()
        let client = try await TestClient.open(try server.target(), on: group.next())
        try await client.opened()
        let began = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        let reports = client.reports
        async let reportedWithinCall = client.with { link in
            began.put(())
            goOn.wait()
            link.write(ByteBuffer(string: "x"), opcode: .text)
            link.flush()
            return reports.pending
        }
        try await began.next()
        try await server.write(frame(0x81, [0x61]) + frame(0x88, [0x03, 0xE9]))
        try await server.reset()
        _ = try await server.events.next { $0 == .closed }
        goOn.signal()
        #expect(try await reportedWithinCall == [])
        // On a busy machine the reset may come after the flush, which then takes all and fails nobody.
        #expect(try await client.end().cause == .closed(code: 1001))
        try await server.stop()
        try await group.shutdownGracefully()
    }

    @Test(
        "every violation is answered by its close code, and ends the link",
        arguments: [
            ([0xC1, 0x00], .reservedBits, 1002), ([0x83, 0x00], .reservedOpcode, 1002),
            ([0x81, 0x80], .maskedFrame, 1002), ([0x82, 126, 0, 1], .nonMinimalLength, 1002),
            ([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], .lengthOutOfRange, 1002),
            ([0x09, 0x00], .fragmentedControl, 1002), ([0x89, 126], .longControl, 1002),
            ([0x80, 0x00], .unexpectedContinuation, 1002), ([0x01, 0x00, 0x01, 0x00], .interruptedMessage, 1002),
            ([0x81, 0x01, 0xFF], .badUTF8, 1007), ([0x88, 0x01, 0x03], .badCloseFrame, 1002),
            ([0x88, 0x03, 0x03, 0xE8, 0xFF], .badUTF8, 1007), ([0x88, 0x02, 0x03, 0xED], .badCloseFrame, 1002),
            ([0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1], .frameTooLarge, 1009),
            ([0x82, 101], .messageTooLarge, 1009),
        ] as [([UInt8], ProtocolViolation, UInt16)])
    func violations(bytes: [UInt8], violation: ProtocolViolation, code: UInt16) async throws {
        var options = Self.impatient
        if violation == .messageTooLarge { options.messageLimitBytes = 100 }
        let (server, client) = try await openPair(options: options)
        try await client.opened()
        try await server.write(bytes)
        #expect(try await server.said() == .close(CloseFrame(code: code, reason: violation.rawValue)))
        #expect(try await client.end().cause == .violation(violation))
        _ = try await server.events.next { $0 == .inputClosed || $0 == .closed }
        try await server.stop()
    }

    @Test("a peer that broke the protocol can read why, though it is still sending; what it says meanwhile is ignored")
    func farewell() async throws {
        let (server, client) = try await openPair(options: Self.patient)
        try await client.opened()
        try await server.write([0x83, 0x00] + frame(0x81, [0x61]) + frame(0x88, [0x03, 0xE8]))
        // A socket closed at once with this unread would be reset, and our close frame lost. On a busy machine the client's
        // patience may be over before all of it is written.
        try? await server.write(ByteBuffer(repeating: 0xFF, count: 1 << 20))
        #expect(try await server.said() == .close(CloseFrame(code: 1002, reason: "reserved_opcode")))
        try? await server.close()
        #expect(try await client.reports.next().cause == .violation(.reservedOpcode))
        try await server.stop()
    }

    @Test("messages before a violation are delivered, those behind it are not")
    func aroundViolation() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await server.write(frame(0x81, [0x61]) + frame(0x83) + frame(0x81, [0x62]))
        #expect(try await client.reports.next() == .text("a"))
        #expect(try await client.reports.next().cause == .violation(.reservedOpcode))
        try await server.stop()
    }

    @Test("abort: the socket is gone when it returns, the peer sees a reset, and nothing is reported")
    func abort() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        let isActive = try await client.with { link in
            let channel = link.context?.channel
            link.abort()
            link.abort()
            return channel?.isActive
        }
        #expect(isActive == false)
        #expect(try await server.events.next { if case .failed = $0 { true } else { false } } == .failed(errno: 104))
        #expect(client.reports.pending == [])
        try await server.stop()
    }

    @Test("abort from within a report ends the reports")
    func abortWithinReport() async throws {
        let (server, client) = try await openPair { report, link in
            if report == .text("a") { link.abort() }
        }
        try await client.opened()
        try await server.write(frame(0x81, [0x61]) + frame(0x81, [0x62]) + [0xFF])
        #expect(try await client.reports.next() == .text("a"))
        _ = try await server.events.next { $0 == .closed || $0 == .failed(errno: 104) }
        #expect(client.reports.pending == [])
        try await server.stop()
    }

    @Test("close from within a report ends the messages")
    func closeWithinReport() async throws {
        let (server, client) = try await openPair(options: Self.patient) { report, link in
            if report == .text("a") { link.close(code: 1000) }
        }
        try await client.opened()
        try await server.write(frame(0x81, [0x61]) + frame(0x81, [0x62]))
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        try await server.write(frame(0x88, [0x03, 0xE8]))
        try await server.close()
        #expect(try await client.reports.next() == .text("a"))
        #expect(try await client.reports.next().cause == .closed(code: 1000))
        try await server.stop()
    }

    @Test("abort after the end was decided, and before it was reported, silences it")
    func abortBeforeReport() async throws {
        let (server, client) = try await openPair()
        try await client.opened()
        try await client.with { link in
            link.end(LinkError(.endOfStream))
            link.abort()
        }
        try await client.with { _ in }  // the loop's next round is over
        #expect(client.reports.pending == [])
        try await server.stop()
    }
}
