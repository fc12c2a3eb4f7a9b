import HoldfastCore

/// What is said to a mail server to hand it one mail (RFC 5321), with STARTTLS (RFC 3207) and AUTH (RFC 4954: PLAIN of RFC 4616, or
/// LOGIN, which is older and without an RFC). A value: it is told what the server says and answers with what is to be done.
struct SMTPConversation {
    enum Action: Equatable {
        case send(String)
        /// The mail itself, as `body` gives it.
        case sendBody
        /// From now on encrypted; then `encrypted()`.
        case encrypt
        /// The server has the mail. Say goodbye and close.
        case delivered
        case failed(ChannelFailure)
    }

    private enum Step {
        case greeting, hello, startTLS, encrypting, authentication, loginName, loginPassword
        case sender, recipient, data, body, over
    }

    private let configuration: EmailChannel
    private let message: MailMessage
    /// How we call ourselves.
    private let name: String
    private var step = Step.greeting
    private var isEncrypted: Bool
    private var nextRecipient = 0
    private var accepted = 0
    private var lastRefusal: SMTPReply?

    init(_ configuration: EmailChannel, _ message: MailMessage, name: String) {
        self.configuration = configuration
        self.message = message
        self.name = name
        isEncrypted = configuration.security == .implicit
    }

    /// The mail with the dots of SMTP: a line that begins with one gets another, and one alone is the end.
    var body: [UInt8] {
        var bytes: [UInt8] = []
        var isLineStart = true
        for byte in message.bytes {
            if isLineStart, byte == UInt8(ascii: ".") { bytes.append(byte) }
            bytes.append(byte)
            isLineStart = byte == UInt8(ascii: "\n")
        }
        return bytes + Array(".\r\n".utf8)
    }

    mutating func take(_ reply: SMTPReply) -> Action {
        // "Service not available, closing": allowed at any time.
        if reply.code == 421 { return end(.failed(Self.failure(reply))) }
        switch step {
        case .greeting: return reply.code == 220 ? hello() : end(.failed(Self.failure(reply)))
        case .hello: return reply.code == 250 ? helloAnswered(reply) : end(.failed(Self.failure(reply)))
        case .startTLS:
            guard reply.code == 220 else { return end(.failed(Self.failure(reply))) }
            step = .encrypting
            return .encrypt
        case .authentication, .loginName, .loginPassword: return authenticationAnswered(reply)
        case .sender: return reply.code == 250 ? recipient() : end(.failed(Self.failure(reply)))
        case .recipient: return recipientAnswered(reply)
        case .data:
            guard reply.code == 354 else { return end(.failed(Self.failure(reply))) }
            step = .body
            return .sendBody
        case .body: return end(reply.code == 250 ? .delivered : .failed(Self.failure(reply)))
        case .encrypting, .over: return end(.failed(.refused("the mail server speaks out of turn")))
        }
    }

    /// The connection is encrypted now. What the server said before does not count any more (RFC 3207 §4.2).
    mutating func encrypted() -> Action {
        isEncrypted = true
        return hello()
    }

    private mutating func hello() -> Action {
        step = .hello
        return .send("EHLO \(name)")
    }

    private mutating func helloAnswered(_ reply: SMTPReply) -> Action {
        // The first line is a greeting, each other one an extension.
        let extensions = reply.lines.dropFirst().map { $0.uppercased().split(separator: " ").map(String.init) }
        if configuration.security == .starttls, !isEncrypted {
            guard extensions.contains(where: { $0.first == "STARTTLS" }) else {
                return end(.failed(.refused("the mail server does not offer STARTTLS")))
            }
            step = .startTLS
            return .send("STARTTLS")
        }
        guard let user = configuration.user, let password = configuration.password else { return sender() }
        // Never in the clear, whatever the configuration's check let pass.
        guard isEncrypted else { return end(.failed(.refused("a password is not sent in the clear"))) }
        let ways = extensions.first { $0.first == "AUTH" }?.dropFirst() ?? []
        if ways.contains("PLAIN") {
            step = .authentication
            return .send("AUTH PLAIN \(password.withRevealed { ChatService.base64(Array("\0\(user)\0\($0)".utf8)) })")
        }
        guard ways.contains("LOGIN") else {
            return end(.failed(.refused("the mail server offers neither AUTH PLAIN nor AUTH LOGIN")))
        }
        step = .loginName
        return .send("AUTH LOGIN")
    }

    private mutating func authenticationAnswered(_ reply: SMTPReply) -> Action {
        switch (step, reply.code) {
        case (.loginName, 334):
            step = .loginPassword
            return .send(ChatService.base64(Array((configuration.user ?? "").utf8)))
        case (.loginPassword, 334):
            step = .authentication
            return .send(configuration.password?.withRevealed { ChatService.base64(Array($0.utf8)) } ?? "")
        case (.authentication, 235): return sender()
        default:
            // Without its text: who knows what it repeats.
            let reason = "the mail server does not accept user and password (\(reply.code))"
            return end(.failed((400..<500).contains(reply.code) ? .later(reason) : .refused(reason)))
        }
    }

    private mutating func sender() -> Action {
        step = .sender
        return .send("MAIL FROM:<\(message.from)>")
    }

    private mutating func recipient() -> Action {
        step = .recipient
        guard message.to.indices.contains(nextRecipient) else {
            guard accepted > 0 else {
                return end(.failed(lastRefusal.map(Self.failure) ?? .refused("there is nobody to send to")))
            }
            step = .data
            return .send("DATA")
        }
        return .send("RCPT TO:<\(message.to[nextRecipient])>")
    }

    /// Some may be refused: those that are not still get the mail.
    private mutating func recipientAnswered(_ reply: SMTPReply) -> Action {
        if reply.code == 250 || reply.code == 251 { accepted += 1 } else { lastRefusal = reply }
        nextRecipient += 1
        return recipient()
    }

    private mutating func end(_ action: Action) -> Action {
        step = .over
        return action
    }

    /// 4xx passes, 5xx and what should not be there do not.
    private static func failure(_ reply: SMTPReply) -> ChannelFailure {
        let reason =
            "the mail server said \(reply.code) \(NotificationText.oneLine(reply.lines.joined(separator: " ")))"
        return (400..<500).contains(reply.code) ? .later(reason) : .refused(reason)
    }
}
