import HoldfastCore
import Testing

@testable import HoldfastWire

@Suite("Where a link goes")
struct LinkTargetTests {
    @Test(
        "a URL is taken apart",
        arguments: [
            ("ws://example.org", "ws://example.org:80", "example.org", "/"),
            ("WSS://Example.ORG/", "wss://example.org:443", "example.org", "/"),
            ("ws://a:8080/x/y?d=e/f?g", "ws://a:8080", "a:8080", "/x/y?d=e/f?g"),
            ("ws://a?b", "ws://a:80", "a", "/?b"), ("ws://a:80/", "ws://a:80", "a", "/"),
            ("wss://a:80/", "wss://a:80", "a:80", "/"), ("ws://127.0.0.1:1/", "ws://127.0.0.1:1", "127.0.0.1:1", "/"),
            ("ws://[::1]:65535/x", "ws://[::1]:65535", "[::1]:65535", "/x"),
            ("ws://[2001:DB8::1]", "ws://[2001:db8::1]:80", "[2001:db8::1]", "/"),
            ("ws://a_b-c.d/%E7%95%8C", "ws://a_b-c.d:80", "a_b-c.d", "/%E7%95%8C"),
        ])
    func good(url: String, endpoint: String, hostField: String, requestTarget: String) throws {
        let target = try LinkTarget(url: url)
        #expect(target.endpoint == endpoint)
        #expect(target.hostField == hostField)
        #expect(target.requestTarget == requestTarget)
    }

    @Test(
        "a URL that cannot be used is refused, without being quoted",
        arguments: [
            "", "ws:", "ws://", "ws:///secret", "http://secret/", "://secret", "secret", "ws://secret:0/",
            "ws://secret:65536/", "ws://secret:/", "ws://secret:+1/", "ws://secret:12345678901234567890/",
            "ws://user:secret@a/", "ws://secret/#fragment", "ws://secr et/", "ws://secret/\r\nX: y", "ws://sécret/",
            "ws://secret..a/", "ws://.secret/", "ws://secret!/", "ws://[secret]/", "ws://[::1/secret",
            "ws://[::1]secret",
            "ws://[127.0.0.1]/secret", "ws://[fe80::1%25eth0]/secret", "ws://::1/secret",
            "ws://" + String(repeating: "s", count: 64) + "/", "ws://" + String(repeating: "s.", count: 130) + "s/",
        ])
    func bad(url: String) throws {
        let error = try #require(throws: InvalidLinkTarget.self) { try LinkTarget(url: url) }
        #expect(!error.description.isEmpty)
        #expect(!error.description.contains("secret"))
    }

    @Test(
        "a header that could break the request is refused, without its value",
        arguments: [
            ("", "secret"), ("a b", "secret"), ("a:", "secret"), ("X", "secret\r\nY: z"), ("X", "secret\u{0}"),
            ("host", "secret"), ("Sec-WebSocket-Key", "secret"), ("CONNECTION", "secret"), ("Content-Length", "1"),
        ])
    func badHeader(name: String, value: String) throws {
        let error = try #require(throws: InvalidLinkTarget.self) {
            try LinkTarget(url: "ws://a/", headers: [.init(name: name, value: value)])
        }
        #expect(!error.description.contains("secret"))
    }

    @Test("a subprotocol is a token", arguments: ["", "a b", "a,b", "ä"])
    func badSubprotocol(text: String) {
        #expect(throws: InvalidLinkTarget.self) { try LinkTarget(url: "ws://a/", subprotocols: [text]) }
    }

    @Test("a server name is a name", arguments: ["", "127.0.0.1", "::1", "a b"])
    func badServerName(text: String) {
        #expect(throws: InvalidLinkTarget.self) {
            try LinkTarget(url: "wss://a/", tls: TLSSettings(serverName: text))
        }
    }

    @Test("the name a certificate must be for")
    func certificateName() throws {
        #expect(try LinkTarget(url: "wss://a.test/").certificateName == "a.test")
        #expect(try LinkTarget(url: "wss://127.0.0.1/").certificateName == nil)
        #expect(try LinkTarget(url: "wss://[::1]/").certificateName == nil)
        let tls = TLSSettings(serverName: "b.test")
        #expect(try LinkTarget(url: "wss://127.0.0.1/", tls: tls).certificateName == "b.test")
        #expect(try LinkTarget(url: "wss://127.0.0.1/", tls: tls).certifiedHost == "b.test")
        #expect(try LinkTarget(url: "wss://[::1]/").certifiedHost == "::1")
    }

    @Test("secrets are not printed")
    func secrets() throws {
        let headers = [LinkTarget.Header(name: "Cookie", value: "secret")]
        let target = try LinkTarget(url: "ws://a/secret?token=secret", headers: headers)
        var dumped = ""
        dump(target, to: &dumped)
        dump(headers, to: &dumped)
        #expect(!"\(target) \(String(reflecting: target)) \(headers) \(dumped)".contains("secret"))
    }
}
