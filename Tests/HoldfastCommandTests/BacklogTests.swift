import HoldfastCore
import HoldfastFleet
import HoldfastLab
import Logging
import Synchronization
import Testing

@testable import HoldfastCommand

@Suite("What a gateway delivers with the connection, before it answers the registration", .timeLimit(.minutes(2)))
struct BacklogTests {
    private final class Texts: MessageHandler {
        private let seen = Mutex<[String]>([])

        var all: [String] { seen.withLock { $0 } }

        func handle(_ delivery: Delivery) async throws -> [String] {
            seen.withLock { $0 += delivery.messages.map { $0.text ?? "" } }
            return []
        }
    }

    /// Runs one account until its handler has had `count` texts; returns them, and the gaps that were seen.
    private func texts(
        _ account: String, count: Int,
        _ script: @escaping @Sendable (ScriptedServer.Said) -> [ScriptedServer.Step]
    ) async throws -> (texts: [String], gaps: UInt64) {
        let server = try await ScriptedServer.start(script)
        let yaml = """
            admission: { connects_per_second: 100, burst: 100, concurrent: 100 }
            defaults: { retry: { stable_after: 100ms, shortest: 1ms, dropped: { step: 10ms }, other: { step: 10ms } } }
            accounts:
              - id: bot-1
                url: \(server.url)
                token: secret
            \(account.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
            """
        var fleetConfiguration = try configuration(yaml).fleet
        let handler = Texts()
        fleetConfiguration.lanes = 1
        fleetConfiguration.storePath = nil
        fleetConfiguration.handlers = [HandlerRoute(.all, handler)]
        for index in fleetConfiguration.accounts.indices {
            fleetConfiguration.accounts[index].messages = .memory
            fleetConfiguration.accounts[index].intake.debounce = .zero
        }
        let fleet = Fleet(fleetConfiguration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await fleet.start()
        let end = ContinuousClock.now + .seconds(60)
        while handler.all.count < count, ContinuousClock.now < end {
            // tidy: the pause between two looks; nothing is concluded from the time it takes
            try await Task.sleep(for: .milliseconds(5))
        }
        let gaps = fleet.metrics().sequenceGaps
        await fleet.shutdown()
        await server.shutdown()
        return (handler.all, gaps)
    }

    @Test("ping: texts that come with the upgrade are delivered")
    func ping() async throws {
        let result = try await texts("dialect: ping", count: 2) { said in
            switch said.what {
            case .opened: [.text("one"), .text("two")]
            case .ping(let payload): [.pong(payload)]
            default: []
            }
        }
        #expect(result.texts == ["one", "two"])
    }

    @Test(
        "json: events that are replayed before the session counts as resumed are delivered, and none is asked for twice"
    )
    func replay() async throws {
        let account = """
            dialect: json
            json:
              register: { send: '{"login":"{token}","from":{sequence}}', accepted: { op: ready } }
              sequence: { at: s, continues: true }
              message: { when: { op: say }, id: s, text: text }
            """
        @Sendable func say(_ sequence: Int) -> ScriptedServer.Step {
            .text(#"{"op":"say","s":\#(sequence),"text":"m\#(sequence)"}"#)
        }
        let ready = ScriptedServer.Step.text(#"{"op":"ready"}"#)
        let result = try await texts(account, count: 5) { said in
            guard case .text(let text) = said.what, text.hasPrefix(#"{"login""#) else { return [] }
            if text.hasSuffix(":null}") { return [ready, say(1), .cut] }
            if text.hasSuffix(":1}") { return [say(2), say(3), ready, .cut] }
            if text.hasSuffix(":3}") { return [say(4), ready, say(5)] }
            return []
        }
        #expect(result.texts == ["m1", "m2", "m3", "m4", "m5"])
        #expect(result.gaps == 0)
    }
}
