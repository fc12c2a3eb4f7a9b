/// Where the console listens, and who may come in.
public struct ConsoleConfiguration: Sendable {
    /// A name or address, as in `server.listen`.
    public let host: String
    /// 0 lets the system choose one.
    public let port: Int
    /// Empty only on loopback.
    public let tokens: [AccessToken]
    public let limits: ConsoleLimits

    /// - Throws: `ConsoleConfigurationError.tokensRequired` if the address is not loopback and there are no tokens.
    public init(
        host: String = "127.0.0.1", port: Int = 8080, tokens: [AccessToken] = [],
        limits: ConsoleLimits = ConsoleLimits()
    ) throws(ConsoleConfigurationError) {
        guard (0...65_535).contains(port) else { throw .portOutOfRange(port) }
        guard !tokens.isEmpty || isLoopback(host) else { throw .tokensRequired(host: host) }
        self.host = host
        self.port = port
        self.tokens = tokens
        self.limits = limits
    }
}

/// Why a console cannot be configured like this.
public enum ConsoleConfigurationError: Error, Equatable, CustomStringConvertible {
    case tokensRequired(host: String)
    case portOutOfRange(Int)

    public var description: String {
        switch self {
        case .tokensRequired(let host):
            "listening on \(host) lets other machines in, which needs server.tokens; or listen on 127.0.0.1"
        case .portOutOfRange(let port):
            "there is no port \(port); ports are 0 (choose one) to 65535"
        }
    }
}

/// Everything of the console that can grow, and what it may grow to. What happened at a limit is counted in the metrics.
public struct ConsoleLimits: Sendable, Equatable {
    /// A larger request body is refused with 413.
    public var bodyBytes = 64 * 1_024
    /// Larger request heads are refused with 400.
    public var headBytes = 32 * 1_024
    public var headFields = 100
    /// Further connections wait in the system's queue.
    public var connections = 256
    /// Further viewers of the event stream are refused with 503.
    public var viewers = 64
    /// What may wait for one viewer; beyond it the viewer is dropped. How many events are kept for those that come back is
    /// the fleet's (`FleetEvent.kept`).
    public var viewerBacklogBytes = 1 << 20
    /// Requests of one token, or of everybody where none is needed. More are refused with 429.
    public var requestsPerSecond = 200.0
    public var requestBurst = 1_000
    /// Requests without a token that is known, of one address.
    public var strangersPerSecond = 10.0
    public var strangerBurst = 100
    /// Addresses of strangers that are told apart; beyond it all begin anew.
    public var strangers = 4_096
    /// Pages that may be signed in; beyond it the one that would end first is signed out.
    public var sessions = 1_000
    /// A connection that asks for nothing is closed after this.
    public var idleTimeout = Duration.seconds(60)
    /// From the head of a request to its end.
    public var requestTimeout = Duration.seconds(10)
    /// How long the other side may take nothing of what was sent.
    public var stallTimeout = Duration.seconds(10)
    /// A silent event stream gets a comment this often, so that nothing between takes it for dead.
    public var keepAlive = Duration.seconds(15)

    public init() {}
}
