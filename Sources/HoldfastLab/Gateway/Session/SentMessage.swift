import FoundationEssentials
import HoldfastWire
import NIOCore

/// A message that a client sends, out of the body of its request.
struct SentMessage {
    var uuid: String
    /// Without the domain.
    var chat: String
    var text: String
    /// The user id that the sender calls its own: the last of the receivers.
    var ownID: String?

    /// Nil if the body is not that of a message. Not on any hot path, so it may take its time.
    init?(body: ByteBuffer) {
        guard case .array(let parts) = try? JSONTree.parse(body, what: "body"), let first = parts.first,
            let uuid = first["uuid"]?.text, let chat = first["cid"]?.text
        else { return nil }
        self.uuid = uuid
        self.chat = Self.withoutDomain(chat)
        text = first["content"]?["custom"]?["data"]?.text.flatMap(Self.text(inBase64:)) ?? ""
        if parts.count > 1, case .array(let receivers) = parts[1]["actualReceivers"] {
            ownID = receivers.last?.text.map(Self.withoutDomain)
        }
    }

    private static func withoutDomain(_ name: String) -> String {
        String(name.prefix { $0 != "@" })
    }

    /// `{"contentType":1,"text":{"text":…}}` in base64.
    private static func text(inBase64 base64: String) -> String? {
        guard let data = Data(base64Encoded: base64) else { return nil }
        return (try? JSONTree.parse(ByteBuffer(bytes: data), what: "data"))?["text"]?["text"]?.text
    }
}

extension JSONTree {
    fileprivate subscript(key: String) -> JSONTree? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    fileprivate var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
