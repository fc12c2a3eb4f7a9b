import HoldfastCore
import NIOCore
import SwiftASN1
import Testing
import X509

@testable import HoldfastWire

@Suite("A link through a proxy", .timeLimit(.minutes(3)))
struct LinkProxyTests {
    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private let agreed = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
    private let bound: [UInt8] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]

    @Test("CONNECT, then WebSocket; the phase is connect until the proxy has agreed")
    func http() async throws {
        let server = try await TestServer.start()
        let request = "CONNECT gateway.test:\(server.port) HTTP/1.1\r\nHost: gateway.test:\(server.port)\r\n\r\n"
        let proxy = try await TestProxy.start(
            [.init(waitsForBytes: request.utf8.count, answer: agreed)], upstream: server.port)
        let target = try LinkTarget(
            url: "ws://gateway.test:\(server.port)/x", proxy: try Proxy(url: "http://127.0.0.1:\(proxy.port)"))
        let client = try await TestClient.open(target)
        for phase in [Phase.resolve, .connect, .upgrade] {
            #expect(try await client.reports.next() == .entered(phase))
        }
        #expect(try await client.reports.next() == .opened)
        #expect(proxy.said == text(request))
        #expect(try await server.request().values(of: "host") == ["gateway.test:\(server.port)"])
        try await client.send("a")
        #expect(try await server.said() == .message(ByteBuffer(string: "a"), isText: true))
        try await server.say("b")
        #expect(try await client.message() == .text("b"))
        try await proxy.stop()
        try await server.stop()
    }

    @Test("TLS through the proxy is with the gateway, whose name the certificate must be for")
    func tls() async throws {
        let authority = try TestAuthority()
        let server = try await TestServer.start(tls: try authority.serverContext(names: [.dnsName("gateway.test")]))
        let proxy = try await TestProxy.start(
            [
                .init(waitsForBytes: 4, answer: [5, 2]), .init(waitsForBytes: 5, answer: [1, 0]),
                .init(waitsForBytes: 19, answer: bound),
            ], upstream: server.port)
        let target = try LinkTarget(
            url: "wss://gateway.test:\(server.port)/", tls: TLSSettings(caFile: authority.caFile),
            proxy: try Proxy(url: "socks5://u:p@127.0.0.1:\(proxy.port)"))
        let client = try await TestClient.open(target)
        for phase in [Phase.resolve, .connect, .tls, .upgrade] {
            #expect(try await client.reports.next() == .entered(phase))
        }
        #expect(try await client.reports.next() == .opened)
        try await client.send("a")
        #expect(try await server.said() == .message(ByteBuffer(string: "a"), isText: true))
        try await proxy.stop()
        try await server.stop()
        authority.remove()
    }

    @Test(
        "through a proxy a certificate must be for the gateway: one for the proxy's own address is worth nothing",
        arguments: [
            (host: "192.0.2.1", address: [192, 0, 2, 1], isOpened: true),
            (host: "192.0.2.1", address: [127, 0, 0, 1], isOpened: false),
            (host: "gateway.test", address: [127, 0, 0, 1], isOpened: false),
        ] as [(host: String, address: [UInt8], isOpened: Bool)])
    func certificateOfProxy(host: String, address: [UInt8], isOpened: Bool) async throws {
        let authority = try TestAuthority()
        let name = GeneralName.ipAddress(ASN1OctetString(contentBytes: address[...]))
        let server = try await TestServer.start(tls: try authority.serverContext(names: [name]))
        let authorityOfURL = "\(host):\(server.port)"
        let request = "CONNECT \(authorityOfURL) HTTP/1.1\r\nHost: \(authorityOfURL)\r\n\r\n"
        let proxy = try await TestProxy.start(
            [.init(waitsForBytes: request.utf8.count, answer: agreed)], upstream: server.port)
        let target = try LinkTarget(
            url: "wss://\(authorityOfURL)/", tls: TLSSettings(caFile: authority.caFile),
            proxy: try Proxy(url: "http://127.0.0.1:\(proxy.port)"))
        let client = try await TestClient.open(target)
        let report = try await client.reports.next { $0 == .opened || $0.cause != nil }
        if isOpened { #expect(report == .opened) } else { #expect(report.cause == .certificate(.wrongHost)) }
        try await proxy.stop()
        try await server.stop()
        authority.remove()
    }

    @Test("a proxy that refuses is named, with what it said and without our password")
    func refused() async throws {
        let proxy = try await TestProxy.start(
            [.init(waitsForBytes: 90, answer: text("HTTP/1.1 403 Who are you?\r\n\r\n"))], upstream: nil)
        let client = try await TestClient.open(
            try LinkTarget(url: "ws://gateway.test/", proxy: try Proxy(url: "http://me:secret@127.0.0.1:\(proxy.port)"))
        )
        let error = try await client.end()
        #expect(error.cause == .proxy(.refused(status: 403)))
        #expect(error.description.contains("403 Who are you?"))
        #expect(error.description.contains("http://127.0.0.1:\(proxy.port)"))
        #expect(!error.description.contains("secret") && !error.description.contains("me:"))
        try await proxy.stop()
    }

    @Test(
        "what a proxy can do wrong",
        arguments: [
            (text: "HTTP/1.1 502 Bad Gateway\r\n\r\n", problem: .refused(status: 502)),
            (text: "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", problem: .refused(status: 403)),
            (text: "220 mail.test ESMTP\r\n", problem: .notAProxy), (text: "", problem: .failed),
            (text: "HTTP/1.1 2", problem: .failed),
        ] as [(text: String, problem: ProxyProblem)])
    func wrong(text: String, problem: ProxyProblem) async throws {
        let proxy = try await TestProxy.start([.init(waitsForBytes: 40, answer: self.text(text))], upstream: nil)
        let client = try await TestClient.open(
            try LinkTarget(url: "ws://gateway.test/", proxy: try Proxy(url: "http://127.0.0.1:\(proxy.port)")))
        let error = try await client.end()
        #expect(error.cause == .proxy(problem))
        #expect(error.chain.first?.contains("asking the proxy") == true)
        try await proxy.stop()
    }

    @Test("a proxy that is not there, or has no name, is no failure of the gateway", arguments: [true, false])
    func absent(isNamed: Bool) async throws {
        let server = try await TestServer.start()
        try await server.stop()
        var options = LinkOptions()
        options.resolver = NameResolver { _, _ in throw NameResolver.Failure.notFound }
        let proxy = try Proxy(url: "http://\(isNamed ? "proxy.test" : "127.0.0.1"):\(server.port)")
        let client = try await TestClient.open(
            try LinkTarget(url: "ws://gateway.test/", proxy: proxy), options: options)
        let error = try await client.end()
        #expect(error.cause == .proxy(.failed))
        #expect(error.description.contains("proxy"))
    }

    @Test("abort while the proxy thinks")
    func abort() async throws {
        let proxy = try await TestProxy.start([.init(waitsForBytes: 1 << 20, answer: [])], upstream: nil)
        let client = try await TestClient.open(
            try LinkTarget(url: "ws://gateway.test/", proxy: try Proxy(url: "socks5://127.0.0.1:\(proxy.port)")))
        _ = try await client.reports.next { $0 == .entered(.connect) }
        try await client.with { $0.abort() }
        #expect(try await client.with { $0.context == nil && $0.attempt == nil })
        try await proxy.stop()
    }
}
