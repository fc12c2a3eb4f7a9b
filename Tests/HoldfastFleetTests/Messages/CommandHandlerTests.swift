import Foundation
import HoldfastCore
import HoldfastStore
import Testing

@testable import HoldfastFleet

@Suite("Handlers: a program that stays")
struct CommandHandlerTests {
    private static func delivery(_ id: String, text: String = "hello") -> Delivery {
        Delivery(
            id: id, account: "a", chat: "c",
            messages: [JournalMessage(id: "m", chat: "c", receivedAt: WallTime(milliseconds: 0), text: text)])
    }

    /// Runs a script of the shell as the program. `$id` is the delivery's.
    private static func run<Result>(
        _ script: String, _ change: (inout CommandHandler.Configuration) -> Void = { _ in },
        _ body: (CommandHandler) async throws -> Result
    ) async throws -> Result {
        var configuration = CommandHandler.Configuration(command: ["/bin/sh", "-c", script])
        configuration.timeout = .seconds(60)
        change(&configuration)
        let handler = CommandHandler(configuration)
        defer { handler.close() }
        return try await body(handler)
    }

    /// A loop over the lines that come in, which does `action` for each.
    private static func loop(_ action: String) -> String {
        #"while read -r line; do id=${line#*'"delivery":"'}; id=${id%%'"'*}; "# + action + "; done"
    }

    private static let answer = #"echo "{\"delivery\":\"$id\",\"replies\":[{\"text\":\"$$\"}]}""#

    private static func outcome(_ handler: CommandHandler, _ id: String = "d") async -> String {
        do {
            return "handled: \(try await handler.handle(delivery(id)).joined(separator: ", "))"
        } catch HandlerFailure.later(let reason, _) {
            return "later: \(reason)"
        } catch HandlerFailure.refused(let reason) {
            return "refused: \(reason)"
        } catch {
            return "\(error)"
        }
    }

    @Test("one program answers one delivery after the other")
    func stays() async throws {
        try await Self.run(Self.loop(Self.answer)) { handler in
            let first = try await handler.handle(Self.delivery("1"))
            let second = try await handler.handle(Self.delivery("2"))
            #expect(first == second, "the replies are the number of the process")
        }
    }

    @Test("it gets the delivery as a line of JSON")
    func line() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-worker-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await Self.run(Self.loop("printf '%s' \"$line\" > \(folder); \(Self.answer)")) { handler in
            _ = try await handler.handle(Self.delivery("d-1", text: "a\nb \\ \""))
        }
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: folder))) as? [String: Any])
        #expect(json["delivery"] as? String == "d-1")
        #expect(json["account"] as? String == "a")
        #expect(((json["messages"] as? [[String: Any]])?.first?["text"] as? String) == "a\nb \\ \"")
    }

    @Test(
        "what it says is what becomes of the delivery",
        arguments: [
            (#"echo "{\"delivery\":\"$id\"}""#, "handled: "),
            (#"echo noise; echo "{\"delivery\":\"other\"}"; echo "{\"delivery\":\"$id\"}""#, "handled: "),
            (
                #"echo "{\"delivery\":\"$id\",\"error\":\"refused\",\"detail\":\"no\"}""#,
                "refused: the program said: no"
            ),
            (#"echo "{\"delivery\":\"$id\",\"error\":\"later\"}""#, "later: the program said later: no detail"),
            ("exit 3", "later: the program ended with status 3"),
            ("kill -9 $$", "later: the program was ended by signal 9"),
            ("head -c 1100000 /dev/zero", "later: the program wrote a line of more than 1048576 bytes and was killed"),
        ])
    func outcomes(action: String, outcome: String) async throws {
        let said = try await Self.run(Self.loop(action)) { await Self.outcome($0) }
        #expect(said == outcome)
    }

    @Test("one that ends after its answer has answered, and another one is started for the next delivery")
    func oneByOne() async throws {
        try await Self.run(Self.loop("\(Self.answer); exit 0")) { handler in
            let first = await Self.outcome(handler, "1")
            #expect(first.hasPrefix("handled: "))
            // The first may be on its way out when the next delivery comes: that one is handed to another program.
            var second = await Self.outcome(handler, "2")
            while second.hasPrefix("later: the program ended") { second = await Self.outcome(handler, "2") }
            #expect(second.hasPrefix("handled: "))
            #expect(first != second)
        }
    }

    @Test("one that ends again and again is not started again for a while")
    func intensity() async throws {
        let change = { (configuration: inout CommandHandler.Configuration) in
            configuration.restarts = 3
            configuration.window = .seconds(3_600)
        }
        try await Self.run("exit 1", change) { handler in
            for _ in 1...3 { #expect(await Self.outcome(handler) == "later: the program ended with status 1") }
            do {
                _ = try await handler.handle(Self.delivery("d"))
                Issue.record("it was started again")
            } catch HandlerFailure.later(let reason, let after) {
                #expect(reason == "started 3 times in a short time; the program ended with status 1")
                #expect(after.map { $0 > .seconds(3_000) } == true)
            }
        }
    }

    @Test("one that does not answer in time is killed, with all that it has started")
    func killed() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-worker-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = Self.loop("sleep 3600 & echo $! > \(folder).new; mv \(folder).new \(folder); wait")
        // Long enough for the program to begin, on a slow machine, too.
        let outcome = try await Self.run(script, { $0.timeout = .seconds(5) }) { await Self.outcome($0) }
        #expect(outcome == "later: the program did not answer within 5 s and was killed")
        let text = try String(contentsOfFile: folder, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let child = try #require(pid_t(text))
        let end = ContinuousClock.now + .seconds(60)
        // A process that has been killed and not yet been waited for has no memory any more.
        func isRunning() -> Bool {
            (try? String(contentsOfFile: "/proc/\(child)/statm", encoding: .utf8))?.hasPrefix("0 ") == false
        }
        while isRunning(), ContinuousClock.now < end {
            // tidy: the rest between two looks
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(!isRunning())
    }

    @Test("it has only so many deliveries at once, and the others wait for their turn")
    func turns() async throws {
        // Answers two deliveries at a time, when it has both: with one at a time none would be answered.
        let script =
            #"while read -r a && read -r b; do for line in "$a" "$b"; do id=${line#*'"delivery":"'}; id=${id%%'"'*}; "#
            + Self.answer + "; done; done"
        try await Self.run(script, { $0.concurrency = 2 }) { handler in
            let outcomes = await withTaskGroup(of: String.self, returning: [String].self) { group in
                for number in 1...10 { group.addTask { await Self.outcome(handler, "\(number)") } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count == 10)
            #expect(outcomes.allSatisfy { $0.hasPrefix("handled: ") })
        }
    }

    @Test("what it says on its standard error is logged, cut where it is long, and of a flood only the beginning")
    func remarks() async throws {
        let log = LogRecorder()
        let many = 200
        let script =
            "printf '%2000s\\n' x >&2; for n in $(seq \(many)); do echo \"line $n\" > /dev/stderr; done; \(Self.answer)"
        func leftOut() -> Int {
            log.lines("a handler's program said more than is logged").compactMap { Int($0.metadata["lines"] ?? "") }
                .reduce(0, +)
        }
        func said() -> [LogRecorder.Line] { log.lines("a handler's program says") }
        try await Self.run(Self.loop(script + "; printf 'last words' >&2; exit 1")) { handler in
            handler.log(to: log.logger)
            _ = try await handler.handle(Self.delivery("d"))
            let end = ContinuousClock.now + .seconds(60)
            while said().count + leftOut() < many + 2, ContinuousClock.now < end {
                // tidy: the rest between two looks
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        #expect(said().count + leftOut() == many + 2, "the long one, the many, and the last words")
        #expect(said().count < many, "unless it took the program ten windows")
        #expect(said().allSatisfy { $0.level == .info && $0.metadata["program"] == "/bin/sh" })
        let texts = said().compactMap { $0.metadata["text"] }
        #expect(texts.first?.utf8.count == ProgramRemarks.lineLimitBytes + "…".utf8.count)
        #expect(texts.dropFirst().prefix(3) == ["line 1", "line 2", "line 3"])
    }

    @Test("a program that cannot be started is a failure that may pass")
    func absent() async throws {
        let handler = CommandHandler(.init(command: ["/nowhere/at-all"]))
        let outcome = await Self.outcome(handler)
        #expect(outcome.hasPrefix("later: the program cannot be started"))
        handler.close()
        #expect(await Self.outcome(handler) == "later: the program is not wanted any more")
    }
}
