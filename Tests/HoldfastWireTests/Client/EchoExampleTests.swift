import Foundation
import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// Runs the example as a reader of the documents would.
@Suite("The echo example", .timeLimit(.minutes(3)))
struct EchoExampleTests {
    private static let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("EchoExample")

    @Test("sends the lines of its input, prints the answers, and closes at the end of its input")
    func echoes() async throws {
        let server = try await TestServer.start(deflate: DeflateOptions())
        let process = Process()
        process.executableURL = Self.binary
        process.arguments = ["ws://127.0.0.1:\(server.port)/"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        for line in ["hello", "grüß Gott"] {
            input.fileHandleForWriting.write(Data((line + "\n").utf8))
            #expect(try await server.said() == .message(ByteBuffer(string: line), isText: true))
            try await server.say(line.uppercased())
        }
        try input.fileHandleForWriting.close()
        #expect(try await server.said() == .close(CloseFrame(code: 1000)))
        try await server.write(frame(0x88, [0x03, 0xE8]))
        try await server.close()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(String(decoding: printed, as: UTF8.self) == "HELLO\nGRÜSS GOTT\n")
        #expect(process.terminationStatus == 0)
        try await server.stop()
    }
}
