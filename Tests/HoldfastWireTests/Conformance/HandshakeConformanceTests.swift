import HoldfastCore
import NIOCore
import Testing

@testable import HoldfastWire

/// An answer to our request, and what must become of it. The fields that are named replace those of a proper answer.
struct AnswerRule: CustomTestStringConvertible, Sendable {
    var section: String
    var what: String
    var fields: [(String, String)] = []
    var without: String?
    var status = 101
    var minorVersion = 1
    var deflate: DeflateOptions?
    /// What we had asked for.
    var subprotocols: [String] = []
    /// Nil for an answer that must be taken.
    var violation: ProtocolViolation?

    var testDescription: String { "\(section): \(what)" }

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    var head: HTTPHead {
        let proper = [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", Self.accept)]
        let named = Set(fields.map { $0.0.lowercased() })
        let kept = proper.filter { !named.contains($0.0) && $0.0 != without }
        return HTTPHead(
            startLine: .response(status: status, reason: ""), minorVersion: minorVersion,
            fields: (kept + fields).map { HTTPField($0.0, $0.1) })
    }
}

@Suite("RFC 6455 and 7692: what an answer to our handshake must lead to")
struct HandshakeConformanceTests {
    @Test("a rule about answers is kept", arguments: Self.answers + Self.compression)
    func rule(rule: AnswerRule) {
        let handshake = Handshake(key: AnswerRule.key, subprotocols: rule.subprotocols, deflate: rule.deflate)
        if let violation = rule.violation {
            #expect(throws: violation) { try handshake.verify(rule.head) }
        } else {
            #expect(throws: Never.self) { try handshake.verify(rule.head) }
        }
    }

    static let answers: [AnswerRule] = [
        AnswerRule(section: "6455 §4.1", what: "a proper answer"),
        AnswerRule(
            section: "6455 §4.1", what: "names and tokens are compared without case",
            fields: [("UPGRADE", "WebSocket"), ("Connection", "keep-alive, UPGRADE")]),
        AnswerRule(
            section: "6455 §4.1", what: "no Upgrade", without: "upgrade", violation: .badUpgradeHeaders),
        AnswerRule(
            section: "6455 §4.1", what: "another Upgrade", fields: [("Upgrade", "h2c")], violation: .badUpgradeHeaders),
        AnswerRule(
            section: "6455 §4.1", what: "more than one Upgrade", fields: [("Upgrade", "websocket, x")],
            violation: .badUpgradeHeaders),
        AnswerRule(
            section: "6455 §4.1", what: "no Connection", without: "connection", violation: .badUpgradeHeaders),
        AnswerRule(
            section: "6455 §4.1", what: "another Connection", fields: [("Connection", "close")],
            violation: .badUpgradeHeaders),
        AnswerRule(
            section: "6455 §4.1", what: "no Sec-WebSocket-Accept", without: "sec-websocket-accept",
            violation: .badAccept),
        AnswerRule(
            section: "6455 §4.1", what: "the accept value of another key", fields: [("Sec-WebSocket-Accept", "x")],
            violation: .badAccept),
        AnswerRule(
            section: "6455 §4.1", what: "the accept value in another case",
            fields: [("Sec-WebSocket-Accept", AnswerRule.accept.lowercased())], violation: .badAccept),
        AnswerRule(
            section: "6455 §11.3.3", what: "Sec-WebSocket-Accept twice",
            fields: [("Sec-WebSocket-Accept", AnswerRule.accept), ("Sec-WebSocket-Accept", AnswerRule.accept)],
            violation: .badAccept),
        AnswerRule(
            section: "6455 §4.1", what: "an extension nobody offered", fields: [("Sec-WebSocket-Extensions", "x-foo")],
            violation: .unwantedExtension),
        AnswerRule(
            section: "6455 §4.1", what: "compression nobody offered",
            fields: [("Sec-WebSocket-Extensions", "permessage-deflate")], violation: .unwantedExtension),
        AnswerRule(
            section: "6455 §4.1", what: "one of our subprotocols", fields: [("Sec-WebSocket-Protocol", "mqtt")],
            subprotocols: ["chat", "mqtt"]),
        AnswerRule(
            section: "6455 §4.1", what: "another subprotocol", fields: [("Sec-WebSocket-Protocol", "soap")],
            subprotocols: ["chat", "mqtt"], violation: .unwantedSubprotocol),
        AnswerRule(
            section: "6455 §4.1", what: "a subprotocol where none was asked for",
            fields: [("Sec-WebSocket-Protocol", "chat")], violation: .unwantedSubprotocol),
        AnswerRule(
            section: "WHATWG WebSockets §2", what: "none of the subprotocols asked for", subprotocols: ["chat"],
            violation: .missingSubprotocol),
        AnswerRule(
            section: "6455 §4.1", what: "our subprotocol in another case",
            fields: [("Sec-WebSocket-Protocol", "Chat")], subprotocols: ["chat"], violation: .unwantedSubprotocol),
        AnswerRule(
            section: "6455 §11.3.4", what: "two subprotocols in one field",
            fields: [("Sec-WebSocket-Protocol", "chat, mqtt")], subprotocols: ["chat", "mqtt"],
            violation: .unwantedSubprotocol),
        AnswerRule(
            section: "6455 §11.3.4", what: "two subprotocols in two fields",
            fields: [("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Protocol", "chat")], subprotocols: ["chat"],
            violation: .unwantedSubprotocol),
        AnswerRule(section: "6455 §4.1", what: "HTTP/1.0", minorVersion: 0, violation: .badHTTP),
        AnswerRule(section: "6455 §4.1", what: "another status", status: 200, violation: .badHTTP),
    ]

    private static func deflate(
        _ section: String, _ what: String, _ answer: String, _ violation: ProtocolViolation? = nil,
        offered: (inout DeflateOptions) -> Void = { _ in }
    ) -> AnswerRule {
        var options = DeflateOptions()
        offered(&options)
        return AnswerRule(
            section: section, what: what, fields: [("Sec-WebSocket-Extensions", answer)], deflate: options,
            violation: violation)
    }

    private static let name = "permessage-deflate"
    private static let alone = "permessage-deflate; server_no_context_takeover"

    static let compression: [AnswerRule] = [
        deflate("7692 §5", "a server may leave the offer alone", ""),
        deflate("7692 §7", "a proper answer", alone),
        deflate(
            "6455 §9.1", "blanks, tabs and quotes",
            "permessage-deflate ;\tserver_no_context_takeover;server_max_window_bits = \"10\""),
        deflate("6455 §9.1", "a name is missing", "; server_no_context_takeover", .badExtension),
        deflate("6455 §9.1", "a parameter is missing", alone + ";", .badExtension),
        deflate("6455 §9.1", "a value is missing", alone + "; server_max_window_bits=", .badExtension),
        deflate("6455 §9.1", "a quote without its end", alone + "; server_max_window_bits=\"10", .badExtension),
        deflate("6455 §9.1", "a quote around no token", alone + "; server_max_window_bits=\"1 0\"", .badExtension),
        deflate("6455 §9.1", "no comma between two", alone + " x", .badExtension),
        deflate("7692 §5.2", "an extension beside it that nobody offered", alone + ", x-foo", .unwantedExtension),
        deflate("7692 §5.2", "it is taken up twice", alone + ", " + alone, .badExtension),
        deflate("7692 §7", "an unknown parameter", alone + "; level=9", .badExtension),
        deflate("7692 §7", "a parameter twice", alone + "; server_no_context_takeover", .badExtension),
        deflate("7692 §7.1.1.1", "server_no_context_takeover was asked for and is missing", name, .badExtension),
        deflate("7692 §7.1.1.1", "it has a value", name + "; server_no_context_takeover=1", .badExtension),
        deflate("7692 §7.1.1.1", "the server may keep no context unasked", alone) { $0.serverContextTakeover = true },
        deflate("7692 §7.1.1.1", "the server keeps context, as offered", name) { $0.serverContextTakeover = true },
        deflate("7692 §7.1.1.2", "the client is to keep no context", alone + "; client_no_context_takeover") {
            $0.clientContextTakeover = true
        },
        deflate("7692 §7.1.1.2", "it has a value", alone + "; client_no_context_takeover=0", .badExtension),
        deflate("7692 §7.1.2.1", "the server may use a smaller window unasked", alone + "; server_max_window_bits=8"),
        deflate("7692 §7.1.2.1", "a window without a size", alone + "; server_max_window_bits", .badExtension),
        deflate("7692 §7.1.2.1", "a window that is too small", alone + "; server_max_window_bits=7", .badExtension),
        deflate("7692 §7.1.2.1", "a window that is too large", alone + "; server_max_window_bits=16", .badExtension),
        deflate("7692 §7.1.2.1", "a leading zero", alone + "; server_max_window_bits=08", .badExtension),
        deflate("7692 §7.1.2.1", "a sign", alone + "; server_max_window_bits=+9", .badExtension),
        deflate("7692 §7.1.2.1", "a smaller window than was asked for", alone + "; server_max_window_bits=9") {
            $0.serverMaxWindowBits = 10
        },
        deflate(
            "7692 §7.1.2.1", "a larger window than was asked for", alone + "; server_max_window_bits=11", .badExtension
        ) {
            $0.serverMaxWindowBits = 10
        },
        deflate("7692 §7.1.2.1", "the window that was asked for is missing", alone, .badExtension) {
            $0.serverMaxWindowBits = 10
        },
        deflate("7692 §7.1.2.2", "a window for the client", alone + "; client_max_window_bits=9"),
        deflate(
            "7692 §7.1.2.2", "a window for the client without a size", alone + "; client_max_window_bits", .badExtension
        ),
        deflate(
            "7692 §7.1.2.2", "a window for the client that is too small", alone + "; client_max_window_bits=7",
            .badExtension),
        deflate(
            "7692 §7.1.2.2", "a larger window than the client has", alone + "; client_max_window_bits=13", .badExtension
        ) {
            $0.clientMaxWindowBits = 12
        },
    ]
}
