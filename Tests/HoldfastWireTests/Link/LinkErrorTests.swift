import HoldfastCore
import NIOCore
import NIOSSL
import Testing

@testable import HoldfastWire

@Suite("Causes of what goes wrong")
struct LinkErrorTests {
    @Test(
        "an errno becomes the cause that says most",
        arguments: [
            (104, .reset), (32, .reset), (23, .outOfDescriptors), (24, .outOfDescriptors), (12, .outOfMemory),
            (105, .outOfMemory), (111, .systemCall(errno: 111)), (110, .systemCall(errno: 110)),
        ] as [(Int32, FailureCause)])
    func errno(number: Int32, cause: FailureCause) throws {
        #expect(FailureCause(errno: number) == cause)
        let error = IOError(errnoCode: number, reason: "connect")
        #expect(LinkError.established(failed: error).cause == cause)
        let target = try LinkTarget(url: "ws://a/")
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        #expect(LinkError.connecting(target, to: address, failed: error).cause == cause)
    }

    @Test("a connection attempt without an answer has timed out")
    func connectTimeout() throws {
        let error = LinkError.connecting(
            try LinkTarget(url: "ws://a/"), to: try SocketAddress(ipAddress: "127.0.0.1", port: 1),
            failed: ChannelError.connectTimeout(.seconds(2)))
        #expect(error.cause == .timeout(.connect))
        #expect(error.description == "connecting to ws://a:80 at 127.0.0.1: no answer")
    }

    @Test("a stream that ends without TLS's farewell has ended")
    func uncleanShutdown() {
        #expect(LinkError.established(failed: NIOSSLError.uncleanShutdown).cause == .endOfStream)
    }

    @Test("an error of TLS that has no better name")
    func otherTLS() {
        #expect(LinkError.established(failed: NIOSSLError.readInInvalidTLSState).cause == .tlsFailed)
    }

    @Test("empty links are left out of a chain")
    func emptyLinks() {
        #expect(LinkError(.endOfStream, "a", "", "b").chain == ["a", "b"])
    }
}
