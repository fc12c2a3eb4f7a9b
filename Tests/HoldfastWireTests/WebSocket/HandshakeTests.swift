import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("The opening handshake")
struct HandshakeTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    @Test("the accept value of RFC 6455 §1.3")
    func acceptExample() {
        #expect(Handshake.accept(for: Self.key) == Self.accept)
    }

    @Test("keys are 16 bytes in Base64, and differ")
    func keys() {
        var generator = SeededGenerator(seed: 1)
        let keys = (0..<100).map { _ in Handshake(using: &generator).key }
        #expect(keys.allSatisfy(Base64.isSixteenBytes))
        #expect(Set(keys).count == 100)
    }

    @Test(
        "Base64 as in RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(text.utf8) == encoded)
    }

    @Test("the request says all that RFC 6455 §4.1 asks for")
    func request() throws {
        var request = Handshake(key: Self.key, subprotocols: ["chat"])
            .request(host: "example.org:81", target: "/a?b", fields: [("Cookie", "c=1")])
        var parser = HTTPHeadParser(.request)
        let head = try #require(try parser.next(from: &request))
        #expect(head.startLine == .request(method: "GET", target: "/a?b"))
        #expect(
            head.fields == [
                HTTPField("Host", "example.org:81"), HTTPField("Upgrade", "websocket"),
                HTTPField("Connection", "Upgrade"), HTTPField("Sec-WebSocket-Key", Self.key),
                HTTPField("Sec-WebSocket-Version", "13"), HTTPField("Sec-WebSocket-Protocol", "chat"),
                HTTPField("Cookie", "c=1"),
            ])
        #expect(ServerHandshake.read(head) == .upgrade(.init(target: "/a?b", key: Self.key, subprotocols: ["chat"])))
    }

    @Test("a client takes what our server answers")
    func ownAnswer() throws {
        var deflate = DeflateOptions()
        deflate.clientContextTakeover = true
        let handshake = Handshake(key: Self.key, subprotocols: ["a", "b"], deflate: deflate)
        var request = handshake.request(host: "h", target: "/")
        var requestParser = HTTPHeadParser(.request)
        let asked = try #require(try requestParser.next(from: &request))
        guard case .upgrade(let upgrade) = ServerHandshake.read(asked) else {
            Issue.record("\(ServerHandshake.read(asked))")
            return
        }
        #expect(upgrade.subprotocols == ["a", "b"])
        let accepted = try #require(DeflateOptions().accept(upgrade.extensions))
        var answer = ServerHandshake.accept(key: upgrade.key, subprotocol: "b", extensions: accepted.answer)
        var parser = HTTPHeadParser(.response)
        let head = try #require(try parser.next(from: &answer))
        #expect(try handshake.verify(head) == Handshake.Choice(subprotocol: "b", deflate: accepted.agreement))
    }

    @Test(
        "a server refuses what is no upgrade",
        arguments: [
            ("POST", 1, [], 405), ("GET", 0, [], 405), ("GET", 1, ["host"], 400), ("GET", 1, ["upgrade"], 426),
            ("GET", 1, ["connection"], 426), ("GET", 1, ["sec-websocket-version"], 426),
            ("GET", 1, ["sec-websocket-key"], 400),
        ] as [(String, Int, [String], Int)])
    func serverRefuses(method: String, minorVersion: Int, missing: [String], status: Int) {
        let fields = [
            ("Host", "h"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", Self.key),
        ].map { HTTPField($0.0, $0.1) }.filter { !missing.contains($0.name) }
        let head = HTTPHead(
            startLine: .request(method: method, target: "/"), minorVersion: minorVersion, fields: fields)
        guard case .refuse(status, _) = ServerHandshake.read(head) else {
            Issue.record("\(ServerHandshake.read(head))")
            return
        }
    }

    @Test(
        "a key that is not 16 bytes is refused",
        arguments: ["", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZQ", "short=="])
    func badKey(key: String) {
        #expect(!Base64.isSixteenBytes(key))
    }
}
