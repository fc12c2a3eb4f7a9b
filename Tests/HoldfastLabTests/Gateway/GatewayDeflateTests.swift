import HoldfastLab
import HoldfastWire
import Testing

@Suite("A gateway with compression", .timeLimit(.minutes(3)))
struct GatewayDeflateTests {
    private func client(of gateway: Gateway) async throws -> WebSocketClient {
        var options = WebSocketClientOptions()
        options.link.deflate = DeflateOptions()
        return try await WebSocketClient.connect(to: gateway.url + "/shop-1", options: options)
    }

    @Test("registration and pushes pass compressed")
    func pushes() async throws {
        var configuration = Gateway.Configuration()
        configuration.deflate = DeflateOptions()
        let gateway = try await Gateway.start(configuration)
        let client = try await client(of: gateway)
        #expect(client.isCompressed)
        let agent = String(repeating: "agent ", count: 100)
        try await client.send(#"{"lwp":"/reg","headers":{"token":"t","ua":"\#(agent)","mid":"1 0"}}"#)
        let messages = client.messages.makeAsyncIterator()
        #expect(try await messages.next() == .text(#"{"code":200,"headers":{"mid":"1 0"}}"#))
        let text = String(repeating: "again and again ", count: 200)
        try gateway.push(PushRequest(account: "shop-1", count: 1, text: text))
        guard case .text(let push)? = try await messages.next() else {
            Issue.record("no push")
            return
        }
        #expect(push.utf8.count > text.utf8.count)
        #expect(gateway.statistics().violations == 0)
        await client.close()
        await gateway.shutdown()
    }

    @Test("is not agreed on where the gateway was not told to")
    func off() async throws {
        let gateway = try await Gateway.start()
        let client = try await client(of: gateway)
        #expect(!client.isCompressed)
        await client.close()
        await gateway.shutdown()
    }
}
