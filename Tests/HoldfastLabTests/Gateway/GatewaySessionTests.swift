import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastLab

@Suite("A gateway without faults")
struct GatewaySessionTests {
    @Test("a client registers and beats; the mid comes back as it was")
    func registers() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await client.beat()
        #expect(await client.next() == .beatAnswered)
        try await client.say(#"{"lwp":"/!","headers":{"mid":"\u0041\"x"}}"#)
        #expect(await client.next() == .text(#"{"code":200,"headers":{"mid":"\u0041\"x"}}"#))
        let statistics = gateway.statistics()
        #expect(statistics.registrations == 1)
        #expect(statistics.heartbeats == 2)
        #expect(statistics.live == 1)
        await gateway.shutdown()
    }

    @Test("any other request is answered with 200")
    func otherRequest() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await client.say(#"{"lwp":"/r/SyncStatus/ackDiff","headers":{"mid":"2 0"},"body":[{}]}"#)
        #expect(await client.next() == .text(#"{"code":200,"headers":{"mid":"2 0"}}"#))
        await gateway.shutdown()
    }

    @Test("a registration without a token is refused with 401, and the session stays")
    func noToken() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.open(gateway)
        try await client.register(token: "")
        #expect(await client.next() == .registrationRefused(401))
        try await client.beat()
        #expect(await client.next() == .beatAnswered)
        #expect(gateway.statistics().registrationsRefused == 1)
        await gateway.shutdown()
    }

    @Test("pings are answered, and what is no LWP is ignored")
    func plainClient() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.open(gateway)
        try await client.say("hello")
        try await client.send(ByteBuffer(bytes: [0, 1, 2]), opcode: .binary)
        try await client.send(ByteBuffer(string: "beat 1"), opcode: .ping)
        #expect(await client.next() == .pong("beat 1"))
        let statistics = gateway.statistics()
        #expect(statistics.badFrames == 2)
        #expect(statistics.pings == 1)
        await gateway.shutdown()
    }

    @Test("a close is answered with its code, and the gateway closes the socket")
    func close() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.open(gateway)
        try await client.send(ByteBuffer(bytes: [0x03, 0xE9]), opcode: .close)
        #expect(await client.next() == .close(1001))
        #expect(await client.next() == .end)
        #expect(await gateway.wait { $0.live == 0 })
        await gateway.shutdown()
    }

    @Test("a client that breaks the protocol is told and dropped")
    func violation() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.open(gateway)
        // An unmasked text frame.
        try await client.write(ByteBuffer(bytes: [0x81, 0x01, 0x41]))
        #expect(await client.next() == .close(1002))
        #expect(await client.next() == .end)
        #expect(gateway.statistics().violations == 1)
        await gateway.shutdown()
    }

    @Test(
        "what is no upgrade gets a status",
        arguments: [("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426), ("rubbish\r\n\r\n", 400)])
    func notAnUpgrade(text: String, status: Int) async throws {
        let gateway = try await Gateway.start()
        let answer = try await gateway.answer(to: text)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(gateway.statistics().connects.isEmpty)
        await gateway.shutdown()
    }

    @Test(
        "an account is the last part of the path, or the token, or whose token it is",
        arguments: [
            ("/shop-1", "token-1", "shop-1"), ("/a/b/shop-2?x=/y", "token-1", "shop-2"), ("/", "token-1", "token-1"),
            ("/ws/?a", "token-1", "token-1"),
            ("/", LoginToken(user: "shop-3", issued: .now(), ttl: .seconds(3600), serial: 1).text, "shop-3"),
        ])
    func accountName(path: String, token: String, name: String) async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.connect(to: gateway, path: path)
        try #require(await client.next() == .answer(status: 101, retryAfter: nil))
        try await client.register(token: token)
        try #require(await client.next() == .registered)
        let connects = gateway.statistics().connects
        #expect(connects.map(\.account) == [name])
        #expect(connects.map(\.outcome) == [.accepted])
        #expect(abs((connects.first?.at ?? WallTime(milliseconds: 0)).since(.now()).inSeconds) < 60)
        await gateway.shutdown()
    }

    @Test("two sockets of one account are seen, and one after the other is no two", arguments: [1, 3])
    func liveness(loops: Int) async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(loops: loops))
        for _ in 0..<20 {
            let client = try await RawClient.register(gateway)
            try await client.drop()
        }
        #expect(gateway.statistics().maxLivePerAccount == 1)
        let first = try await RawClient.register(gateway)
        let second = try await RawClient.register(gateway)
        let statistics = gateway.statistics()
        #expect(statistics.maxLivePerAccount == 2)
        #expect(statistics.live == 2)
        #expect(statistics.accepts == 22)
        #expect(statistics.connectsPerSecond.map(\.connects).reduce(0, +) == 22)
        try await first.drop()
        try await second.drop()
        #expect(await gateway.wait { $0.live == 0 })
        await gateway.shutdown()
    }

    @Test("a message is confirmed with an id; sent again it has the same, and counts twice")
    func sends() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        for _ in 0..<2 {
            try await client.say(
                #"{"lwp":"/r/MessageSend/sendByReceiverScope","headers":{"mid":"3 0"},"body":[{"uuid":"u-1","cid":"chat-9@goofish","#
                    + #""content":{"contentType":101,"custom":{"type":1,"data":"eyJjb250ZW50VHlwZSI6MSwidGV4dCI6eyJ0ZXh0Ijoi5L2g5aW9In19"}}},"#
                    + #"{"actualReceivers":["buyer-1@goofish","1001@goofish"]}]}"#)
            #expect(
                await client.next() == .text(#"{"code":200,"headers":{"mid":"3 0"},"body":{"messageId":"sent-1.PNM"}}"#)
            )
        }
        let statistics = gateway.statistics()
        #expect(statistics.sends == [.init(uuid: "u-1", chat: "chat-9", text: "你好", count: 2)])
        #expect(statistics.sendsTotal == 2)
        try await client.say(#"{"lwp":"/r/MessageSend/sendByReceiverScope","headers":{"mid":"4 0"},"body":{}}"#)
        #expect(
            await client.next() == .text(#"{"code":400,"headers":{"mid":"4 0"},"body":{"reason":"not a message"}}"#))
        await gateway.shutdown()
    }

    @Test("a token of the login server is refused when it has expired, and ends a session that has it")
    func tokenExpires() async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(tokenLifetime: .seconds(2)))
        let client = try await RawClient.open(gateway)
        let token = try await registerWithFreshToken(client, at: gateway)
        var event: RawClient.Event?
        repeat {
            try await client.beat()
            event = await client.next()
        } while event == .beatAnswered
        #expect(event == .close(1008))
        let late = try await RawClient.open(gateway)
        try await late.register(token: token)
        #expect(await late.next() == .registrationRefused(401))
        _ = try await registerWithFreshToken(late, at: gateway)
        await gateway.shutdown()
    }

    /// On a crowded machine a token can be too old before it is used; then the next one is tried.
    private func registerWithFreshToken(_ client: RawClient, at gateway: Gateway) async throws -> String {
        for _ in 0..<20 {
            let token = gateway.token(for: "shop-1")
            try await client.register(token: token)
            let answer = try #require(await client.next())
            if answer == .registered { return token }
            try #require(answer == .registrationRefused(401))
        }
        throw LateMachine()
    }

    private struct LateMachine: Error {}

    @Test("a port that somebody listens on cannot be had, and says so")
    func portTaken() async throws {
        let gateway = try await Gateway.start()
        let error = await #expect(throws: CannotListen.self) {
            try await Gateway.start(Gateway.Configuration(listen: .init(port: gateway.port)))
        }
        #expect(error?.description == "cannot listen on 127.0.0.1:\(gateway.port): Address already in use")
        await gateway.shutdown()
        let next = try await Gateway.start(Gateway.Configuration(listen: .init(port: gateway.port)))
        await next.shutdown()
    }
}
