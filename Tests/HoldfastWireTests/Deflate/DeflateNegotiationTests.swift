import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

@Suite("Agreeing on compression")
struct DeflateNegotiationTests {
    private func options(_ change: (inout DeflateOptions) -> Void = { _ in }) -> DeflateOptions {
        var options = DeflateOptions()
        change(&options)
        return options
    }

    @Test("the offer asks for no context in either direction, unless told otherwise")
    func offer() {
        #expect(
            options().offer
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits")
        let other = options {
            $0.serverContextTakeover = true
            $0.clientContextTakeover = true
            $0.serverMaxWindowBits = 10
            $0.clientMaxWindowBits = 9
        }
        #expect(other.offer == "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9")
    }

    @Test(
        "window sizes that do not exist become the nearest that does", arguments: [(-1, 8), (7, 8), (12, 12), (99, 15)])
    func clamped(asked: Int, used: Int) {
        let options = options {
            $0.serverMaxWindowBits = asked
            $0.clientMaxWindowBits = asked
        }
        #expect(Int(options.serverBits) == used && Int(options.clientBits) == used)
    }

    @Test(
        "what an answer means for both sides",
        arguments: [
            ("", true, true, 15, 15), ("; server_no_context_takeover", false, true, 15, 15),
            ("; client_no_context_takeover", true, false, 15, 15), ("; server_max_window_bits=9", true, true, 9, 15),
            ("; client_max_window_bits=8", true, true, 15, 8),
        ] as [(String, Bool, Bool, UInt8, UInt8)])
    func agreement(answer: String, serverKeeps: Bool, clientKeeps: Bool, server: UInt8, client: UInt8) throws {
        let options = options {
            $0.serverContextTakeover = true
            $0.clientContextTakeover = true
        }
        let answer = try #require(try WebSocketExtension.parse(["permessage-deflate" + answer]).first)
        #expect(
            try options.agreement(by: answer.parameters)
                == DeflateAgreement(
                    serverKeepsContext: serverKeeps, clientKeepsContext: clientKeeps, serverWindowBits: server,
                    clientWindowBits: client))
    }

    @Test("a client without context of its own keeps none, though the server would allow it")
    func ownWill() throws {
        let answer = try #require(
            try WebSocketExtension.parse(["permessage-deflate; server_no_context_takeover"]).first)
        #expect(try !options().agreement(by: answer.parameters).clientKeepsContext)
    }

    @Test(
        "a server answers the first offer that it understands",
        arguments: [
            (["permessage-deflate"], "server_no_context_takeover; client_no_context_takeover"),
            (
                ["permessage-deflate; client_max_window_bits"],
                "server_no_context_takeover; client_no_context_takeover"
            ),
            (
                ["permessage-deflate; client_max_window_bits=10; server_max_window_bits=9"],
                "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10"
            ),
            (
                ["x-foo, permessage-deflate; level=1", "permessage-deflate; server_max_window_bits=15"],
                "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15"
            ),
            (["permessage-deflate; server_max_window_bits"], nil),
            (["permessage-deflate; client_max_window_bits=3"], nil),
            (["x-foo"], nil), ([], nil),
        ] as [([String], String?)])
    func serverAnswers(offers: [String], answer: String?) throws {
        let accepted = options().accept(try WebSocketExtension.parse(offers))
        #expect(accepted?.answer == answer.map { "permessage-deflate; " + $0 })
    }

    @Test("whatever our client offers, our server's answer suits it")
    func ownPeers() throws {
        for bits in [8, 9, 12, 15] {
            for context in [false, true] {
                let client = options {
                    $0.serverContextTakeover = context
                    $0.clientMaxWindowBits = bits
                }
                let server = options {
                    $0.serverContextTakeover = true
                    $0.clientContextTakeover = true
                    $0.serverMaxWindowBits = bits
                }
                let accepted = try #require(server.accept(try WebSocketExtension.parse([client.offer])))
                let answer = try #require(try WebSocketExtension.parse([accepted.answer]).first)
                #expect(try client.agreement(by: answer.parameters) == accepted.agreement)
            }
        }
    }

    @Test("a server refuses a field that is not in the grammar")
    func malformedOffer() {
        let fields = [
            ("Host", "h"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", AnswerRule.key), ("Sec-WebSocket-Extensions", "permessage-deflate;;"),
        ]
        let head = HTTPHead(
            startLine: .request(method: "GET", target: "/"), fields: fields.map { HTTPField($0.0, $0.1) })
        #expect(
            ServerHandshake.read(head) == .refuse(status: 400, why: "Sec-WebSocket-Extensions is malformed"))
    }
}
