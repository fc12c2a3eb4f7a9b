import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("The answer to an upgrade")
struct UpgradeExchangeTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let accepted =
        "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    /// The outcome, however the answer is cut.
    private func outcome(_ text: String) -> Decoded<UpgradeExchange.Outcome> {
        decodeWithAllCuts(Array(text.utf8)) {
            var exchange = UpgradeExchange(Handshake(key: Self.key))
            var isDone = false
            return { (input) throws(ProtocolViolation) in
                guard !isDone, let outcome = try exchange.next(from: &input) else {
                    input.moveReaderIndex(to: input.writerIndex)
                    return nil
                }
                isDone = true
                return outcome
            }
        }
    }

    private func refused(_ text: String) -> UpgradeRefusal? {
        if case .refused(let refusal) = outcome(text).values.first { refusal } else { nil }
    }

    @Test("101 with all it needs")
    func upgraded() {
        #expect(outcome(Self.accepted) == Decoded(values: [.upgraded(Handshake.Choice())]))
    }

    @Test("interim answers are passed over")
    func interim() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        #expect(outcome(interim + Self.accepted) == Decoded(values: [.upgraded(Handshake.Choice())]))
        #expect(refused(interim + "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")?.status == 403)
    }

    @Test("interim answers without end are too much")
    func endlessInterim() {
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000)
        #expect(outcome(interim) == Decoded(violation: .headTooLarge))
    }

    @Test("a refusal is complete with its body")
    func body() throws {
        let refusal = try #require(refused("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"))
        #expect(refusal.status == 404)
        #expect(refusal.body == ByteBuffer(string: "hello"))
        #expect(outcome("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhell") == Decoded())
    }

    @Test(
        "no more than 1 KiB of a body is read", arguments: ["", "Content-Length: 99999\r\n", "Content-Length: x\r\n"])
    func longBody(field: String) throws {
        let text = "HTTP/1.1 500 Oops\r\n\(field)\r\n" + String(repeating: "x", count: 2000)
        #expect(try #require(refused(text)).body.readableBytes == 1024)
    }

    @Test("what a server says is made fit for logs")
    func legible() {
        #expect(UpgradeRefusal.legible(" a\r\n\tb\u{1B}[31mc\u{0}\u{7F}\u{85}\u{202E}d 界 ") == "a b[31mc d 界")
        #expect(UpgradeRefusal.legible("\u{200B} \u{FEFF}") == "")
    }

    @Test(
        "Retry-After",
        arguments: [
            ("0", nil, .zero), ("120", nil, .seconds(120)), ("99999999999999999999", nil, .seconds(Int64.max / 2)),
            ("-1", nil, nil), ("1.5", nil, nil), ("", nil, nil), ("soon", nil, nil), ("١٢", nil, nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", .seconds(30)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", .seconds(30)),
            ("Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:07 GMT", .seconds(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", .zero),
            ("Sun, 06 Nov 1994 08:49:07 GMT", nil, .zero), ("Sun, 32 Nov 1994 08:49:07 GMT", nil, nil),
            ("Sun, 06 Now 1994 08:49:07 GMT", nil, nil), ("Sun, 06 Nov 1994 24:49:07 GMT", nil, nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil, nil), ("Sun, 06 Nov 1994", nil, nil),
        ] as [(String, String?, Duration?)])
    func retryAfter(value: String, date: String?, expected: Duration?) {
        #expect(RetryAfter.duration(value, date: date) == expected)
    }

    @Test(
        "dates are counted as the calendar counts them",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799), ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Fri, 31 Dec 2100 23:59:60 GMT", 4_133_980_800), ("Thu, 01-Jan-70 00:00:00 GMT", 0),
            ("Saturday, 05-Jul-69 00:00:00 GMT", 3_140_208_000),
        ] as [(String, Int64)])
    func dates(text: String, seconds: Int64) {
        #expect(RetryAfter.secondsSince1970(text) == seconds)
    }
}
