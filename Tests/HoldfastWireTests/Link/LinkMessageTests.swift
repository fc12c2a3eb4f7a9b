import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("A link that is open", .timeLimit(.minutes(1)))
struct LinkMessageTests {
    @Test("the phases come in their order, then messages both ways")
    func echo() async throws {
        let (server, client) = try await openPair()
        for phase in [Phase.resolve, .connect, .upgrade] {
            #expect(try await client.reports.next() == .entered(phase))
        }
        #expect(try await client.reports.next() == .opened)
        try await client.send("grüß Gott")
        let said = try await server.events.next { if case .said = $0 { true } else { false } }
        #expect(said == .said(.message(ByteBuffer(string: "grüß Gott"), isText: true)))
        try await server.say("guten Tag")
        #expect(try await client.reports.next() == .text("guten Tag"))
        try await client.with { $0.abort() }
        try await server.stop()
    }
}
