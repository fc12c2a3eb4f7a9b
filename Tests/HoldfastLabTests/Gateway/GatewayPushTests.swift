import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastLab

@Suite("Pushes of the gateway")
struct GatewayPushTests {
    @Test("a push is an LWP frame with a chat message, and its acknowledgement is counted once")
    func push() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        let receipt = try gateway.push(PushRequest(account: "shop-1", text: "你好 \"{n}\"", chat: "chat-9", id: "m-1"))
        #expect(receipt == PushReceipt(accounts: 1, pushes: 1, messages: 1))
        let push = try #require(await client.next()?.push)
        let message = try #require(push.messages.first)
        #expect(message.chat == "chat-9@goofish")
        #expect(message.id == "m-1")
        #expect(abs(WallTime(milliseconds: message.time).since(.now()).inSeconds) < 60)
        #expect(message.details["reminderContent"] == "你好 \"1\"")
        #expect(message.details["senderUserId"] == "buyer-1")
        #expect(message.details["sessionType"] == "1")
        try await client.acknowledge(push.mid)
        #expect(await gateway.wait { $0.acked == 1 })
        try await client.acknowledge(push.mid)
        try await client.acknowledge("unknown 0")
        #expect(await gateway.wait { $0.unknownAcks == 2 })
        let statistics = gateway.statistics()
        #expect(statistics.pushed == 1)
        #expect(statistics.acked == 1)
        await gateway.shutdown()
    }

    @Test("every message of every push has its own id")
    func batches() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        let receipt = try gateway.push(PushRequest(account: "shop-1", count: 3, text: "no. {n}", id: "m", batch: 2))
        #expect(receipt == PushReceipt(accounts: 1, pushes: 3, messages: 6))
        try gateway.push(PushRequest(account: "shop-1", count: 2))
        var messages: [ReceivedPush.Message] = []
        for _ in 0..<5 { messages += try #require(await client.next()?.push).messages }
        #expect(messages.prefix(6).map(\.id) == (1...6).map { "m-\($0)" })
        #expect(messages.prefix(6).map { $0.details["reminderContent"] } == (1...6).map { "no. \($0)" })
        #expect(Set(messages.map(\.id)).count == 8)
        #expect(gateway.statistics().pushedMessages == 8)
        await gateway.shutdown()
    }

    @Test("MessagePack says the same, with numbers as keys")
    func messagePack() async throws {
        var buffer = ByteBuffer()
        let message = ChatMessage(
            chat: NumberedText(fixed: "c@goofish"), id: NumberedText(fixed: String(repeating: "i", count: 40)),
            sender: "s", name: "n",
            text: NumberedText(String(repeating: "t", count: 299) + "{n}"))
        message.writeMessagePack(7, at: WallTime(milliseconds: 1), into: &buffer)
        var expected: [UInt8] = [0x81, 0x01, 0x84, 0x02, 0xA9] + Array("c@goofish".utf8)
        expected += [0x03, 0xD9, 40] + Array(repeating: UInt8(ascii: "i"), count: 40)
        expected += [0x05, 0xD3, 0, 0, 0, 0, 0, 0, 0, 1, 0x0A, 0x85]
        expected += [0xAC] + Array("senderUserId".utf8) + [0xA1, UInt8(ascii: "s")]
        expected += [0xAD] + Array("reminderTitle".utf8) + [0xA1, UInt8(ascii: "n")]
        expected +=
            [0xAF] + Array("reminderContent".utf8) + [0xDA, 0x01, 0x2C]
            + Array(repeating: UInt8(ascii: "t"), count: 299) + [UInt8(ascii: "7")]
        #expect(Array(buffer.readableBytesView.prefix(expected.count)) == expected)

        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try gateway.push(PushRequest(account: "shop-1", format: .messagePack))
        #expect(await client.next()?.push?.items.first?.first == 0x81)
        await gateway.shutdown()
    }

    @Test("an own message carries the id that the account calls its own")
    func own() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try gateway.push(PushRequest(account: "shop-1", isOwn: true))
        #expect(await client.next()?.push?.messages.first?.details["senderUserId"] == "shop-1")
        try await client.say(
            #"{"lwp":"/r/MessageSend/sendByReceiverScope","headers":{"mid":"3 0"},"body":[{"uuid":"u","cid":"c@goofish"},"#
                + #"{"actualReceivers":["buyer-1@goofish","1001@goofish"]}]}"#)
        #expect(await client.next() != nil)
        try gateway.push(PushRequest(account: "shop-1", isOwn: true))
        #expect(await client.next()?.push?.messages.first?.details["senderUserId"] == "1001")
        try gateway.push(PushRequest(account: "shop-1", isOwn: true, sender: "77"))
        #expect(await client.next()?.push?.messages.first?.details["senderUserId"] == "77")
        await gateway.shutdown()
    }

    @Test("a push waits for the account to register")
    func waits() async throws {
        let gateway = try await Gateway.start()
        try gateway.push(PushRequest(account: "shop-1"))
        let client = try await RawClient.open(gateway)
        #expect(await client.isQuiet())
        try await client.register()
        #expect(await client.next() == .registered)
        #expect(await client.next()?.push != nil)
        await gateway.shutdown()
    }

    @Test("a push to everyone goes to those who are registered")
    func everyone() async throws {
        let gateway = try await Gateway.start()
        let clients = [
            try await RawClient.register(gateway, account: "a"), try await RawClient.register(gateway, account: "b"),
        ]
        _ = try await RawClient.open(gateway, account: "c")
        #expect(
            try gateway.push(PushRequest(account: "*", count: 2)) == PushReceipt(accounts: 2, pushes: 4, messages: 4))
        for client in clients {
            #expect(await client.next()?.push != nil)
            #expect(await client.next()?.push != nil)
        }
        await gateway.shutdown()
    }

    @Test("what is not acknowledged comes again, the same, until it is")
    func redelivery() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try gateway.push(PushRequest(account: "shop-1", redeliverAfter: .milliseconds(50)))
        let first = try #require(await client.next()?.push)
        let second = try #require(await client.next()?.push)
        #expect(first == second)
        try await client.acknowledge(first.mid)
        #expect(await gateway.wait { $0.acked == 1 })
        while let late = await client.next(atMost: .milliseconds(200)) { #expect(late.push == first) }
        let statistics = gateway.statistics()
        #expect(statistics.pushed == 1)
        #expect(statistics.redelivered >= 1)
        await gateway.shutdown()
    }

    @Test(
        "what is not acknowledged comes on the next connection too, if it is to be re-delivered",
        arguments: [true, false])
    func nextConnection(redelivers: Bool) async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try gateway.push(
            PushRequest(account: "shop-1", count: 3, id: "m", redeliverAfter: redelivers ? .seconds(60) : nil))
        var mids: [String] = []
        for _ in 0..<3 { mids.append(try #require(await client.next()?.push).mid) }
        try await client.acknowledge(mids[1])
        #expect(await gateway.wait { $0.acked == 1 })
        try await client.drop()
        #expect(await gateway.wait { $0.live == 0 })
        let next = try await RawClient.register(gateway)
        try await next.beat("8 0")
        var again: [String] = []
        while let event = await next.next(), let push = event.push { again.append(push.mid) }
        #expect(again == (redelivers ? [mids[0], mids[2]] : []))
        await gateway.shutdown()
    }

    @Test("a window bounds what is open")
    func window() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try gateway.push(PushRequest(account: "shop-1", count: 5, window: 2))
        let first = try #require(await client.next()?.push)
        _ = try #require(await client.next()?.push)
        #expect(await client.isQuiet())
        try await client.acknowledge(first.mid)
        #expect(await client.next()?.push != nil)
        #expect(gateway.statistics().pushed == 3)
        await gateway.shutdown()
    }

    @Test("thousands of pushes to one session all arrive and are all acknowledged")
    func burst() async throws {
        let gateway = try await Gateway.start()
        let client = try await RawClient.register(gateway)
        try gateway.push(PushRequest(account: "shop-1", count: 4_000))
        for _ in 0..<4_000 {
            guard let push = await client.next()?.push else { break }
            try await client.acknowledge(push.mid)
        }
        #expect(await gateway.wait { $0.acked == 4_000 })
        await gateway.shutdown()
    }
}

@Suite("A request for pushes, step by step")
struct PushJobTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let wall = WallTime(milliseconds: 1_700_000_000_000)

    private func job(_ request: PushRequest) -> PushJob {
        PushJob(PushTemplate(request: request, sender: "s", serial: 1, epoch: wall), now: start)
    }

    @Test("a rate spreads the pushes over time, counted from the request")
    func rate() {
        var job = job(PushRequest(account: "a", count: 3, rate: 10))
        #expect(job.next(at: start, wall: wall)?.number == 1)
        #expect(job.next(at: start + .milliseconds(99), wall: wall) == nil)
        #expect(job.nextDue(at: start) == start + .milliseconds(100))
        #expect(job.next(at: start + .milliseconds(250), wall: wall)?.number == 2)
        #expect(job.next(at: start + .milliseconds(250), wall: wall)?.number == 3)
        #expect(job.next(at: start + .seconds(9), wall: wall) == nil)
    }

    @Test("a re-delivery comes before a fresh push, carries the first time, and is due again later")
    func redelivery() {
        var job = job(PushRequest(account: "a", count: 2, rate: 1, redeliverAfter: .seconds(1)))
        _ = job.next(at: start, wall: wall)
        let later = start + .seconds(1)
        #expect(job.next(at: later, wall: wall + .seconds(1)) == .init(number: 1, time: wall, isRedelivery: true))
        #expect(job.next(at: later, wall: wall + .seconds(1))?.number == 2)
        #expect(job.next(at: later, wall: wall) == nil)
        #expect(job.nextDue(at: later) == start + .seconds(2))
        #expect(job.acknowledge(1) == .taken)
        #expect(job.acknowledge(1) == .unknown)
        #expect(job.acknowledge(2) == .taken)
        #expect(job.isFinished)
        #expect(job.nextDue(at: later) == nil)
    }

    @Test("a full window opens with an acknowledgement")
    func window() {
        var job = job(PushRequest(account: "a", count: 3, window: 1))
        #expect(job.next(at: start, wall: wall)?.number == 1)
        #expect(job.next(at: start, wall: wall) == nil)
        #expect(job.nextDue(at: start) == nil)
        #expect(job.acknowledge(1) == .takenAndMadeRoom)
        #expect(job.next(at: start, wall: wall)?.number == 2)
    }

    @Test("a request that does not re-deliver forgets its oldest open pushes at the limit")
    func limit() {
        let count = PushRequest.maxOpen + 1
        var job = job(PushRequest(account: "a", count: count))
        for number in 1...count { #expect(job.next(at: start, wall: wall)?.number == number) }
        #expect(job.acknowledge(1) == .unknown)
        #expect(job.acknowledge(2) == .taken)
    }

    @Test("a mid of a push is read back, and nothing else is taken for one")
    func mid() {
        #expect(read("p7-12 0") == PushMid(serial: 7, number: 12))
        for text in ["p7-12", "7-12 0", "p7 0", "p7-12-1 0", "p-12 0", "px-1 0", "p99999999999999999999-1 0", ""] {
            #expect(read(text) == nil, "\(text)")
        }
    }

    private func read(_ text: String) -> PushMid? { PushMid(Array(text.utf8).span.bytes) }

    @Test("a number stands in a text where it was asked for, and other braces are left alone")
    func numberedText() {
        for (text, result) in [
            ("{n}", "7"), ("", ""), ("a{n}b{n}", "a7b7"), ("{{n}}", "{7}"), ("{ n }{m}", "{ n }{m}"),
            ("\"{n}\"", "\"7\""),
        ] {
            #expect(NumberedText(text).text(7) == result)
        }
    }

    @Test("a wrong request is refused and says what is wrong")
    func wrong() throws {
        for request in [
            PushRequest(account: ""), PushRequest(account: "a", count: 0), PushRequest(account: "a", rate: 0),
            PushRequest(account: "a", batch: 0),
            PushRequest(account: "a", redeliverAfter: .zero), PushRequest(account: "a", window: 0),
        ] {
            #expect(throws: InvalidInput.self) { try request.validate() }
        }
    }
}
