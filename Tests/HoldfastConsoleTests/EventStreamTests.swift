import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import HoldfastConsole

@Suite("The event stream", .timeLimit(.minutes(3)))
struct EventStreamTests {
    @Test("a viewer is greeted with the totals, hears a change, and can go on after it")
    func transitions() async throws {
        try await withRunningFleet { console in
            try await console.askLive { client in
                let port = try #require(client.port)
                let heard = try await RawConnection.with(port: port) { viewer in
                    try await viewer.send(Self.request())
                    _ = try await client.executeRequest(
                        uri: "/api/v1/accounts/shop-1/enable", method: .post, headers: [:], body: nil)
                    return try await viewer.read(until: "event: transition")
                }
                #expect(heard.contains("Content-Type: text/event-stream"))
                #expect(heard.contains(/retry: 1000\n\nid: \w+-\d+\nevent: totals/))
                #expect(!heard.contains("event: gap"))
                let id = try String(#require(heard.firstMatch(of: /id: (\S+)\nevent: transition/)).1)
                let resumed = try await RawConnection.with(port: port) { viewer in
                    try await viewer.send(Self.request(after: id))
                    return try await viewer.read(until: "event: transition")
                }
                #expect(!resumed.contains("id: \(id)\nevent: transition"))
                #expect(!resumed.contains("event: gap"))
            }
        }
    }

    @Test(
        "who comes back with an id that is not known is told of a gap", arguments: ["other-7", "x", "1", "-", "a-b-c"])
    func gap(id: String) async throws {
        try await ConsoleUnderTest().askLive { client in
            let text = try await RawConnection.with(port: try #require(client.port)) { viewer in
                try await viewer.send(Self.request(after: id))
                return try await viewer.read(until: "event: totals")
            }
            #expect(text.contains("event: gap"))
            // Heard once: with the id of the greeting it goes on from there.
            let greeted = try String(#require(text.firstMatch(of: /id: (\S+)\nevent: totals/)).1)
            let again = try await RawConnection.with(port: try #require(client.port)) { viewer in
                try await viewer.send(Self.request(after: greeted))
                return try await viewer.read(until: "event: totals")
            }
            #expect(!again.contains("event: gap"))
        }
    }

    @Test("a viewer too many is refused, and a place is free again once a viewer has gone")
    func places() async throws {
        var limits = ConsoleLimits()
        limits.viewers = 1
        try await ConsoleUnderTest(limits: limits).askLive { client in
            let port = try #require(client.port)
            try await RawConnection.with(port: port) { viewer in
                try await viewer.send(Self.request())
                _ = try await viewer.read(until: "event: totals")
                let refused = try await client.executeRequest(
                    uri: "/api/v1/events", method: .get, headers: [:], body: nil)
                #expect(refused.status == .serviceUnavailable)
                #expect(try refused.problem().code == "too_many_viewers")
            }
            var metrics = ""
            while !metrics.contains("\nholdfast_viewers 0\n") {
                let response = try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil)
                metrics = String(buffer: response.body)
            }
            #expect(metrics.contains("holdfast_viewers_refused_total 1"))
        }
    }

    @Test("a quiet stream shows that it lives")
    func keepAlive() async throws {
        var limits = ConsoleLimits()
        limits.keepAlive = .milliseconds(20)
        try await ConsoleUnderTest(limits: limits).askLive { client in
            let text = try await RawConnection.with(port: try #require(client.port)) { viewer in
                try await viewer.send(Self.request())
                return try await viewer.read(until: ": keep-alive")
            }
            #expect(text.contains(": keep-alive"))
        }
    }

    @Test("what waits for one viewer has a limit")
    func outbox() {
        let outbox = ViewerOutbox(limitBytes: 10)
        #expect(outbox.put(ByteBuffer(string: "123456")))
        #expect(!outbox.put(ByteBuffer(string: "78901")))
        #expect(String(buffer: outbox.take()) == "123456")
        #expect(outbox.put(ByteBuffer(string: "78901")))
    }

    private static func request(after id: String? = nil) -> String {
        let resumption = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        return "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\(resumption)\r\n"
    }
}
