public import HoldfastCore

/// What a gateway has seen and done since it started. As JSON it is the answer of `GET /stats`.
public struct GatewayStatistics: Sendable, Hashable, Encodable {
    /// One request for an upgrade, whatever the answer was.
    public struct Connect: Sendable, Hashable {
        public enum Outcome: Sendable, Hashable {
            /// Answered with 101.
            case accepted
            /// Answered with this HTTP status.
            case status(Int)
            /// Reset by the fault `refuse`.
            case refused
            /// Not answered: the fault `blackhole`.
            case unanswered
        }

        /// Nil as long as the account is not known: its name is not in the path and it has not registered.
        public var account: String?
        public var at: WallTime
        public var outcome: Outcome
    }

    /// Connects that were requested within one second of the calendar.
    public struct ConnectRate: Sendable, Hashable, Encodable {
        /// Seconds since 1970.
        public var second: Int64
        public var connects: Int
    }

    /// A message that a client sent, by its client id.
    public struct Send: Sendable, Hashable, Encodable {
        public var uuid: String
        /// Without the domain behind the `@`.
        public var chat: String
        public var text: String
        /// How often it came.
        public var count: Int
    }

    /// The first 100 000; `connectsTotal` counts on.
    public internal(set) var connects: [Connect] = []
    public internal(set) var connectsTotal = 0
    /// The last 600 seconds that had any.
    public internal(set) var connectsPerSecond: [ConnectRate] = []
    /// TCP connections accepted.
    public internal(set) var accepts = 0
    /// Sessions from the accepted upgrade until the socket is closed.
    public internal(set) var live = 0
    public internal(set) var maxLive = 0
    /// The most sessions that one account had at the same time: 1, if nobody ever had two sockets.
    public internal(set) var maxLivePerAccount = 0
    /// Registrations answered with 200.
    public internal(set) var registrations = 0
    /// Registrations answered with another code.
    public internal(set) var registrationsRefused = 0
    /// Heartbeats received, answered or not.
    public internal(set) var heartbeats = 0
    /// Ping frames received.
    public internal(set) var pings = 0
    /// Pushes sent for the first time.
    public internal(set) var pushed = 0
    /// Messages in them.
    public internal(set) var pushedMessages = 0
    /// Pushes sent again because they were not acknowledged.
    public internal(set) var redelivered = 0
    /// Pushes acknowledged: each counts once.
    public internal(set) var acked = 0
    /// Acknowledgements of nothing that was open: a second one, or an unknown `mid`.
    public internal(set) var unknownAcks = 0
    /// The first 100 000, of each text the first 1 000 characters; `sendsTotal` counts on, repetitions included.
    public internal(set) var sends: [Send] = []
    public internal(set) var sendsTotal = 0
    /// Text frames that are no LWP.
    public internal(set) var badFrames = 0
    /// Sessions ended because the client broke the WebSocket protocol.
    public internal(set) var violations = 0
    /// Sessions that the client closed with a closing handshake, by the close code.
    public internal(set) var closes: [String: Int] = [:]
    public internal(set) var login = LoginStatistics()

    enum CodingKeys: String, CodingKey {
        case connects, live, heartbeats, pushed, acked, sends, accepts, registrations, pings, redelivered, violations,
            closes, login
        case connectsTotal = "connects_total"
        case connectsPerSecond = "connects_per_second"
        case maxLive = "max_live"
        case maxLivePerAccount = "max_live_per_account"
        case registrationsRefused = "registrations_refused"
        case pushedMessages = "pushed_messages"
        case unknownAcks = "unknown_acks"
        case sendsTotal = "sends_total"
        case badFrames = "bad_frames"
    }
}

extension GatewayStatistics.Connect: Encodable {
    private enum CodingKeys: String, CodingKey {
        case account, at, outcome
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(account, forKey: .account)
        try container.encode(at.rfc3339, forKey: .at)
        try container.encode(outcome.name, forKey: .outcome)
    }
}

extension GatewayStatistics.Connect.Outcome {
    /// As it stands in JSON: `accepted`, `status_503`, `refused`, `unanswered`.
    public var name: String {
        switch self {
        case .accepted: "accepted"
        case .status(let code): "status_\(code)"
        case .refused: "refused"
        case .unanswered: "unanswered"
        }
    }
}
