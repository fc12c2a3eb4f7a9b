import Foundation
import HoldfastCore
import HoldfastFleet
import HoldfastLab
import Logging
import Synchronization
import Testing

@testable import HoldfastCommand

/// A server that plays the documented part of a public gateway, against the very configuration that the documentation shows.
@Suite("The worked example of docs/dialects.md holds a session")
struct PublicGatewayTests {
    /// What the server has heard, by connection.
    private final class Heard: Sendable {
        private let said = Mutex<[ScriptedServer.Said]>([])

        func add(_ one: ScriptedServer.Said) { said.withLock { $0.append(one) } }

        func texts(_ connection: Int) -> [String] {
            said.withLock { all in
                all.compactMap { said in
                    guard said.connection == connection, case .text(let text) = said.what else { return nil }
                    return text
                }
            }
        }

        func count(_ connection: Int, _ text: String) -> Int { texts(connection).count { $0 == text } }
    }

    /// The example, with the server's address and times short enough for a test.
    private static func fleet(_ server: ScriptedServer) throws -> Fleet {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/dialects.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let block = try #require(
            text.components(separatedBy: "```yaml\n").first { $0.contains("gateway.discord.gg") }?
                .components(separatedBy: "```").first)
        let short = block.replacing("wss://gateway.discord.gg", with: server.url)
            .replacing("connects_per_second: 0.2, burst: 1", with: "connects_per_second: 100, burst: 100")
            .replacing(
                "dialect: json\n",
                with: "dialect: json\n  retry: { stable_after: 100ms, shortest: 1ms, other: { step: 10ms } }\n")
        var configuration = try configuration(short, environment: ["BOT_TOKEN": "secret"]).fleet
        configuration.lanes = 1
        configuration.storePath = nil
        for index in configuration.accounts.indices { configuration.accounts[index].messages = .memory }
        return Fleet(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func run(
        _ script: @escaping @Sendable (ScriptedServer.Said) -> [ScriptedServer.Step],
        _ body: (Fleet, Heard) async throws -> Void
    ) async throws {
        let heard = Heard()
        let server = try await ScriptedServer.start { said in
            heard.add(said)
            return script(said)
        }
        let fleet = try Self.fleet(server)
        try await fleet.start()
        do {
            try await body(fleet, heard)
        } catch {
            await fleet.shutdown()
            await server.shutdown()
            throw error
        }
        await fleet.shutdown()
        await server.shutdown()
    }

    private func wait(
        _ fleet: Fleet, sourceLocation: SourceLocation = #_sourceLocation, until isReached: (AccountView) -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let account = await fleet.account("bot-1")
            if account.map(isReached) == true { return }
            guard ContinuousClock.now < end else {
                Issue.record(
                    "not reached; \(account.map { "\($0.state) \($0.lastFailure?.code ?? "")" } ?? "no account")",
                    sourceLocation: sourceLocation)
                return
            }
            // tidy: the pause between two looks; nothing is concluded from the time it takes
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func hello(_ milliseconds: Int = 1_000) -> ScriptedServer.Step {
        .text(#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":\#(milliseconds)}}"#)
    }

    private static let ready = ScriptedServer.Step.text(#"{"t":"READY","s":1,"op":0,"d":{"v":10,"session_id":"x"}}"#)

    /// A gateway as it should be.
    private static func fair(_ said: ScriptedServer.Said) -> [ScriptedServer.Step] {
        switch said.what {
        case .opened: [hello()]
        case .text(let text) where text.hasPrefix(#"{"op":2"#): [ready]
        case .text(let text) where text.hasPrefix(#"{"op":1"#): [.text(#"{"op":11}"#)]
        default: []
        }
    }

    @Test("it waits for the greeting, identifies, and beats in the rhythm and with the sequence it was told")
    func holds() async throws {
        try await run { said in
            guard case .text(let text) = said.what, text.hasPrefix(#"{"op":2"#) else { return Self.fair(said) }
            let message =
                #"{"t":"MESSAGE_CREATE","s":2,"op":0,"d":{"id":"9","channel_id":"7","content":"hi","author":{"id":"1"}}}"#
            return [Self.ready, .text(message)]
        } _: { fleet, heard in
            try await wait(fleet) { $0.state == .connected && $0.lastMessageAt != nil }
            try await wait(fleet) { $0.lastHeartbeatReplyAt != nil }
            #expect(
                heard.texts(0).first
                    == #"{"op":2,"d":{"token":"secret","intents":33280, "properties":{"os":"linux","browser":"holdfast","device":"holdfast"}}}"#
            )
            // The interval of 1 s was dictated; the configured one of 15 s would not have come to a beat yet.
            #expect(heard.texts(0).dropFirst().first == #"{"op":1,"d":2}"#)
            #expect(fleet.metrics().messagesAcknowledged == 0)
        }
    }

    @Test("a question is answered at once, and a notice leads to a planned reconnect that is no failure")
    func reconnects() async throws {
        try await run { said in
            guard case .text(let text) = said.what, text.hasPrefix(#"{"op":2"#), said.connection == 0 else {
                return Self.fair(said)
            }
            return [Self.ready, .text(#"{"op":1,"d":null}"#), .text(#"{"op":7,"d":null}"#)]
        } _: { fleet, heard in
            try await wait(fleet) { $0.state == .connected && $0.generation >= 2 }
            #expect(heard.texts(0).contains(#"{"op":1,"d":1}"#))
            let account = try #require(await fleet.account("bot-1"))
            #expect(account.failures == 0 && account.lastFailure == nil)
            let timeline = try #require(await fleet.timeline("bot-1", limit: 50))
            #expect(timeline.contains { $0.reason == "gateway_asked" })
        }
    }

    @Test("an invalid session is tried again later, as a failure of the server")
    func isInvalid() async throws {
        try await run { said in
            guard case .text(let text) = said.what, text.hasPrefix(#"{"op":2"#), said.connection == 0 else {
                return Self.fair(said)
            }
            return [.text(#"{"op":9,"d":false}"#)]
        } _: { fleet, _ in
            try await wait(fleet) { $0.state == .connected }
            let account = try #require(await fleet.account("bot-1"))
            #expect(account.lastFailure?.code == "server.refused_0")
        }
    }

    @Test(
        "close codes end in the quarantine they deserve",
        arguments: [(4004, Session.Quarantine.auth), (4014, .permanent)] as [(UInt16, Session.Quarantine)])
    func isLeftAlone(code: UInt16, quarantine: Session.Quarantine) async throws {
        try await run { said in
            switch said.what {
            case .opened: [Self.hello()]
            case .text: [.close(code: code)]
            default: []
            }
        } _: { fleet, _ in
            try await wait(fleet) { $0.quarantine == quarantine }
            let account = try #require(await fleet.account("bot-1"))
            #expect(account.lastFailure?.code == "\(quarantine == .auth ? "auth" : "permanent").close_\(code)")
        }
    }

    @Test("a gateway that greets and then says nothing is never shown as connected")
    func isSilent() async throws {
        try await run { said in
            if case .opened = said.what { [Self.hello()] } else { [] }
        } _: { fleet, heard in
            try await wait(fleet) { _ in !heard.texts(0).isEmpty }
            let timeline = try #require(await fleet.timeline("bot-1", limit: 50))
            #expect(!timeline.contains { $0.to == .connected })
        }
    }

    @Test("a gap in the sequence is counted, and what comes again is none")
    func seesGaps() async throws {
        try await run { said in
            guard case .text(let text) = said.what, text.hasPrefix(#"{"op":2"#) else { return Self.fair(said) }
            return [Self.ready] + [3, 2, 3, 4, 9].map { .text(#"{"op":0,"t":"TYPING","s":\#($0)}"#) }
        } _: { fleet, _ in
            try await wait(fleet) { _ in fleet.metrics().sequenceGaps == 2 }
        }
    }
}
