import NIOCore
import Testing

@testable import HoldfastConsole

@Suite("Who asked, as the log and the audit write it")
struct PeerTests {
    @Test("an address and its port", arguments: [("10.0.0.7", "10.0.0.7:512"), ("::1", "[::1]:512")])
    func text(host: String, expected: String) throws {
        #expect(ConsoleContext.text(try SocketAddress(ipAddress: host, port: 512)) == expected)
    }

    @Test("a socket in the file system as it is called")
    func unix() throws {
        #expect(ConsoleContext.text(try SocketAddress(unixDomainSocketPath: "/run/x")).contains("/run/x"))
    }
}
