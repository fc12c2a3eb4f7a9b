import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("A link with compression", .timeLimit(.minutes(3)))
struct LinkDeflateTests {
    private static let long = String(repeating: "one message after the other, ", count: 50)

    private static func options(context: Bool = false) -> LinkOptions {
        var options = LinkOptions()
        var deflate = DeflateOptions()
        deflate.serverContextTakeover = context
        deflate.clientContextTakeover = context
        options.deflate = deflate
        return options
    }

    private func open(context: Bool = false, server: DeflateOptions?) async throws -> (TestServer, TestClient) {
        let server = try await TestServer.start(deflate: server)
        let client = try await TestClient.open(try server.target(), options: Self.options(context: context))
        try await client.opened()
        return (server, client)
    }

    @Test("messages pass both ways, long ones compressed, with and without context", arguments: [false, true])
    func bothWays(context: Bool) async throws {
        let (server, client) = try await open(context: context, server: Self.options(context: context).deflate)
        #expect(try await client.with { $0.isCompressed })
        for _ in 0..<3 {
            try await client.send(Self.long)
            #expect(try await server.said() == .message(ByteBuffer(string: Self.long), isText: true))
        }
        try await server.write(frame(0xC1, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]))
        #expect(try await client.message() == .text("Hello"))
        try await server.stop()
    }

    @Test("what leaves is smaller than what was written, and a beat is not compressed")
    func smaller() async throws {
        let (server, client) = try await open(server: DeflateOptions())
        let bytes = try await client.with { link -> (Int, Int) in
            link.write(ByteBuffer(string: Self.long), opcode: .text)
            let compressed = link.bufferedBytes
            link.write(ByteBuffer(string: Self.long), opcode: .text, isUrgent: true)
            let both = link.bufferedBytes
            link.flush()
            return (compressed, both - compressed)
        }
        #expect(bytes.0 < Self.long.utf8.count / 4)
        #expect(bytes.1 > Self.long.utf8.count)
        for _ in 0..<2 {
            #expect(try await server.said() == .message(ByteBuffer(string: Self.long), isText: true))
        }
        try await server.stop()
    }

    @Test("a server that does not take the offer is spoken to without compression")
    func declined() async throws {
        let (server, client) = try await open(server: nil)
        #expect(try await client.with { !$0.isCompressed && $0.deflation == nil })
        try await client.send(Self.long)
        #expect(try await server.said() == .message(ByteBuffer(string: Self.long), isText: true))
        try await server.stop()
    }

    @Test(
        "an answer that does not suit the offer ends the attempt, and says why",
        arguments: [
            ("permessage-deflate", ProtocolViolation.badExtension), ("permessage-deflate;", .badExtension),
            ("permessage-bzip2", .unwantedExtension),
        ])
    func badAnswer(answer: String, violation: ProtocolViolation) async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target(), options: Self.options())
        try await server.write(ServerHandshake.accept(key: try await server.key(), extensions: answer))
        let error = try await client.end()
        #expect(error.cause == .violation(violation))
        #expect(error.description.contains(violation.rawValue))
        try await server.stop()
    }

    @Test("compression nobody asked for ends the attempt")
    func notOffered() async throws {
        let server = try await TestServer.start(acceptsUpgrade: false)
        let client = try await TestClient.open(try server.target())
        let answer = ServerHandshake.accept(key: try await server.key(), extensions: "permessage-deflate")
        try await server.write(answer)
        #expect(try await client.end().cause == .violation(.unwantedExtension))
        try await server.stop()
    }

    @Test("rubbish in a compressed message ends the link with 1007")
    func rubbish() async throws {
        let (server, client) = try await open(server: DeflateOptions())
        try await server.write(frame(0xC1, [0x06]))
        #expect(try await server.said() == .close(CloseFrame(code: 1007, reason: "bad_compression")))
        try await server.close()
        #expect(try await client.end().cause == .violation(.badCompression))
        try await server.stop()
    }
}
