import HoldfastCore
import HoldfastLab
import HoldfastStore
import HoldfastWire
import Synchronization
import Testing

@testable import HoldfastFleet

@Suite("Messages of ours")
struct OutboxTests {
    private let draft = MessageDraft(chat: "31", receiver: "2001", text: "hello")

    @Test("a message is sent, confirmed, and the same key is the same message")
    func sends() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .chatty("a", rig.gateway)])
            let message = try await rig.fleet.sendAndConfirm(draft, from: "a", idempotencyKey: "k")
            #expect(message.state == .confirmed)
            #expect(message.remoteID == "sent-1.PNM")
            let again = try await rig.fleet.send(draft, from: "a", idempotencyKey: "k")
            #expect(again.clientID == message.clientID)
            #expect(again.state == .confirmed)
            await #expect(throws: MessageRefusal.keyReused) {
                try await rig.fleet.send(
                    MessageDraft(chat: "31", receiver: "2001", text: "x"), from: "a", idempotencyKey: "k")
            }
            await #expect(throws: MessageRefusal.notFound) { try await rig.fleet.send(draft, from: "b") }
            #expect(rig.gateway.statistics().sends.map(\.count) == [1])
        }
    }

    @Test("what was not confirmed is sent again on the next connection, with the same client id, over a restart too")
    func resends() async throws {
        try await StoredFleet.run { rig in
            var account = try AccountConfiguration.chatty("a", rig.gateway)
            account.isEnabled = false
            try await rig.start([account])
            let queued = try await rig.fleet.send(draft, from: "a")
            #expect(queued.state == .queued)
            account.isEnabled = true
            try await rig.restart([account])
            try await rig.wait { try await rig.fleet.message(queued.clientID, of: "a").state == .confirmed }
            #expect(rig.gateway.statistics().sends.map(\.uuid) == [queued.clientID])
        }
    }

    @Test("many messages leave in order, a few at a time")
    func order() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .chatty("a", rig.gateway)])
            for number in 0..<100 {
                _ = try await rig.fleet.send(
                    MessageDraft(chat: "31", receiver: "2001", text: "\(number)"), from: "a")
            }
            try await rig.wait { rig.fleet.metrics().outbox[.confirmed] == 100 }
            #expect(rig.gateway.statistics().sends.map(\.text) == (0..<100).map(String.init))
        }
    }

    @Test("a person's answer pauses replies in its chat, ours does not, and a pause can be lifted")
    func pauses() async throws {
        try await StoredFleet.run { rig in
            let log = DeliveryLog { _, _ in ["automatic"] }
            rig.configuration.handlers = [HandlerRoute(.all, log)]
            let account = try AccountConfiguration.chatty("a", rig.gateway)
            try await rig.start([account])
            // Ours comes back: it has the text of a message of ours in the same chat.
            _ = try rig.gateway.push(PushRequest(account: "a", text: "1", chat: "31"))
            try await rig.wait { rig.fleet.metrics().outbox[.confirmed] == 1 }
            _ = try rig.gateway.push(PushRequest(account: "a", text: "automatic", chat: "31", isOwn: true))
            _ = try rig.gateway.push(PushRequest(account: "a", text: "2", chat: "31"))
            try await rig.wait { log.texts == ["1", "2"] }
            // A person's.
            _ = try rig.gateway.push(PushRequest(account: "a", text: "let me see", chat: "31", isOwn: true))
            try await rig.wait { rig.fleet.metrics().pauses == 1 }
            _ = try rig.gateway.push(PushRequest(account: "a", text: "3", chat: "31"))
            try await rig.wait { rig.fleet.metrics().handled[.skipped] == 1 }
            try await rig.wait { try await rig.fleet.pauses(limit: 10).elements.map(\.chat) == ["31"] }
            // Over a restart.
            try await rig.restart([account])
            _ = try rig.gateway.push(PushRequest(account: "a", text: "4", chat: "31"))
            try await rig.wait { rig.fleet.metrics().handled[.skipped] == 1 }
            try await rig.fleet.lift(account: "a", chat: "31")
            await #expect(throws: MessageRefusal.notFound) { try await rig.fleet.lift(account: "a", chat: "31") }
            _ = try rig.gateway.push(PushRequest(account: "a", text: "5", chat: "31"))
            try await rig.wait { log.texts.last == "5" }
            #expect(log.texts == ["1", "2", "5"])
            #expect(try await rig.fleet.pause(account: "a", chat: "9", for: .seconds(60)).chat == "9")
        }
    }

    @Test("a gateway that cannot take a message now is asked again, slowly; any other refusal is the end of it")
    func refusals() async throws {
        let answers = Mutex(["429", "503", "200", "400"])
        let server = try await ScriptedServer.start { said in
            guard case .text(let text) = said.what, let mid = text.firstMatch(of: /"mid":"([^"]*)"/)?.1 else {
                return []
            }
            let isSend = text.contains("/r/MessageSend/")
            let code = isSend ? answers.withLock { $0.isEmpty ? "200" : $0.removeFirst() } : "200"
            return [.text(#"{"code":\#(code),"headers":{"mid":"\#(mid)"},"body":{"reason":"because"}}"#)]
        }
        try await StoredFleet.run { rig in
            let account = AccountConfiguration(
                id: "a", target: try LinkTarget(url: server.url), dialect: .lwp(LWP(accountID: "a", appKey: "1")),
                token: Secret("t"))
            try await rig.start([account])
            let message = try await rig.fleet.sendAndConfirm(draft, from: "a")
            #expect(message.state == .confirmed)
            #expect(rig.fleet.metrics().outboxRetries <= 2)
            try await rig.wait { rig.fleet.metrics().outboxRetries == 2 }
            let refused = try await rig.fleet.sendAndConfirm(draft, from: "a")
            #expect(refused.state == .refused)
            #expect(refused.problem?.hasPrefix("400") == true)
        }
        await server.shutdown()
    }

    @Test("whoever waits for a message of an account that is taken away hears of it")
    func removed() async throws {
        try await StoredFleet.run { rig in
            var account = try AccountConfiguration.chatty("a", rig.gateway)
            account.isEnabled = false
            try await rig.start([account])
            let fleet = rig.fleet
            let message = Task { try await fleet.sendAndConfirm(draft, from: "a") }
            try await rig.wait { rig.fleet.metrics().journal?.outbox == 1 }
            rig.configuration.accounts = []
            _ = try await fleet.apply(rig.configuration)
            #expect(try await message.value.state == .refused)
            try await rig.wait { rig.fleet.metrics().journal?.outbox == 0 }
        }
    }

    @Test("whoever waits for a message while the fleet goes down is told that it is not known")
    func shutDown() async throws {
        try await StoredFleet.run { rig in
            var account = try AccountConfiguration.chatty("a", rig.gateway)
            account.isEnabled = false
            try await rig.start([account])
            let fleet = rig.fleet
            let message = Task { try await fleet.sendAndConfirm(draft, from: "a") }
            try await rig.wait { rig.fleet.metrics().journal?.outbox == 1 }
            await rig.stop()
            await #expect(throws: MessageRefusal.notRunning) { try await message.value }
        }
    }
}

@Suite("Messages of ours: how fast they leave")
struct OutboxPaceTests {
    private static let now = Instant(nanoseconds: 0)

    private func outbox(_ count: Int) -> Outbox {
        var outbox = Outbox()
        for number in 1...count {
            let message = OutboxMessage(
                account: "a", clientID: "\(number)", chat: "c", receiver: "r", text: "t",
                createdAt: WallTime(milliseconds: 0), expiresAt: WallTime(milliseconds: 600_000))
            outbox.items.append(Outbox.Item(message: message, number: UInt32(number)))
        }
        return outbox
    }

    @Test("what is refused for the moment rests, twice as long each time, and is then tried alone")
    func rests() {
        var outbox = outbox(40)
        #expect(outbox.window == 32)
        var now = Self.now
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let isKnown = outbox.rest(1, at: now)
            #expect(isKnown)
            #expect(outbox.window == 1)
            #expect(outbox.isResting(at: now + .milliseconds(seconds * 1_000 - 1)))
            now = now + .seconds(seconds)
            #expect(!outbox.isResting(at: now))
            outbox.items[0].number = 1
        }
        outbox.goFaster()
        #expect(outbox.window == 2)
        for _ in 0..<10 { outbox.goFaster() }
        #expect(outbox.window == 32)
        _ = outbox.rest(1, at: now)
        #expect(!outbox.isResting(at: now + .seconds(1)))
    }

    @Test("many that are refused together are one rest")
    func together() {
        var outbox = outbox(3)
        let known = (1...3).map { outbox.rest(UInt32($0), at: Self.now) }
        #expect(known == [true, true, true])
        #expect(!outbox.isResting(at: Self.now + .seconds(1)))
        let isKnown = outbox.rest(9, at: Self.now)
        #expect(!isKnown)
    }

    @Test(
        "only too many and troubles of the gateway pass",
        arguments: [(429, true), (500, true), (599, true), (400, false), (401, false), (600, false), (0, false)])
    func passing(code: Int, isPassing: Bool) {
        #expect(Outbox.isPassing(code) == isPassing)
    }
}
