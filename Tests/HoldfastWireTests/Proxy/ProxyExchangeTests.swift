import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("What is said to a proxy")
struct ProxyExchangeTests {
    /// A dialogue: what we open with, then each answer with what follows from it.
    struct Dialogue: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var proxy: String
        var host = "gateway.test"
        var opening: [UInt8]
        var turns: [(answer: [UInt8], outcome: Outcome)]

        init(
            _ description: String, _ proxy: String, host: String = "gateway.test", opening: [UInt8],
            _ turns: (answer: [UInt8], outcome: Outcome)...
        ) {
            (testDescription, self.proxy, self.host, self.opening, self.turns) = (
                description, proxy, host, opening, turns
            )
        }
    }

    enum Outcome: Sendable {
        case step(ProxyExchange.Step)
        case failure(ProxyProblem)

        static func says(_ bytes: [UInt8]) -> Outcome { .step(.send(ByteBuffer(bytes: bytes))) }
        static let done = Outcome.step(.done)
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private static let connect = text("CONNECT gateway.test:443 HTTP/1.1\r\nHost: gateway.test:443\r\n\r\n")
    private static let name: [UInt8] = [5, 1, 0, 3, 12] + text("gateway.test") + [1, 187]
    private static let bound: [UInt8] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]

    static let dialogues = [
        Dialogue(
            "HTTP", "http://p:1", opening: connect, (text("HTTP/1.1 200 Connection established\r\n\r\n"), .done)),
        Dialogue(
            "HTTP of the old version, with fields", "http://p:1", opening: connect,
            (text("HTTP/1.0 200 OK\r\nProxy-Agent: x\r\nContent-Length: 5\r\n\r\n"), .done)),
        Dialogue(
            "HTTP with an interim answer", "http://p:1", opening: connect,
            (text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), .done)),
        Dialogue(
            "HTTP with user and password", "http://Aladdin:open%20sesame@p:1",
            opening: text(
                "CONNECT gateway.test:443 HTTP/1.1\r\nHost: gateway.test:443\r\n"
                    + "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
            (text("HTTP/1.1 407 Who are you\r\n\r\n"), .failure(.refused(status: 407)))),
        Dialogue(
            "HTTP to an IPv6 address", "http://p:1", host: "2001:db8::1",
            opening: text("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n"),
            (text("HTTP/1.1 502 Bad Gateway\r\n\r\n"), .failure(.refused(status: 502)))),
        Dialogue(
            "no HTTP", "http://p:1", opening: connect, (text("SSH-2.0-OpenSSH\r\n"), .failure(.notAProxy))),
        Dialogue(
            "a head without end", "http://p:1", opening: connect,
            (text("HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 16 << 10)), .failure(.notAProxy))),
        Dialogue(
            "bytes behind HTTP's answer", "http://p:1", opening: connect,
            (text("HTTP/1.1 200 OK\r\n\r\nx"), .failure(.notAProxy))),
        Dialogue("SOCKS", "socks5://p:1", opening: [5, 1, 0], ([5, 0], .says(name)), (bound, .done)),
        Dialogue(
            "SOCKS with a long answer", "socks5://p:1", opening: [5, 1, 0], ([5, 0], .says(name)),
            ([5, 0, 0, 3, 3, 97, 98, 99, 1, 187], .done)),
        Dialogue(
            "SOCKS with an IPv6 answer", "socks5://p:1", opening: [5, 1, 0], ([5, 0], .says(name)),
            ([5, 0, 0, 4] + Array(repeating: 1, count: 18), .done)),
        Dialogue(
            "SOCKS to an IPv4 address", "socks5h://p:1", host: "192.0.2.9", opening: [5, 1, 0],
            ([5, 0], .says([5, 1, 0, 1, 192, 0, 2, 9, 1, 187])), (bound, .done)),
        Dialogue(
            "SOCKS to an IPv6 address", "socks5://p:1", host: "::1", opening: [5, 1, 0],
            ([5, 0], .says([5, 1, 0, 4] + Array(repeating: 0, count: 15) + [1, 1, 187])), (bound, .done)),
        Dialogue(
            "SOCKS with user and password", "socks5://ab:c%40d@p:1", opening: [5, 2, 0, 2],
            ([5, 2], .says([1, 2] + text("ab") + [3] + text("c@d"))), ([1, 0], .says(name)), (bound, .done)),
        Dialogue(
            "SOCKS that does not want the password it could have", "socks5://a:b@p:1", opening: [5, 2, 0, 2],
            ([5, 0], .says(name)), (bound, .done)),
        Dialogue(
            "SOCKS that refuses the password", "socks5://a:b@p:1", opening: [5, 2, 0, 2],
            ([5, 2], .says([1, 1, 97, 1, 98])), ([1, 1], .failure(.authentication))),
        Dialogue(
            "SOCKS that wants a password and we have none", "socks5://p:1", opening: [5, 1, 0],
            ([5, 0xFF], .failure(.authentication))),
        Dialogue(
            "SOCKS that chooses what was not offered", "socks5://p:1", opening: [5, 1, 0],
            ([5, 2], .failure(.notAProxy))),
        Dialogue(
            "SOCKS that cannot reach the gateway", "socks5://p:1", opening: [5, 1, 0], ([5, 0], .says(name)),
            ([5, 5, 0, 1, 0, 0, 0, 0, 0, 0], .failure(.replied(code: 5)))),
        Dialogue("SOCKS of another version", "socks5://p:1", opening: [5, 1, 0], ([4, 0], .failure(.notAProxy))),
        Dialogue(
            "an answer of an unknown kind", "socks5://p:1", opening: [5, 1, 0], ([5, 0], .says(name)),
            ([5, 0, 0, 9, 1, 1, 1], .failure(.notAProxy))),
        Dialogue(
            "bytes behind SOCKS's answer", "socks5://p:1", opening: [5, 1, 0], ([5, 0], .says(name)),
            (bound + [0x16], .failure(.notAProxy))),
    ]

    @Test("in one piece and byte by byte", arguments: dialogues, [false, true])
    func dialogue(row: Dialogue, byteByByte: Bool) throws {
        var exchange = ProxyExchange(try Proxy(url: row.proxy), to: row.host, port: 443)
        #expect(exchange.opening == ByteBuffer(bytes: row.opening))
        for turn in row.turns {
            let pieces = byteByByte ? turn.answer.map { [$0] } : [turn.answer]
            do {
                var last = ProxyExchange.Step.needsMore
                for piece in pieces where last == .needsMore {
                    var input = ByteBuffer(bytes: piece)
                    last = try exchange.next(from: &input)
                    if byteByByte { #expect(input.readableBytes == 0) }
                }
                switch turn.outcome {
                case .step(let step): #expect(last == step)
                // Byte by byte the answer is complete before what is wrong behind it comes.
                case .failure: #expect(byteByByte && last == .done)
                }
            } catch {
                guard case .failure(let problem) = turn.outcome else { throw error }
                #expect(error == problem)
                return
            }
        }
    }

    @Test("random bytes are refused or waited for, never more")
    func rubbish() throws {
        var generator = SystemRandomNumberGenerator()
        for proxy in ["http://p:1", "socks5://p:1", "socks5://a:b@p:1"] {
            for _ in 0..<2000 {
                var exchange = ProxyExchange(try Proxy(url: proxy), to: "gateway.test", port: 443)
                var input = ByteBuffer(
                    bytes: (0..<40).map { $0 == 0 && Bool.random() ? 5 : UInt8.random(in: 0...255, using: &generator) })
                while let step = try? exchange.next(from: &input), step != .needsMore, step != .done {}
            }
        }
    }
}

@Suite("A proxy's URL")
struct ProxyTests {
    @Test(
        "is taken apart",
        arguments: [
            ("http://proxy.test:3128", "http://proxy.test:3128"), ("HTTP://Proxy.Test:3128/", "http://proxy.test:3128"),
            ("socks5://[::1]:1080", "socks5://[::1]:1080"), ("socks5h://10.0.0.1:1080", "socks5://10.0.0.1:1080"),
            ("http://user:secret@p:1", "http://p:1"), ("http://user:sec%3Aret%40@p:1", "http://p:1"),
            ("http://user:@p:1", "http://p:1"),
        ])
    func good(url: String, shown: String) throws {
        let proxy = try Proxy(url: url)
        #expect(proxy.shown == shown)
        var dumped = ""
        dump(proxy, to: &dumped)
        let target = try LinkTarget(url: "ws://a/", proxy: proxy)
        dump(target, to: &dumped)
        #expect(!"\(proxy) \(String(reflecting: proxy)) \(dumped) \(target)".contains("user"))
    }

    @Test("user and password are unescaped")
    func escapes() throws {
        let credentials = try #require(try Proxy(url: "http://a%40b:c%3Ad@p:1").credentials)
        #expect(credentials == .init(user: Secret("a@b"), password: Secret("c:d")))
    }

    @Test(
        "that cannot be used is refused, without being quoted",
        arguments: [
            "", "secret", "ftp://secret:1", "https://secret:1", "http://secret", "http://secret:0", "http://secret:1/x",
            "http://secret:1?x", "http://us%er:secret@p:1", "http://:secret@p:1", "http://a%3Ab:secret@p:1",
            "socks5://secret@p:1", "socks5://secret:@p:1", "http://se cret:1", "http://sécret:1",
            "http://a:%FF@secret:1",
            "socks5://a:\(String(repeating: "s", count: 256))@secret:1", "http://@secret:1", "http://secret!:1",
        ])
    func bad(url: String) throws {
        let error = try #require(throws: InvalidLinkTarget.self) { try Proxy(url: url) }
        #expect(!error.description.contains("secret"))
    }

    @Test(
        "from the environment",
        arguments: [
            ("wss://a.test/", ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q:1"], "http://p:1"),
            ("ws://a.test/", ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q:1"], "http://q:1"),
            ("ws://a.test/", ["HTTPS_PROXY": "http://p:1"], nil),
            ("ws://a.test/", ["ALL_PROXY": "socks5h://p:1"], "socks5://p:1"),
            ("wss://a.test/", ["https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"], "http://p:1"),
            ("wss://a.test/", ["HTTPS_PROXY": ""], nil),
            ("wss://a.test/", ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.test, a.test"], nil),
            ("wss://a.test/", ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"], nil),
        ] as [(String, [String: String], String?)])
    func environment(url: String, environment: [String: String], expected: String?) throws {
        #expect(try ProxyEnvironment.proxy(for: url, in: environment)?.shown == expected)
    }

    @Test("a proxy of the environment that cannot be used is an error, and not left out")
    func badEnvironment() {
        #expect(throws: InvalidLinkTarget.self) {
            try ProxyEnvironment.proxy(for: "wss://a/", in: ["HTTPS_PROXY": "p:1"])
        }
    }

    @Test(
        "who goes without",
        arguments: [
            ("a.test", "a.test", true), ("a.test", "test", true), ("a.test", ".test", true), ("a.test", "*.test", true),
            ("atest", "test", false), ("a.test", "A.TEST", true), ("a.test", "b.test,a.test", true),
            ("a.test", "", false),
            ("a.test", "a.test:443", true), ("a.test", "a.test:80", false), ("a.test", ".", false),
            ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false), ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.0/23", true), ("10.1.4.3", "10.1.2.0/23", false), ("10.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.0.0.0/33", false), ("10.1.2.3", "10.0.0.0/x", false), ("10.1.2.3", "3", false),
            ("::1", "::1", true), ("::1", "[::1]", true), ("::1", "[::1]:443", true), ("::1", "[::1]:80", false),
            ("::1", "::/16", true),
            ("2001:db8::1", "2001:db8::/32", true),
            ("2001:db9::1", "2001:db8::/32", false), ("a.test", "10.0.0.0/8", false),
        ])
    func excluded(host: String, list: String, expected: Bool) {
        #expect(ProxyEnvironment.isExcluded(host, port: 443, by: list) == expected)
    }
}
