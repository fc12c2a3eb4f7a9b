import Dispatch
import HoldfastCore
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastWire

@Suite("A link that connects", .timeLimit(.minutes(3)))
struct LinkConnectingTests {
    /// Options with names as given.
    private func names(_ names: [String: [String]]) -> LinkOptions {
        var options = LinkOptions()
        options.resolver = NameResolver { host, family in
            guard let texts = names[host] else { throw NameResolver.Failure.notFound }
            return try texts.map { try SocketAddress(ipAddress: $0, port: 0) }.filter {
                AddressFamily(of: $0) == family
            }
        }
        return options
    }

    /// A port nobody listens on.
    private func freePort() async throws -> Int {
        let server = try await TestServer.start()
        try await server.stop()
        return server.port
    }

    @Test("nobody listens")
    func refused() async throws {
        let client = try await TestClient.open(try LinkTarget(url: "ws://127.0.0.1:\(try await freePort())"))
        #expect(try await client.reports.next() == .entered(.resolve))
        #expect(try await client.reports.next() == .entered(.connect))
        #expect(try await client.end().cause == .systemCall(errno: 111))
    }

    @Test("an address that cannot be reached is passed over")
    func nextAddress() async throws {
        let server = try await TestServer.start()
        let target = try LinkTarget(url: "ws://gateway.test:\(server.port)/")
        let client = try await TestClient.open(target, options: names(["gateway.test": ["127.0.0.9", "127.0.0.1"]]))
        try await client.opened()
        #expect(try await server.request().values(of: "host") == ["gateway.test:\(server.port)"])
        try await server.stop()
    }

    @Test("if no address can be reached, the last one's failure is reported")
    func allAddressesFail() async throws {
        let target = try LinkTarget(url: "ws://gateway.test:\(try await freePort())/")
        let client = try await TestClient.open(target, options: names(["gateway.test": ["127.0.0.9", "127.0.0.8"]]))
        let error = try await client.end()
        #expect(error.cause == .systemCall(errno: 111))
        #expect(error.description.contains("127.0.0.8"))
    }

    @Test(
        "a name that cannot be resolved",
        arguments: [
            (.notFound, .nameNotFound), (.unavailable("try again"), .nameLookupFailed),
            (.systemCall(errno: 24), .outOfDescriptors), (.systemCall(errno: 5), .systemCall(errno: 5)),
        ] as [(NameResolver.Failure, FailureCause)])
    func unresolved(failure: NameResolver.Failure, cause: FailureCause) async throws {
        var options = LinkOptions()
        options.resolver = NameResolver { _, _ in throw failure }
        let client = try await TestClient.open(try LinkTarget(url: "ws://nowhere.test/"), options: options)
        #expect(try await client.reports.next() == .entered(.resolve))
        #expect(try await client.reports.next().cause == cause)
    }

    @Test("the system's own look-up finds this machine")
    func localhost() async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.open(try LinkTarget(url: "ws://localhost:\(server.port)/"))
        try await client.opened()
        try await server.stop()
    }

    @Test("the request carries path, query, headers and subprotocol")
    func request() async throws {
        let server = try await TestServer.start()
        let target = try LinkTarget(
            url: "ws://127.0.0.1:\(server.port)/a/b?c=d", headers: [.init(name: "Cookie", value: "e=f")],
            subprotocols: ["chat"])
        let client = try await TestClient.open(target)
        try await client.opened()
        let head = try await server.request()
        #expect(head.startLine == .request(method: "GET", target: "/a/b?c=d"))
        #expect(head.values(of: "cookie") == ["e=f"])
        #expect(head.values(of: "sec-websocket-protocol") == ["chat"])
        try await server.stop()
    }

    @Test("a refused upgrade tells its status, how long to wait, and what the server said")
    func refusedUpgrade() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        _ = try await server.request()
        let fields = [(name: "Retry-After", value: "20")]
        try await server.write(
            ServerHandshake.refuse(status: 503, reason: "Busy", fields: fields, body: "come \u{1B} back\n later"))
        let error = try await client.end()
        #expect(error.cause == .upgradeRefused(status: 503, retryAfter: .seconds(20)))
        #expect(error.chain == ["ws://127.0.0.1:\(server.port) refused the upgrade with 503 Busy", "come back later"])
        #expect(error.said == "come back later")
        try await server.stop()
    }

    @Test("a refusal whose body does not end is reported with what is there of it", arguments: [true, false])
    func endlessRefusal(closes: Bool) async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        _ = try await server.request()
        try await server.write(ByteBuffer(string: "HTTP/1.1 401 Unauthorized\r\n\r\nwho are"))
        if closes { try await server.close() }
        let error = try await client.end()
        #expect(error.cause == .upgradeRefused(status: 401, retryAfter: nil))
        #expect(error.chain.last == "who are")
        try await server.stop()
    }

    /// An answer, and the violation it is.
    struct BadAnswer: CustomTestStringConvertible {
        var what: String
        var text: String
        var violation: ProtocolViolation

        var testDescription: String { what }
    }

    @Test(
        "an answer that is not valid is a violation",
        arguments: [
            BadAnswer(what: "another protocol", text: "SSH-2.0-OpenSSH", violation: .badHTTP),
            BadAnswer(what: "no fields", text: "HTTP/1.1 101 OK\r\n\r\n", violation: .badUpgradeHeaders),
            BadAnswer(
                what: "a wrong accept",
                text: "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                    + "Sec-WebSocket-Accept: x\r\n\r\n",
                violation: .badAccept),
            BadAnswer(
                what: "a head without end",
                text: "HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 16 << 10), violation: .headTooLarge),
        ])
    func badAnswer(row: BadAnswer) async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        _ = try await server.request()
        try await server.write(ByteBuffer(string: row.text))
        #expect(try await client.end().cause == .violation(row.violation))
        try await server.stop()
    }

    @Test("the stream ends before the answer")
    func endBeforeAnswer() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        _ = try await server.request()
        try await server.close()
        #expect(try await client.end().cause == .endOfStream)
        try await server.stop()
    }

    @Test("close before the upgrade drops the connection and is reported")
    func closeBeforeUpgrade() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        _ = try await server.request()
        try await client.with { $0.close(code: 1000) }
        #expect(try await client.end().cause == .closed(code: nil))
        _ = try await server.events.next { $0 == .inputClosed }
        try await server.stop()
    }

    @Test("abort in each phase is silent and final", arguments: [Phase.resolve, .connect, .upgrade])
    func abortWithinPhase(phase: Phase) async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.open(try server.target()) { report, link in
            if report == .entered(phase) { link.abort() }
        }
        _ = try await client.reports.next { $0 == .entered(phase) }
        // A second link comes through, by which time the first would have done so too.
        let second = try await TestClient.open(try server.target())
        try await second.opened()
        #expect(client.reports.pending == [])
        #expect(try await client.with { $0.context == nil })
        try await server.stop()
    }

    @Test("abort while a name is looked up: what is found then is ignored")
    func abortWhileLookingUp() async throws {
        let server = try await TestServer.start()
        let gate = NIOThreadPool(numberOfThreads: 1)
        gate.start()
        let began = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        var options = LinkOptions()
        options.resolver = NameResolver(threads: gate) { _, family in
            began.put(())
            goOn.wait()
            return family == .v4 ? [try SocketAddress(ipAddress: "127.0.0.1", port: 0)] : []
        }
        let target = try LinkTarget(url: "ws://slow.test:\(server.port)/")
        let aborted = try await TestClient.open(target, options: options)
        try await began.next()
        try await aborted.with { $0.abort() }
        let other = try await TestClient.open(target, options: options)
        for _ in AddressFamily.allCases { goOn.signal() }
        try await other.opened()
        #expect(aborted.reports.pending == [.entered(.resolve)])
        try await server.stop()
        try await gate.shutdownGracefully()
    }

    @Test("abort while the peer's machine does not answer")
    func abortWhileConnecting() async throws {
        let listener = try await deafListener()
        let target = try LinkTarget(url: "ws://127.0.0.1:\(listener.localAddress?.port ?? 0)/")
        var clients: [TestClient] = []
        for _ in 0..<4 { clients.append(try await TestClient.open(target)) }
        for client in clients { _ = try await client.reports.next { $0 == .entered(.connect) } }
        for client in clients {
            let isOpen = try await client.with { link in
                let channel = link.context?.channel ?? link.attempt?.candidates.first?.channel
                link.abort()
                return channel?.isActive ?? true
            }
            #expect(!isOpen)
            try await client.with { _ in }  // the loop's next round is over
            #expect(client.reports.pending.allSatisfy { $0 == .entered(.upgrade) })
        }
        try await listener.close().get()
    }
}

/// A listener that accepts nothing; once its queue is full, Linux ignores further attempts.
func deafListener(host: String = "127.0.0.1", port: Int = 0) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.backlog, value: 0).serverChannelOption(.autoRead, value: false)
        .bind(host: host, port: port).get()
}
