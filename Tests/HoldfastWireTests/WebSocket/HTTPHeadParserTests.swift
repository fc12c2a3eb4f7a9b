import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Heads of HTTP messages")
struct HTTPHeadParserTests {
    private func heads(_ text: String, _ kind: HTTPHeadParser.Kind = .response, limitBytes: Int = 200) -> Decoded<
        HTTPHead
    > {
        decodeWithAllCuts(Array(text.utf8)) {
            var parser = HTTPHeadParser(kind, limitBytes: limitBytes)
            return { (input) throws(ProtocolViolation) in try parser.next(from: &input) }
        }
    }

    @Test("a response is read")
    func response() {
        let head = HTTPHead(
            startLine: .response(status: 101, reason: "Switching Protocols"),
            fields: [HTTPField("upgrade", "websocket"), HTTPField("x", ""), HTTPField("x", "a, b")])
        let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket\r\nX:\r\nx: \t a, b \r\n\r\n"
        #expect(heads(text) == Decoded(values: [head]))
        #expect(head.values(of: "x") == ["", "a, b"])
        #expect(head.tokens(of: "x") == ["a", "b"])
    }

    @Test("a request is read")
    func request() {
        let head = HTTPHead(
            startLine: .request(method: "GET", target: "/a?b=c"), minorVersion: 0, fields: [HTTPField("Host", "h")])
        #expect(heads("GET /a?b=c HTTP/1.0\r\nHost: h\r\n\r\n", .request) == Decoded(values: [head]))
    }

    @Test("a status line may lack its reason", arguments: ["HTTP/1.1 503", "HTTP/1.1 503 "])
    func noReason(line: String) {
        let head = HTTPHead(startLine: .response(status: 503, reason: ""))
        #expect(heads(line + "\r\n\r\n") == Decoded(values: [head]))
    }

    @Test(
        "what is not HTTP is found out",
        arguments: [
            "SSH-2.0-x", "\r\n\r\n", "HTTP/2", "http/1.1 200 OK\r\n", "HTTP/1.2 200 OK\r\n", "HTTP/1.1 20 OK\r\n",
            "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 +20 OK\r\n", "HTTP/1.1 099 OK\r\n", "HTTP/1.1  200 OK\r\n",
            "HTTP/1.1 200 OK\n", "HTTP/1.1 200 O\u{0}K\r\n", "HTTP/1.1 200 OK\rX\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n", "HTTP/1.1 200 OK\r\n: x\r\n", "HTTP/1.1 200 OK\r\nName : x\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n", "HTTP/1.1 200 OK\r\nA: b\u{7F}\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n\n",
        ])
    func badResponses(text: String) {
        #expect(heads(text) == Decoded(violation: .badHTTP))
    }

    @Test(
        "a wrong request is found out",
        arguments: ["GET / HTTP/1.1 x\r\n", "GET  HTTP/1.1\r\n", "G(T / HTTP/1.1\r\n", "GET /\r\n", " / HTTP/1.1\r\n"])
    func badRequests(text: String) {
        #expect(heads(text, .request) == Decoded(violation: .badHTTP))
    }

    @Test("a head at its limit passes, one byte more does not")
    func limit() {
        let text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
        #expect(heads(text, limitBytes: text.utf8.count).values.count == 1)
        #expect(heads(text, limitBytes: text.utf8.count - 1) == Decoded(violation: .headTooLarge))
    }

    @Test("what follows the head is left in the input")
    func leavesTheRest() throws {
        var parser = HTTPHeadParser(.response)
        var input = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nrest")
        #expect(try parser.next(from: &input) != nil)
        #expect(String(buffer: input) == "rest")
    }
}
