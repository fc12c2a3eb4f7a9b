public import HoldfastCore

/// One way by which people are told of alerts.
public struct ChannelConfiguration: Sendable, Hashable {
    /// What takes the message.
    public enum Target: Sendable, Hashable {
        case webhook(WebhookChannel)
        case chat(ChatChannel)
        case command(CommandChannel)
        case email(EmailChannel)
    }

    public var target: Target
    public var language = NotificationLanguage.english
    /// Alerts below it are not told here.
    public var minimumSeverity = AlertSeverity.warning
    /// Messages a minute; more wait. Most chats take 20.
    public var perMinute = 20
    /// From the beginning to the other side's word that it has the message.
    public var timeout = Duration.seconds(30)

    public init(_ target: Target) {
        self.target = target
    }

    /// Channels that there may be.
    public static let limit = 100
}

/// Posts the payload of Alertmanager's webhooks.
public struct WebhookChannel: Sendable, Hashable {
    /// May hold a token, so it is not shown.
    public var url: Secret
    /// Signs each request, as the webhooks of handlers are.
    public var secret: Secret?
    /// Certificates to trust instead of the system's, as a PEM file.
    public var caFile: String?

    public init(url: Secret) {
        self.url = url
    }
}

/// Posts to the webhook of a chat.
public struct ChatChannel: Sendable, Hashable {
    public var service: ChatService
    /// Holds the token of the robot, so it is not shown.
    public var url: Secret
    /// For services that have signatures.
    public var secret: Secret?

    public init(_ service: ChatService, url: Secret, secret: Secret? = nil) {
        self.service = service
        self.url = url
        self.secret = secret
    }
}

/// Starts a program of the operator's: one JSON object on its standard input; status 0 means that it has the message.
public struct CommandChannel: Sendable, Hashable {
    /// The program and its arguments.
    public var run: [String]

    public init(run: [String]) {
        self.run = run
    }

    /// More than this on standard output is a failure.
    static let outputLimitBytes = 64 << 10
}

/// Hands a mail to a server.
public struct EmailChannel: Sendable, Hashable {
    public enum Security: String, Sendable, Hashable, CaseIterable {
        /// The connection is encrypted before anything is said (RFC 8314), usually on port 465.
        case implicit
        /// It is encrypted by STARTTLS (RFC 3207), or nothing is sent. Usually on port 587.
        case starttls
        /// In the clear. Without user and password only.
        case none
    }

    public var host: String
    public var port: Int
    public var security: Security
    public var user: String?
    public var password: Secret?
    /// Certificates to trust instead of the system's, as a PEM file.
    public var caFile: String?
    /// Addresses in ASCII: `ops@example.org`.
    public var from: String
    public var to: [String]

    public init(host: String, port: Int, security: Security = .starttls, from: String, to: [String]) {
        self.host = host
        self.port = port
        self.security = security
        self.from = from
        self.to = to
    }

    /// Recipients that one channel may have.
    public static let recipientsLimit = 50
}
