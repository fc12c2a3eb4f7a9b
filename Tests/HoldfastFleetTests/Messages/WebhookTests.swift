import Crypto
import Foundation
import HoldfastCore
import HoldfastLab
import HoldfastStore
import Synchronization
import Testing

@testable import HoldfastFleet

@Suite("Handlers: a webhook, over HTTP")
struct WebhookTests {
    private static let delivery = Delivery(
        id: "d-1", account: "a", chat: "c",
        messages: [JournalMessage(id: "m", chat: "c", receivedAt: WallTime(milliseconds: 0), text: "hello")])

    /// What a webhook's answer means, in words.
    private static func outcome(
        of answer: WebhookServer.Answer, timeout: Duration = .seconds(60)
    ) async throws -> String {
        let server = try await WebhookServer.start { _ in answer }
        let outcome = await outcome(of: WebhookHandler(url: server.url, timeout: timeout))
        await server.shutdown()
        return outcome
    }

    private static func outcome(of handler: any MessageHandler) async -> String {
        do {
            return "handled: \(try await handler.handle(delivery).joined(separator: ", "))"
        } catch HandlerFailure.later(_, let after) {
            return "later" + (after.map { " after \($0.components.seconds) s" } ?? "")
        } catch HandlerFailure.refused {
            return "refused"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "its answer means what the contract says",
        arguments: [
            (.init(204), "handled: "), (.init(200), "handled: "), (.init(200, body: "{}"), "handled: "),
            (.init(200, body: #"{"replies":[{"text":"a"},{"text":"b"}]}"#), "handled: a, b"),
            (.init(200, body: "rubbish"), "refused"), (.init(200, body: #"{"replies":[{}]}"#), "refused"),
            (.init(200, body: String(repeating: " ", count: WebhookHandler.answerLimitBytes + 1)), "refused"),
            (.init(408), "later"), (.init(429), "later"), (.init(500), "later"), (.init(503), "later"),
            (.init(599), "later"), (.init(503, headers: [("Retry-After", "7")]), "later after 7 s"),
            (.init(503, headers: [("Retry-After", "99999")]), "later after 3600 s"),
            (.init(429, headers: [("Retry-After", "-3")]), "later after 0 s"), (.cut, "later"), (.init(400), "refused"),
            (.init(401), "refused"), (.init(404), "refused"), (.init(410), "refused"), (.init(201), "refused"),
            (.init(302, headers: [("Location", "/")]), "refused"),
        ] as [(WebhookServer.Answer, String)])
    func answers(answer: WebhookServer.Answer, outcome: String) async throws {
        #expect(try await Self.outcome(of: answer) == outcome)
    }

    @Test(
        "one that does not answer in time, or not whole, or is not there, is tried again",
        arguments: [
            .init(after: .seconds(3_600)), .init(body: #"{"replies":[{"text":"a"}]}"#, isEndless: true),
        ] as [WebhookServer.Answer])
    func late(answer: WebhookServer.Answer) async throws {
        #expect(try await Self.outcome(of: answer, timeout: .milliseconds(200)) == "later")
    }

    @Test("one that nobody listens for is tried again, and soon")
    func absent() async throws {
        let server = try await WebhookServer.start { _ in .init(204) }
        await server.shutdown()
        #expect(await Self.outcome(of: WebhookHandler(url: server.url)) == "later")
    }

    @Test("a request names its delivery, and is signed with time and body")
    func signature() async throws {
        let seen = Mutex<[WebhookServer.Request]>([])
        let server = try await WebhookServer.start { request in
            seen.withLock { $0.append(request) }
            return .init(204)
        }
        let handler = WebhookHandler(url: server.url + "hook?x=1", secret: Secret("key"))
        #expect(await Self.outcome(of: handler) == "handled: ")
        await server.shutdown()
        let request = try #require(seen.withLock { $0.first })
        #expect(request.path == "/hook?x=1")
        #expect(request.header("Content-Type") == "application/json")
        #expect(request.header("Holdfast-Delivery") == "d-1")
        let time = try #require(request.header("Holdfast-Timestamp"))
        #expect(Int64(time) != nil)
        let text = "\(time).\(String(buffer: request.body))"
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data("key".utf8)))
        #expect(request.header("Holdfast-Signature") == "sha256=" + code.map { String(format: "%02x", $0) }.joined())
    }

    @Test("a hundred are called at once")
    func concurrency() async throws {
        let count = Mutex(0)
        let gate = Turnstile()
        // None is answered: with fewer connections the hundredth would never come.
        let server = try await WebhookServer.start { _ in
            let count = count.withLock { count in
                count += 1
                return count
            }
            if count == 100 { gate.open() }
            return .init(204, after: .seconds(3_600))
        }
        let handler = WebhookHandler(url: server.url, timeout: .seconds(120))
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<100 { group.addTask { await Self.outcome(of: handler) } }
            await gate.pass()
            await server.shutdown()
            for await outcome in group { #expect(outcome == "later") }
        }
    }
}
