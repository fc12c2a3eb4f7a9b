public import HoldfastWire

/// Where accounts get another credential (K2). What an operator gives by hand needs none of these.
public enum ProviderConfiguration: Sendable, Hashable {
    case http(HTTPProviderConfiguration)
    case command(CommandProviderConfiguration)
}

/// A login by one HTTP request.
public struct HTTPProviderConfiguration: Sendable, Hashable {
    public var url: String
    public var method = "POST"
    /// Values may hold placeholders, as the body.
    public var headers: [Header] = []
    /// What is sent; `{user}`, `{password}`, `{cookies}`, `{token}`, `{account}` and `{device}` in it are filled in, in the
    /// way of the content type.
    public var body: String?
    /// From the beginning to the last byte of the answer.
    public var timeout: Duration = .seconds(10)
    /// Certificates to trust instead of the system's, as a PEM file.
    public var caFile: String?
    /// Where the token stands in the answer.
    public var token: JSONPath?
    /// Where its lifetime in seconds stands.
    public var lifetime: JSONPath?
    /// The names of the cookies to be taken from `Set-Cookie`.
    public var cookies: [String] = []
    /// The first that fits decides; if none does, the answer's status does.
    public var rules: [Rule] = []

    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What an answer means.
    public struct Rule: Sendable, Hashable {
        /// Nil: any.
        public var status: Int?
        /// A value of the answer that must be there; nil: none.
        public var path: JSONPath?
        /// What that value must be, as a text; nil: anything.
        public var equals: String?
        public var outcome: ProviderOutcome

        public init(status: Int? = nil, path: JSONPath? = nil, equals: String? = nil, outcome: ProviderOutcome) {
            self.status = status
            self.path = path
            self.equals = equals
            self.outcome = outcome
        }
    }

    public init(url: String) {
        self.url = url
    }

    /// The largest answer that is read.
    static let answerLimitBytes = 1 << 20
}

/// A login by a program of the operator's: one JSON object on its standard input, one on its standard output.
public struct CommandProviderConfiguration: Sendable, Hashable {
    /// The program and its arguments.
    public var command: [String]
    /// After it the program and everything it has started are killed.
    public var timeout: Duration = .seconds(30)

    public init(command: [String]) {
        self.command = command
    }

    /// More than this on standard output is no answer.
    static let outputLimitBytes = 64 << 10
}

/// What a provider can say.
public enum ProviderOutcome: String, Sendable, Hashable, CaseIterable {
    case renewed
    /// It does not accept the credential.
    case rejected
    /// A person must act: a captcha, a second factor.
    case needsPerson = "needs_person"
    /// Not now.
    case tryLater = "try_later"
}
