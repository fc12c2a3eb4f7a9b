import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// A rule that a client can break, and the proof that ours does not. What needs a whole connection (who closes first, what
/// is sent after a close frame, deadlines) is shown by the tests of `Link`.
struct ClientRule: CustomTestStringConvertible, Sendable {
    var section: String
    var what: String
    var prove: @Sendable () throws -> Void

    var testDescription: String { "\(section): \(what)" }
}

@Suite("RFC 6455 and 7692: what a client sends")
struct ClientConformanceTests {
    @Test("a rule about what a client sends is kept", arguments: handshake + frames + compressed)
    func rule(rule: ClientRule) throws { try rule.prove() }

    private static func request(
        _ url: String = "ws://Example.org:8080/a?b", subprotocols: [String] = [], deflate: DeflateOptions? = nil,
        seed: UInt64 = 1
    ) throws -> HTTPHead {
        let target = try LinkTarget(url: url, subprotocols: subprotocols)
        var generator = SeededGenerator(seed: seed)
        let handshake = Handshake(subprotocols: target.subprotocols, deflate: deflate, using: &generator)
        var request = handshake.request(host: target.hostField, target: target.requestTarget)
        var parser = HTTPHeadParser(.request)
        return try #require(try parser.next(from: &request))
    }

    private static let handshake: [ClientRule] = [
        ClientRule(section: "6455 §4.1", what: "GET of HTTP/1.1, with path and query") {
            let head = try request()
            #expect(head.startLine == .request(method: "GET", target: "/a?b") && head.minorVersion == 1)
        },
        ClientRule(section: "6455 §4.1", what: "a path that is empty is a slash") {
            let empty = try request("ws://h").startLine
            #expect(empty == .request(method: "GET", target: "/"))
            let queryOnly = try request("ws://h?q").startLine
            #expect(queryOnly == .request(method: "GET", target: "/?q"))
        },
        ClientRule(section: "6455 §4.1", what: "Host, with the port where it is not the scheme's own") {
            let withPort = try request().values(of: "host")
            #expect(withPort == ["example.org:8080"])
            let plain = try request("ws://h:80/").values(of: "host")
            #expect(plain == ["h"])
            let secure = try request("wss://h:443/").values(of: "host")
            #expect(secure == ["h"])
            let address = try request("ws://[::1]:443/").values(of: "host")
            #expect(address == ["[::1]:443"])
        },
        ClientRule(section: "6455 §4.1", what: "Upgrade, Connection and version 13, each once") {
            let head = try request()
            #expect(head.values(of: "upgrade") == ["websocket"] && head.values(of: "connection") == ["Upgrade"])
            #expect(head.values(of: "sec-websocket-version") == ["13"])
        },
        ClientRule(section: "6455 §4.1", what: "a key of 16 random bytes, another one each time") {
            let keys = try (1...20).map { try request(seed: $0).values(of: "sec-websocket-key") }
            #expect(keys.allSatisfy { $0.count == 1 && $0.allSatisfy(Base64.isSixteenBytes) })
            #expect(Set(keys).count == 20)
        },
        ClientRule(section: "6455 §4.1", what: "subprotocols in one field, in their order, each once") {
            let asked = try request(subprotocols: ["b", "a"]).values(of: "sec-websocket-protocol")
            #expect(asked == ["b, a"])
            let none = try request().values(of: "sec-websocket-protocol")
            #expect(none == [])
            #expect(throws: InvalidLinkTarget.self) { try LinkTarget(url: "ws://h/", subprotocols: ["a", "a"]) }
            #expect(throws: InvalidLinkTarget.self) { try LinkTarget(url: "ws://h/", subprotocols: ["a b"]) }
        },
        ClientRule(section: "6455 §9.1", what: "no extension, unless it is wanted") {
            let unasked = try request().values(of: "sec-websocket-extensions")
            #expect(unasked == [])
            let offer = try request(deflate: DeflateOptions()).values(of: "sec-websocket-extensions")
            let offered = try WebSocketExtension.parse(offer).map(\.name)
            #expect(offered == ["permessage-deflate"])
        },
        ClientRule(section: "6455 §3", what: "a URL with a fragment is refused") {
            #expect(throws: InvalidLinkTarget.self) { try LinkTarget(url: "ws://h/#a") }
        },
    ]

    private static func sent(
        _ payload: ByteBuffer, _ opcode: Opcode = .binary, isCompressed: Bool = false
    ) -> [UInt8] {
        var queue = OutboundQueue(maskKeys: .current)
        queue.append(payload, opcode: opcode, isUrgent: false, isCompressed: isCompressed)
        return queue.next(chunkBytes: 1 << 20)?.bytes ?? []
    }

    private static let frames: [ClientRule] = [
        ClientRule(section: "6455 §5.1", what: "every frame is masked, control frames too") {
            for opcode in [Opcode.text, .binary, .close, .ping, .pong] {
                #expect(sent(ByteBuffer(), opcode)[1] == 0x80)
            }
        },
        ClientRule(section: "6455 §5.3", what: "each with a key of its own, and none that follows from the last") {
            let keys = (0..<1_000).map { _ in Array(sent(ByteBuffer())[2..<6]) }
            #expect(Set(keys).count > 990)
        },
        ClientRule(section: "6455 §5.2", what: "the length has its shortest form") {
            for (count, head) in [
                (0, 0x80), (125, 0x80 | 125), (126, 0x80 | 126), (65_535, 0x80 | 126), (65_536, 0x80 | 127),
            ] {
                let bytes = sent(ByteBuffer(repeating: 1, count: count))
                #expect(Int(bytes[1]) == head)
                #expect(bytes.count == count + 6 + (count > 65_535 ? 8 : count > 125 ? 2 : 0))
            }
        },
        ClientRule(section: "6455 §5.2", what: "no reserved bit and no reserved opcode") {
            #expect(sent(ByteBuffer(), .text)[0] == 0x81 && sent(ByteBuffer(), .close)[0] == 0x88)
        },
        ClientRule(section: "6455 §5.5", what: "a close frame's reason is cut to 123 bytes, between characters") {
            let payload = CloseFrame(code: 1000, reason: String(repeating: "ü", count: 100)).payload
            #expect(payload.readableBytes == 2 + 122)
            let reason = try CloseFrame(payload: payload).reason
            #expect(reason == String(repeating: "ü", count: 61))
        },
        ClientRule(section: "6455 §7.4", what: "a code that must not be sent is left out") {
            for code: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
                #expect(CloseFrame(code: code, reason: "x").payload.readableBytes == 0)
            }
        },
        ClientRule(section: "6455 §5.5.3", what: "a pong has the bytes of the last ping") {
            var queue = OutboundQueue(maskKeys: .current)
            queue.answerPing(ByteBuffer(string: "first"))
            queue.answerPing(ByteBuffer(string: "last"))
            let stream = queue.next(chunkBytes: 1 << 20)?.bytes ?? []
            #expect(events(stream, role: .server) == Decoded(values: [.pong(ByteBuffer(string: "last"))]))
        },
    ]

    private static let long = ByteBuffer(string: String(repeating: "one message after the other, ", count: 40))

    /// The messages as they leave; one that is not compressed is missing.
    private static func compress(_ messages: [ByteBuffer], windowBits: UInt8 = 15) throws -> [ByteBuffer] {
        var agreement = DeflateAgreement.withoutContext
        agreement.clientWindowBits = windowBits
        var deflation = try #require(Deflation(agreement, role: .client, leastMessageBytes: 1))
        return messages.compactMap { deflation.compress($0) }
    }

    private static let compressed: [ClientRule] = [
        ClientRule(section: "7692 §6.1", what: "RSV1 marks the frame of a compressed message, and only that") {
            let messages = try compress([long])
            let compressed = try #require(messages.first)
            let bytes = sent(compressed, .text, isCompressed: true)
            #expect(bytes[0] == 0xC1)
            let text = WebSocketEvent.message(long, isText: true)
            #expect(events(bytes, role: .server, deflate: .withoutContext) == Decoded(values: [text]))
        },
        ClientRule(section: "7692 §7.2.1", what: "the tail is left out") {
            let messages = try compress([long])
            let compressed = try #require(messages.first)
            #expect(!compressed.bytes.suffix(4).elementsEqual(Inflater.tail))
            let inflated = try Inflater.current.inflate(compressed, after: nil, limitBytes: 1 << 20)
            #expect(inflated == long)
        },
        ClientRule(section: "7692 §7.1.1.2", what: "without context, equal messages are equal on the wire") {
            let compressed = try compress([long, long])
            #expect(compressed.count == 2 && compressed[0] == compressed[1])
        },
        ClientRule(section: "7692 §7.1.2.2", what: "messages refer no further back than the window") {
            // 600 bytes that do not compress, twice: out of reach for a window of 512 bytes, in reach for 2 048.
            var generator = SeededGenerator(seed: 1)
            let noise = (0..<600).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let message = ByteBuffer(bytes: noise + noise)
            let none = try compress([message], windowBits: 9).isEmpty
            #expect(none)
            let messages = try compress([message], windowBits: 11)
            let found = try #require(messages.first)
            #expect(found.readableBytes < 700)
        },
    ]
}
