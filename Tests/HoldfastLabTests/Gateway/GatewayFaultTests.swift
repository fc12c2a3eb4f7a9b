import NIOCore
import Testing

@testable import HoldfastLab

@Suite("A fault on the way to a session")
struct ConnectFaultTests {
    @Test("refuse for everyone closes the listener, keeps the sessions, and opens the same port again")
    func refuseEveryone() async throws {
        let gateway = try await Gateway.start()
        let session = try await RawClient.register(gateway)
        try await gateway.setFaults([Fault(.refuse)])
        await #expect(throws: (any Error).self) { try await RawClient.connect(to: gateway) }
        try await session.beat()
        #expect(await session.next() == .beatAnswered)
        try await gateway.clearFaults()
        _ = try await RawClient.register(gateway, account: "shop-2")
        #expect(gateway.statistics().accepts == 2)
        await gateway.shutdown()
    }

    @Test("refuse that ends by itself opens the port again")
    func refuseForAWhile() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.refuse, lasting: .seconds(1))])
        await #expect(throws: (any Error).self) { try await RawClient.connect(to: gateway) }
        let limit = ContinuousClock.now + .seconds(120)
        var client: RawClient?
        while client == nil, ContinuousClock.now < limit {
            client = try? await RawClient.connect(to: gateway)
        }
        #expect(await client?.next() == .answer(status: 101, retryAfter: nil))
        #expect(await gateway.faults.isEmpty)
        await gateway.shutdown()
    }

    @Test("refuse for one account, or behind another fault, resets that account's connection")
    func refuseOne() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.mute, for: "shop-2"), Fault(.refuse)])
        let refused = try await RawClient.connect(to: gateway, path: "/shop-1")
        #expect(await refused.next() == .reset)
        _ = try await RawClient.register(gateway, account: "shop-2")
        #expect(gateway.statistics().connects.map(\.outcome) == [.refused, .accepted])
        await gateway.shutdown()
    }

    @Test("an upgrade is refused with a status and Retry-After")
    func upgradeStatus() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.upgradeStatus, retryAfterSeconds: 20)])
        let client = try await RawClient.connect(to: gateway, path: "/shop-1")
        #expect(await client.next() == .answer(status: 503, retryAfter: "20"))
        #expect(await client.next() == .end)
        try await gateway.setFaults([Fault(.upgradeStatus, status: 429, delay: .milliseconds(50))])
        let other = try await RawClient.connect(to: gateway, path: "/shop-1")
        #expect(await other.next() == .answer(status: 429, retryAfter: nil))
        let statistics = gateway.statistics()
        #expect(statistics.connects.map(\.outcome.name) == ["status_503", "status_429"])
        #expect(statistics.maxLive == 0)
        await gateway.shutdown()
    }

    @Test("a black hole lets nobody in, and lets those who waited in when it ends")
    func blackholeBeforeUpgrade() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.blackhole)])
        let client = try await RawClient.connect(to: gateway, path: "/shop-1")
        #expect(await client.isQuiet())
        #expect(gateway.statistics().connects.map(\.outcome) == [.unanswered])
        try await gateway.clearFaults()
        #expect(await client.next() == .answer(status: 101, retryAfter: nil))
        #expect(gateway.statistics().connects.map(\.outcome) == [.accepted])
        await gateway.shutdown()
    }

    @Test("a registration is refused with a code", arguments: [(nil, 401), (403, 403)])
    func rejectRegister(code: Int?, answer: Int) async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.rejectRegister, code: code, delay: .milliseconds(20))])
        let client = try await RawClient.open(gateway)
        try await client.register()
        #expect(await client.next() == .registrationRefused(answer))
        try await gateway.clearFaults()
        try await client.register()
        #expect(await client.next() == .registered)
        await gateway.shutdown()
    }

    @Test("a registration is not answered, everything else is")
    func ignoreRegister() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.ignoreRegister)])
        let client = try await RawClient.open(gateway)
        try await client.register()
        try await client.beat()
        #expect(await client.next() == .beatAnswered)
        #expect(await client.isQuiet())
        await gateway.shutdown()
    }

    @Test("an expired token ends its sessions with 1008 and gets 401, until there is another token")
    func expireToken() async throws {
        let gateway = try await Gateway.start()
        let session = try await RawClient.register(gateway, token: "old")
        let issued = gateway.token(for: "shop-2")
        try await gateway.setFaults([Fault(.expireToken)])
        #expect(await session.next() == .close(1008))
        let client = try await RawClient.open(gateway)
        for (token, isVoid) in [("old", true), ("new", false), ("new", false)] {
            try await client.register(token: token)
            #expect(await client.next() == (isVoid ? .registrationRefused(401) : .registered), "\(token)")
        }
        let unseen = try await RawClient.open(gateway, account: "shop-2")
        try await eventually { gateway.token(for: "shop-2") != issued }
        for (token, isVoid) in [("some", true), (issued, true), ("other", false)] {
            try await unseen.register(token: token)
            #expect(await unseen.next() == (isVoid ? .registrationRefused(401) : .registered), "\(token)")
        }
        let last = gateway.token(for: "shop-2")
        try await eventually { gateway.token(for: "shop-2") != last }
        try await unseen.register(token: gateway.token(for: "shop-2"))
        #expect(await unseen.next() == .registered)
        await gateway.shutdown()
    }
}

@Suite("A fault of a session")
struct SessionFaultTests {
    /// What the client sees of each fault that ends a session.
    static let ends: [(Fault, [RawClient.Event])] = [
        (Fault(.reset), [.reset]), (Fault(.eof), [.end]), (Fault(.close), [.close(1000)]),
        (Fault(.close, code: 1012), [.close(1012)]),
        (Fault(.oversize), [.violation(.frameTooLarge), .end]),
        (Fault(.garbage, code: 1002), [.violation(.reservedBits), .end]),
    ]

    @Test("ends an open session at once", arguments: ends)
    func endsOpenSession(fault: Fault, events: [RawClient.Event]) async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        let other = try await RawClient.register(gateway, account: "shop-2")
        var fault = fault
        fault.terms.match.account = "shop-1"
        try await gateway.setFaults([fault])
        for event in events { #expect(await client.next() == event) }
        try await other.beat()
        #expect(await other.next() == .beatAnswered)
        await gateway.shutdown()
    }

    @Test("ends every later session, too, right after the upgrade", arguments: ends)
    func endsLaterSession(fault: Fault, events: [RawClient.Event]) async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([fault])
        for _ in 0..<2 {
            let client = try await RawClient.open(gateway)
            for event in events { #expect(await client.next() == event) }
        }
        await gateway.shutdown()
    }

    @Test("waits for its delay, and does not happen if it is withdrawn before")
    func delay() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        let other = try await RawClient.register(gateway, account: "shop-2")
        try await gateway.setFaults([
            Fault(.reset, for: "shop-1", delay: .milliseconds(50)), Fault(.reset, delay: .seconds(60)),
        ])
        #expect(await client.next() == .reset)
        let later = try await RawClient.open(gateway)
        #expect(await later.next() == .reset)
        try await gateway.clearFaults()
        try await other.beat()
        #expect(await other.next() == .beatAnswered)
        await gateway.shutdown()
    }

    @Test("a session without a path is met as soon as its token tells whose it is")
    func byToken() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.reset, for: "token-1")])
        let client = try await RawClient.connect(to: gateway)
        #expect(await client.next() == .answer(status: 101, retryAfter: nil))
        try await client.register(token: "token-1")
        #expect(await client.next() == .reset)
        await gateway.shutdown()
    }

    @Test("a close is over when the client has answered it")
    func closeHandshake() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await gateway.setFaults([Fault(.close)])
        #expect(await client.next() == .close(1000))
        #expect(gateway.statistics().live == 1)
        try await client.send(ByteBuffer(bytes: [0x03, 0xE8]), opcode: .close)
        #expect(await client.next() == .end)
        await gateway.shutdown()
    }

    @Test("a black hole reads and writes nothing, and afterwards answers what had come")
    func blackhole() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await gateway.setFaults([Fault(.blackhole)])
        try gateway.push(PushRequest(account: "shop-1"))
        try await client.beat()
        try await client.send(ByteBuffer(string: "x"), opcode: .ping)
        #expect(await client.isQuiet())
        #expect(gateway.statistics().heartbeats == 0)
        try await gateway.clearFaults()
        var seen: Set<RawClient.Event> = []
        for _ in 0..<3 {
            guard let event = await client.next() else { break }
            if event.push == nil { seen.insert(event) }
        }
        #expect(seen == [.beatAnswered, .pong("x")])
        #expect(gateway.statistics().pushed == 1)
        await gateway.shutdown()
    }

    @Test("a client that leaves a black hole is no live session any more")
    func leavesBlackhole() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await gateway.setFaults([Fault(.blackhole)])
        try await client.beat()
        try await client.drop()
        #expect(await gateway.wait { $0.live == 0 })
        #expect(gateway.statistics().heartbeats == 0)
        await gateway.shutdown()
    }

    @Test("mute leaves heartbeats unanswered; pings and pushes go on")
    func mute() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await gateway.setFaults([Fault(.mute)])
        try await client.beat()
        try await client.send(ByteBuffer(string: "x"), opcode: .ping)
        #expect(await client.next() == .pong("x"))
        try gateway.push(PushRequest(account: "shop-1"))
        #expect(await client.next()?.push != nil)
        #expect(gateway.statistics().heartbeats == 1)
        try await gateway.clearFaults()
        try await client.beat()
        #expect(await client.next() == .beatAnswered)
        await gateway.shutdown()
    }

    @Test("slow sends everything late, in its order, and at once when it ends")
    func slow() async throws {
        let gateway = try await Gateway.start()
        try await gateway.setFaults([Fault(.slow, delay: .seconds(60))])
        let client = try await RawClient.open(gateway)
        try await client.register()
        try await client.send(ByteBuffer(string: "x"), opcode: .ping)
        #expect(await client.isQuiet())
        #expect(gateway.statistics().pings == 1)
        try await gateway.clearFaults()
        #expect(await client.next() == .registered)
        #expect(await client.next() == .pong("x"))
        try await gateway.setFaults([Fault(.slow, delay: .milliseconds(20))])
        try await client.beat()
        try await client.send(ByteBuffer(string: "y"), opcode: .ping)
        #expect(await client.next() == .beatAnswered)
        #expect(await client.next() == .pong("y"))
        await gateway.shutdown()
    }

    @Test("garbage flows until it ends, and the session stands")
    func garbage() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try await gateway.setFaults([Fault(.garbage, delay: .milliseconds(1))])
        for _ in 0..<40 {
            guard case .text = await client.next() else {
                Issue.record("not a text frame")
                break
            }
        }
        try await gateway.clearFaults()
        try await client.beat()
        var event = await client.next()
        while let next = event, next != .beatAnswered { event = await client.next() }
        #expect(event == .beatAnswered)
        await gateway.shutdown()
    }

    @Test("a script replaces the faults at its times")
    func script() async throws {
        let script = try FaultScript([
            .init(at: .zero, faults: [Fault(.upgradeStatus)], loginFaults: [LoginFault(.refuse)]),
            .init(at: .milliseconds(100), faults: [Fault(.mute)]),
        ])
        let gateway = try await Gateway.start(Gateway.Configuration(script: script))
        try await eventually { await gateway.faults == [Fault(.mute)] }
        // The second step has left what it does not name as the first one put it.
        #expect(gateway.loginFaults == [LoginFault(.refuse)])
        _ = try await RawClient.register(gateway)
        await gateway.shutdown()
    }
}
