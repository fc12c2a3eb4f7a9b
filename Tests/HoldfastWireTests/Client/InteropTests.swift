import Foundation
import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// Talks to servers that others wrote, in Python: what two ends of ours agree on may be a mistake of both.
@Suite(
    "Servers that others wrote",
    .enabled(if: Interop.isThere, "there is no .build-python with its packages: run scripts/bootstrap test"),
    .timeLimit(.minutes(3)))
struct InteropTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var server: String
        var serverDeflates: Bool
        /// Nil offers no compression.
        var offer: DeflateOptions?

        var testDescription: String {
            "\(server), \(serverDeflates ? "with" : "without") compression; we offer \(offer?.offer ?? "none")"
        }
    }

    static let cases: [Case] = ["websockets", "aiohttp"].flatMap { server -> [Case] in
        var context = DeflateOptions()
        context.serverContextTakeover = true
        context.clientContextTakeover = true
        var small = context
        small.serverMaxWindowBits = 9
        small.clientMaxWindowBits = 9
        return [
            Case(server: server, serverDeflates: false, offer: nil),
            Case(server: server, serverDeflates: false, offer: DeflateOptions()),
            Case(server: server, serverDeflates: true, offer: nil),
            Case(server: server, serverDeflates: true, offer: DeflateOptions()),
            Case(server: server, serverDeflates: true, offer: context),
            Case(server: server, serverDeflates: true, offer: small),
        ]
    }

    @Test("messages come back as they went, of every size, and both sides close in order", arguments: cases)
    func echo(with row: Case) async throws {
        let server = try Interop.Server(row.server, deflates: row.serverDeflates)
        defer { server.stop() }
        var options = WebSocketClientOptions()
        options.link.deflate = row.offer
        let client = try await WebSocketClient.connect(to: "ws://127.0.0.1:\(server.port)/", options: options)
        #expect(client.isCompressed == (row.serverDeflates && row.offer != nil))
        let answers = client.messages.makeAsyncIterator()
        var generator = SeededGenerator(seed: 1)
        for length in [0, 1, 125, 126, 127, 500, 500, 65_535, 65_536, 300_000] {
            let text = String(repeating: "grüß Gott 🦀 ", count: length / 16)
            try await client.send(text)
            #expect(try await answers.next() == .text(text))
            let noise = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
            try await client.send(noise)
            #expect(try await answers.next() == .binary(noise))
            let zeros = ByteBuffer(repeating: 0, count: length)
            try await client.send(zeros)
            #expect(try await answers.next() == .binary(zeros))
        }
        try await client.ping()
        await client.close(code: 1000, reason: "thank you")
        #expect(client.ending?.cause == .closed(code: 1000))
        #expect(try await answers.next() == nil)
    }

    @Test("a close by the server has its code", arguments: ["websockets", "aiohttp"])
    func closedByServer(name: String) async throws {
        let server = try Interop.Server(name, deflates: true)
        defer { server.stop() }
        let client = try await WebSocketClient.connect(to: "ws://127.0.0.1:\(server.port)/")
        try await client.send("bye")
        await #expect(throws: LinkError.self) { try await client.messages.makeAsyncIterator().next() }
        #expect(client.ending?.cause == .closed(code: 4001))
        #expect(client.ending?.description.hasSuffix(": as you wish") == true)
    }
}

enum Interop {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let python = root.appending(path: ".build-python/bin/python")

    static let isThere = FileManager.default.isExecutableFile(atPath: python.path)

    /// A server of somebody else's, in a process of its own.
    final class Server {
        let port: Int
        private let process = Process()
        private let input = Pipe()

        init(_ name: String, deflates: Bool) throws {
            let script = Interop.root.appending(path: "Tests/Interop/echo_server.py")
            process.executableURL = Interop.python
            process.arguments = [script.path, name, deflates ? "deflate" : "off"]
            process.standardInput = input
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            // One line, with the port.
            var line = Data()
            while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data("\n".utf8) {
                line += byte
            }
            port = try #require(Int(String(decoding: line, as: UTF8.self)), "\(name) did not start")
        }

        func stop() {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
    }
}
