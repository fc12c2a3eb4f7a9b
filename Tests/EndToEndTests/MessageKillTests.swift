import Foundation
import GRDB
import HoldfastLab
import Synchronization
import Testing

/// The process is killed without warning, again and again, while messages come, are handled and are answered (T1, T4).
@Suite("A process that is killed loses no message that it has acknowledged, and answers each once")
struct MessageKillTests {
    /// 20 in the suite, 200 by `scripts/soak message-kill`.
    private static let kills = ProcessInfo.processInfo.environment["HOLDFAST_KILLS"].flatMap { Int($0) } ?? 20
    private static let accounts = 3
    private static let chats = 2
    /// Messages that each chat gets between one kill and the next.
    private static let burst = 20

    @Test("killed at any instant: everything is handled, under one delivery id, and every reply is confirmed once")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let book = HookBook()
        let hook = try await WebhookServer.start { book.take($0) }
        do {
            try await Setup.gateway { _, control, url in
                let path = try folder.write("fleet.yaml", Self.fleet(url, hook.url))
                var inFlight = 0
                for round in 0..<Self.kills {
                    try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                        let api = try await holdfast.api()
                        try await Self.push(round, control)
                        // Some kills meet it before it is connected, more of them at work.
                        if round % 4 != 0 { try await api.connected(Self.accounts) }
                        // tidy: the instant of the kill is random on purpose; nothing is concluded from it
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...700)))
                        holdfast.signal(SIGKILL)
                        #expect(try await holdfast.exit() == -SIGKILL)
                    }
                    let open = try Self.handedOut(folder.path + "/data/journal.sqlite")
                    inFlight += open.count
                    book.killed(inFlight: open)
                }
                try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
                    let api = try await holdfast.api()
                    try await Self.finish(api, control, book)
                    holdfast.signal(SIGTERM)
                    #expect(try await holdfast.exit() == 0)
                }
                try await Self.judge(book, inFlight, control)
            }
        } catch {
            await hook.shutdown()
            throw error
        }
        await hook.shutdown()
    }

    private static var expected: Int { kills * accounts * chats * burst }

    private static func fleet(_ url: String, _ hook: String) -> String {
        let handlers = """
            defaults: { messages: { debounce: 20ms } }
            handlers:
              - match: all
                webhook: { url: "\(hook)" }

            """
        return Setup.fleet(url, accounts: accounts, extra: handlers)
    }

    /// Messages with a number of their own each, delivered again until they are acknowledged.
    private static func push(_ round: Int, _ control: API) async throws {
        for account in 1...accounts {
            for chat in 1...chats {
                let answer = try await control.post(
                    "/push",
                    json: """
                        {"account": "a-\(account)", "chat": "\(chat)", "id": "m-\(round)-\(account)-\(chat)",
                         "count": \(burst), "rate": 60, "redeliver_after_ms": 500}
                        """)
                #expect(answer.status == 202)
            }
        }
    }

    /// Deliveries that a handler was given, and that were not marked as handled when the process was killed.
    private static func handedOut(_ journal: String) throws -> Set<String> {
        let file = try DatabaseQueue(path: journal)
        defer { try? file.close() }
        return try file.read { db in
            try String.fetchSet(
                db, sql: "SELECT DISTINCT delivery FROM message WHERE state = 0 AND delivery IS NOT NULL")
        }
    }

    /// Until nothing is left to be done.
    private static func finish(_ api: API, _ control: API, _ book: HookBook) async throws {
        _ = try await poll(.seconds(180), "everything handled, acknowledged and confirmed") { () -> Bool? in
            let acked = try await control.get("/stats").json["acked"].int ?? 0
            let metrics = try await api.get("/metrics").text
            let isAtRest = ["journal_entries", "outbox_entries"].allSatisfy { metrics.contains("holdfast_\($0) 0\n") }
            if isAtRest, acked == expected, book.messages == expected { return true }
            throw TooLate(awaited: "", lastSeen: "\(acked) acknowledged, \(book.messages) handled of \(expected)")
        }
    }

    private static func judge(_ book: HookBook, _ inFlight: Int, _ control: API) async throws {
        let verdict = book.verdict
        #expect(verdict.underTwoNames.isEmpty, "handled under more than one delivery id: \(verdict.underTwoNames)")
        #expect(verdict.notInFlight.isEmpty, "handled again without having been in flight: \(verdict.notInFlight)")
        #expect(verdict.outOfOrder.isEmpty, "chats out of order: \(verdict.outOfOrder)")
        #expect(verdict.repeats <= inFlight)

        // Each delivery has one answer at the gateway, under one client id, however often it was sent.
        let sends = try await control.get("/stats").json["sends"].items
        let ids = Dictionary(grouping: sends) { $0["text"].text ?? "" }.mapValues {
            Set($0.compactMap { $0["uuid"].text })
        }
        #expect(Set(ids.keys) == verdict.replies)
        #expect(ids.values.allSatisfy { $0.count == 1 })
        let sentAgain = sends.count { ($0["count"].int ?? 0) > 1 }
        print(
            "message kill: \(kills) kills, \(expected) messages in \(verdict.replies.count) deliveries,",
            "\(inFlight) of them in flight at a kill: 0 acknowledged and not handled, \(verdict.repeats) deliveries",
            "handled again, all under the same id; \(ids.count) replies confirmed, \(sentAgain) of them sent more than",
            "once, each under one client id")
    }
}

/// What the webhook has seen: it would answer a customer once per delivery id.
private final class HookBook: Sendable {
    struct Verdict {
        /// Deliveries that came again.
        var repeats = 0
        /// Those that came again although no kill had met them at work.
        var notInFlight: Set<String> = []
        /// Messages that came in two deliveries.
        var underTwoNames: Set<String> = []
        /// Chats whose messages did not come in the order in which they were numbered.
        var outOfOrder: Set<String> = []
        /// Texts that were answered with.
        var replies: Set<String> = []
    }

    private struct State {
        var deliveries: [String: Int] = [:]
        var deliveryOfMessage: [String: String] = [:]
        /// The number of the newest message of each push request.
        var newest: [String: Int] = [:]
        var inFlight: Set<String> = []
        var verdict = Verdict()
    }

    private let state = Mutex(State())

    var messages: Int { state.withLock { $0.deliveryOfMessage.count } }
    var verdict: Verdict { state.withLock { $0.verdict } }

    func killed(inFlight: Set<String>) {
        state.withLock { $0.inFlight.formUnion(inFlight) }
    }

    func take(_ request: WebhookServer.Request) -> WebhookServer.Answer {
        guard let delivery = request.header("Holdfast-Delivery") else { return .init(400) }
        let body = JSON(parsing: String(buffer: request.body))
        let account = body["account"].text ?? ""
        return state.withLock { state in
            let before = state.deliveries[delivery] ?? 0
            state.deliveries[delivery] = before + 1
            if before > 0 {
                state.verdict.repeats += 1
                if !state.inFlight.contains(delivery) { state.verdict.notInFlight.insert(delivery) }
            }
            for message in body["messages"].items {
                let id = message["id"].text ?? ""
                if let other = state.deliveryOfMessage.updateValue(delivery, forKey: "\(account) \(id)") {
                    if other != delivery { state.verdict.underTwoNames.insert(id) }
                } else if before == 0 {
                    Self.note(id, &state)
                }
            }
            let reply = "re \(delivery)"
            state.verdict.replies.insert(reply)
            return WebhookServer.Answer(
                body: #"{"replies":[{"text":"\#(reply)"}]}"#, after: .milliseconds(Int.random(in: 0...150)))
        }
    }

    /// `m-ROUND-ACCOUNT-CHAT-NUMBER`, maybe with a domain behind it.
    private static func note(_ id: String, _ state: inout State) {
        guard let dash = id.lastIndex(of: "-"), let number = Int(id[id.index(after: dash)...].prefix { $0.isNumber })
        else { return }
        let request = String(id[..<dash])
        if number <= state.newest[request] ?? 0 { state.verdict.outOfOrder.insert(request) }
        state.newest[request] = number
    }
}
