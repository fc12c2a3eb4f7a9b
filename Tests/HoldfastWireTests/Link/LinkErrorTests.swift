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
        let attempt = Link.Attempt(try LinkTarget(url: "ws://a/"), LinkOptions())
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        #expect(LinkError.connecting(attempt, to: address, failed: error).cause == cause)
    }

    @Test("a stream that ends without TLS's farewell has ended")
    func uncleanShutdown() {
        #expect(LinkError.established(failed: NIOSSLError.uncleanShutdown).cause == .endOfStream)
    }

    @Test("an error of TLS that has no better name")
    func otherTLS() {
        #expect(LinkError.established(failed: NIOSSLError.readInInvalidTLSState).cause == .tlsFailed)
    }

    @Test("what the peer said is the last link of the chain, and known as its own words")
    func said() {
        let error = LinkError(.closed(code: 1001), "the peer closed", said: "moving")
        #expect(error.chain == ["the peer closed", "moving"])
        #expect(error.said == "moving")
    }

    @Test("empty links are left out of a chain")
    func emptyLinks() {
        #expect(LinkError(.endOfStream, "a", "", "b").chain == ["a", "b"])
        #expect(LinkError(.endOfStream, "a", said: "").said == nil)
    }
}
