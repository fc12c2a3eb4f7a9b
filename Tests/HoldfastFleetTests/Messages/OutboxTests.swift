import HoldfastCore
import HoldfastLab
import HoldfastStore
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
}
