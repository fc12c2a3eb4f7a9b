import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("The client for Swift concurrency", .timeLimit(.minutes(3)))
struct WebSocketClientTests {
    private func pair(
        _ change: (inout WebSocketClientOptions) -> Void = { _ in }
    ) async throws -> (TestServer, WebSocketClient) {
        var options = WebSocketClientOptions()
        change(&options)
        let server = try await TestServer.start()
        let client = try await WebSocketClient.connect(to: try server.target(), options: options)
        return (server, client)
    }

    /// Answers the client's close frame and ends the stream.
    private func answerClose(_ server: TestServer) async throws -> WebSocketEvent {
        let close = try await server.said()
        try await server.write(frame(0x88, [0x03, 0xE8]))
        try await server.close()
        return close
    }

    private func pinged(_ server: TestServer) async throws -> ByteBuffer {
        guard case .ping(let payload) = try await server.said() else { throw ChannelError.eof }
        return payload
    }

    @Test("messages go both ways, in their order, until we close")
    func bothWays() async throws {
        let (server, client) = try await pair()
        try await client.send("grüß Gott")
        try await client.send(ByteBuffer(bytes: [0xFF]))
        #expect(try await server.said() == .message(ByteBuffer(string: "grüß Gott"), isText: true))
        #expect(try await server.said() == .message(ByteBuffer(bytes: [0xFF]), isText: false))
        try await server.say("1")
        try await server.write(frame(0x82, [0xFF]))
        let messages = client.messages.makeAsyncIterator()
        #expect(try await messages.next() == .text("1"))
        #expect(try await messages.next() == .binary(ByteBuffer(bytes: [0xFF])))
        #expect(client.ending == nil)
        async let closed: Void = client.close(code: 1001, reason: "moving")
        #expect(try await answerClose(server) == .close(CloseFrame(code: 1001, reason: "moving")))
        await closed
        #expect(client.ending?.cause == .closed(code: 1000))
        #expect(try await messages.next() == nil)
        await client.close()
        await #expect(throws: LinkError.self) { try await client.send("too late") }
        await #expect(throws: LinkError.self) { try await client.ping() }
        try await server.stop()
    }

    @Test("compression and a subprotocol are agreed on and told")
    func agreed() async throws {
        let server = try await TestServer.start(deflate: DeflateOptions())
        var options = WebSocketClientOptions()
        options.link.deflate = DeflateOptions()
        let target = try server.target("/", subprotocols: ["chat", "mqtt"])
        let client = try await WebSocketClient.connect(to: target, options: options)
        #expect(client.subprotocol == "chat" && client.isCompressed)
        let long = String(repeating: "again ", count: 1_000)
        try await client.send(long)
        #expect(try await server.said() == .message(ByteBuffer(string: long), isText: true))
        try await server.stop()
    }

    @Test("a client through a proxy talks to the gateway behind it, and is told when the proxy refuses")
    func throughProxy() async throws {
        let server = try await TestServer.start()
        let request = "CONNECT gateway.test:\(server.port) HTTP/1.1\r\nHost: gateway.test:\(server.port)\r\n\r\n"
        func connect(_ answer: String, upstream: Int?) async throws -> (TestProxy, WebSocketClient) {
            let turn = TestProxy.Turn(waitsForBytes: request.utf8.count, answer: Array(answer.utf8))
            let proxy = try await TestProxy.start([turn], upstream: upstream)
            let target = try LinkTarget(
                url: "ws://gateway.test:\(server.port)/", proxy: try Proxy(url: "http://127.0.0.1:\(proxy.port)"))
            return (proxy, try await WebSocketClient.connect(to: target))
        }
        let (proxy, client) = try await connect("HTTP/1.1 200 OK\r\n\r\n", upstream: server.port)
        try await client.send("a")
        #expect(try await server.said() == .message(ByteBuffer(string: "a"), isText: true))
        try await server.say("b")
        #expect(try await client.messages.makeAsyncIterator().next() == .text("b"))
        try await proxy.stop()
        let refused = await #expect(throws: LinkError.self) {
            _ = try await connect("HTTP/1.1 403 Forbidden\r\n\r\n", upstream: nil)
        }
        #expect(refused?.cause == .proxy(.refused(status: 403)))
        try await server.stop()
    }

    @Test(
        "the messages end when the peer closes in order, and throw when it does not",
        arguments: [
            ([0x88, 0x02, 0x03, 0xE8], nil), ([0x88, 0x02, 0x03, 0xE9], nil), ([0x88, 0x00], nil),
            ([0x88, 0x02, 0x03, 0xF3], .closed(code: 1011)), ([], .endOfStream),
            ([0x83, 0x00], .violation(.reservedOpcode)),
        ] as [([UInt8], FailureCause?)])
    func ends(bytes: [UInt8], thrown: FailureCause?) async throws {
        let (server, client) = try await pair { $0.link.closeTimeout = .milliseconds(10) }
        try await server.write(frame(0x81, [0x61]) + bytes)
        if bytes.isEmpty { try await server.close() }
        let messages = client.messages.makeAsyncIterator()
        #expect(try await messages.next() == .text("a"))
        do {
            #expect(try await messages.next() == nil)
            #expect(thrown == nil)
        } catch {
            #expect((error as? LinkError)?.cause == thrown)
        }
        #expect(client.ending != nil)
        try await server.stop()
    }

    @Test("reading pauses when nobody takes messages, and goes on when somebody does; none is lost")
    func backPressure() async throws {
        let (server, client) = try await pair { $0.unreadMessages = 4 }
        // More than the buffers of both ends hold.
        let total = 10_000
        let payload = Array(repeating: UInt8(0x61), count: 4_000)
        var stream = ByteBuffer()
        for _ in 0..<total { stream.writeBytes(frame(0x81, payload)) }
        let flooded = Mailbox<Void>()
        let flood = Task { [stream] in
            try await server.write(stream)
            flooded.put(())
        }
        while try await !client.onLoop({ $0.isPaused }) { await Task.yield() }
        #expect(client.unreadMessages == 4)
        #expect(flooded.pending.isEmpty)
        var count = 0
        for try await message in client.messages {
            #expect(message.sizeBytes == 4_000)
            count += 1
            if count == total { break }
        }
        try await flood.value
        #expect(count == total && client.unreadMessages == 0)
        try await server.stop()
    }

    @Test("messages that were received before the peer closed are all delivered, to a slow consumer too")
    func slowConsumerAtTheEnd() async throws {
        let (server, client) = try await pair { $0.unreadMessages = 4 }
        let texts = (0..<200).map { "message \($0)" }
        try await server.write(texts.flatMap { frame(0x81, Array($0.utf8)) } + frame(0x88, [0x03, 0xE8]))
        try await server.close()
        while try await client.onLoop({ $0.refusal == nil }) { await Task.yield() }
        var received: [WebSocketMessage] = []
        for try await message in client.messages { received.append(message) }
        #expect(received == texts.map { .text($0) })
        #expect(client.ending?.cause == .closed(code: 1000))
        try await server.stop()
    }

    @Test("between the peer's close frame and the end of the stream nothing is sent, and nothing pretends to be")
    func sendingAfterPeerClosed() async throws {
        let (server, client) = try await pair { $0.link.closeTimeout = .seconds(600) }
        try await server.write(frame(0x88, [0x03, 0xE9]))
        #expect(try await server.said() == .close(CloseFrame(code: 1001)))
        let send = await #expect(throws: LinkError.self) { try await client.send("too late") }
        #expect(send?.cause == .closed(code: 1001))
        let ping = await #expect(throws: LinkError.self) { try await client.ping() }
        #expect(ping?.cause == .closed(code: 1001))
        try await server.stop()
    }

    @Test("a message as large as all that may wait still comes")
    func largeMessage() async throws {
        let (server, client) = try await pair { $0.unreadBytes = 10 }
        try await server.say(String(repeating: "x", count: 100))
        try await server.say("next")
        let messages = client.messages.makeAsyncIterator()
        #expect(try await messages.next()?.sizeBytes == 100)
        #expect(try await messages.next() == .text("next"))
        try await server.stop()
    }

    @Test("sending waits for a peer that does not read, and goes on when it does")
    func sendingWaits() async throws {
        let server = try await TestServer.start(reads: false)
        async let connecting = WebSocketClient.connect(to: try server.target())
        _ = try await server.events.next { $0 == .accepted }
        try await server.readOnce()
        let client = try await connecting
        let megabyte = ByteBuffer(repeating: 7, count: 1 << 20)
        let sent = Mailbox<Int>()
        let sending = Task {
            for number in 0..<40 {
                try await client.send(megabyte)
                sent.put(number)
            }
        }
        try await client.isWaitingToSend()
        #expect(sent.pending.count < 40)
        try await server.startReading()
        try await sending.value
        try await server.stop()
    }

    @Test("a send that waits its turn can be cancelled, and its message does not leave")
    func cancelledSend() async throws {
        let server = try await TestServer.start(reads: false)
        async let connecting = WebSocketClient.connect(to: try server.target())
        _ = try await server.events.next { $0 == .accepted }
        try await server.readOnce()
        let client = try await connecting
        let first = Task { try await client.send(ByteBuffer(repeating: 7, count: 16 << 20)) }
        try await client.isWaitingToSend()
        let second = Task { try await client.send("never") }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        try await server.startReading()
        try await first.value
        try await client.send("last")
        #expect(try await server.said() == .message(ByteBuffer(repeating: 7, count: 16 << 20), isText: false))
        #expect(try await server.said() == .message(ByteBuffer(string: "last"), isText: true))
        try await server.stop()
    }

    @Test("a ping returns when its pong comes, or that of a later one")
    func ping() async throws {
        let (server, client) = try await pair()
        async let first = client.ping()
        let one = try await pinged(server)
        async let second = client.ping()
        let two = try await pinged(server)
        #expect(one != two)
        try await server.write(frame(0x8A, [9]) + frame(0x8A, two.bytes))
        #expect(try await first >= .zero)
        #expect(try await second >= .zero)
        try await server.stop()
    }

    @Test("a cancelled wait for a message throws, and the connection stays")
    func cancelledWait() async throws {
        let (server, client) = try await pair()
        let waiting = Task { try await client.messages.makeAsyncIterator().next() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await server.say("still here")
        #expect(try await client.messages.makeAsyncIterator().next() == .text("still here"))
        try await server.stop()
    }

    @Test("connecting that takes too long ends, and says in which phase")
    func connectTimeout() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        var options = WebSocketClientOptions()
        options.connectTimeout = .milliseconds(50)
        do {
            _ = try await WebSocketClient.connect(to: try server.target(), options: options)
            Issue.record("connected")
        } catch let error as LinkError {
            // Upgrading, unless this machine was too busy to get that far.
            let phases = [Phase.resolve, .connect, .upgrade]
            #expect(phases.map(FailureCause.timeout).contains(error.cause))
        }
        try await server.stop()
    }

    @Test("connecting can be cancelled, and then the socket is gone")
    func cancelledConnect() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let target = try server.target()
        let connecting = Task { try await WebSocketClient.connect(to: target) }
        _ = try await server.request()
        connecting.cancel()
        await #expect(throws: CancellationError.self) { try await connecting.value }
        _ = try await server.events.next { $0 == .closed || $0 == .inputClosed || $0 == .failed(errno: 104) }
        try await server.stop()
    }

    @Test("a URL that cannot be used, and a server that refuses, are told apart")
    func refused() async throws {
        await #expect(throws: InvalidLinkTarget.self) { try await WebSocketClient.connect(to: "http://h/") }
        let server = try await TestServer.start(acceptsUpgrade: false)
        async let connecting = WebSocketClient.connect(to: try server.target())
        _ = try await server.request()
        try await server.write(ServerHandshake.refuse(status: 403))
        do {
            _ = try await connecting
            Issue.record("connected")
        } catch let error as LinkError {
            #expect(error.cause == .upgradeRefused(status: 403, retryAfter: nil))
        }
        try await server.stop()
    }

    @Test("closing a peer that does not answer can be cancelled")
    func cancelledClose() async throws {
        let (server, client) = try await pair { $0.link.closeTimeout = .seconds(600) }
        let closing = Task { await client.close() }
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        closing.cancel()
        await closing.value
        _ = try await server.events.next { $0 == .closed || $0 == .inputClosed || $0 == .failed(errno: 104) }
        #expect(try await client.messages.makeAsyncIterator().next() == nil)
        try await server.stop()
    }

    @Test("a client that nobody holds any more gives up its socket")
    func released() async throws {
        let server = try await TestServer.start()
        var client: WebSocketClient? = try await WebSocketClient.connect(to: try server.target())
        try await client?.send("hello")
        client = nil
        _ = try await server.events.next { $0 == .closed || $0 == .inputClosed || $0 == .failed(errno: 104) }
        try await server.stop()
    }
}

extension WebSocketClient {
    /// Returns when a message has been handed over and the socket does not take it.
    fileprivate func isWaitingToSend() async throws {
        while try await !onLoop({ $0.isSending }) { await Task.yield() }
    }

    fileprivate func onLoop<Value: Sendable>(_ read: @escaping @Sendable (ClientEngine) -> Value) async throws -> Value
    {
        let engine = engine
        return try await engine.eventLoop.submit { read(engine.value) }.get()
    }

    fileprivate var unreadMessages: Int { inbox.unread }
}
