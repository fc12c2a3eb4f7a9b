public import HoldfastCore

/// How a virtual gateway behaves. It is fair unless a test says otherwise.
public struct Weather: Hashable, Sendable {
    /// What becomes of an attempt until its socket is upgraded.
    public enum Connecting: Hashable, Sendable {
        case accept
        /// The name does not exist.
        case unknownName
        /// Nobody listens: ECONNREFUSED.
        case refuse
        /// The attempt gets as far as this phase and then hears nothing more; `.connect` is a black hole.
        case stall(Phase)
        /// The stream ends while the upgrade is awaited.
        case drop
        /// The upgrade is answered with this status.
        case refuseUpgrade(status: Int, retryAfter: Duration?)
        case badCertificate
    }

    /// What becomes of a registration.
    public enum Registering: Hashable, Sendable {
        case accept
        case reject(code: Int)
        case ignore
    }

    /// What becomes of a heartbeat.
    public enum Answering: Hashable, Sendable {
        case positive
        case negative
        /// The socket lives, the application does not.
        case ignore
    }

    /// How every connection ends by itself.
    public struct Ending: Hashable, Sendable {
        /// Counted from the registration.
        public var after: Duration
        public var cause: FailureCause

        public init(after: Duration, cause: FailureCause) {
            self.after = after
            self.cause = cause
        }
    }

    /// How many handshakes a gateway can do. Those that come faster wait for their turn, and whoever would wait longer than
    /// `longestWait` is answered 503 at once.
    public struct Capacity: Hashable, Sendable {
        public var handshakesPerSecond: Double
        public var longestWait: Duration

        public init(handshakesPerSecond: Double, longestWait: Duration = .seconds(5)) {
            self.handshakesPerSecond = handshakesPerSecond
            self.longestWait = longestWait
        }
    }

    public var connecting = Connecting.accept
    public var registering = Registering.accept
    public var answering = Answering.positive
    public var ending: Ending?
    /// Nothing comes through on sockets that are open, in either direction, and nobody is told.
    public var isSwallowing = false
    /// Replies do not say which heartbeat they answer.
    public var repliesAreUnnamed = false
    /// The interval of heartbeats that the gateway dictates to each connection before it registers.
    public var dictates: Duration?
    public var replyTime = ReplyTime()
    /// How many handshakes it can do; nil: as many as come.
    public var capacity: Capacity?

    public init() {}

    public init(connecting: Connecting) {
        self.connecting = connecting
    }

    public static let fair = Weather()

    /// Every heartbeat is answered well, before this time is over.
    func answersWithin(_ limit: Duration) -> Bool {
        let longest = replyTime.spikeShare > 0 ? max(replyTime.longest, replyTime.spike) : replyTime.longest
        return !isSwallowing && answering == .positive && longest < limit
    }

    /// Everything vanishes: packets of new connections and of open ones.
    public static let blackHole: Weather = {
        var weather = Weather(connecting: .stall(.connect))
        weather.isSwallowing = true
        return weather
    }()

    /// What we send gets lost, and what the gateway sends arrives.
    public static let deaf: Weather = {
        var weather = Weather(connecting: .stall(.connect))
        weather.registering = .ignore
        weather.answering = .ignore
        return weather
    }()

    /// Connections and registrations work, heartbeats are not answered.
    public static let mute: Weather = {
        var weather = Weather()
        weather.answering = .ignore
        return weather
    }()
}

/// How long a gateway takes to answer.
public struct ReplyTime: Hashable, Sendable {
    public var shortest: Duration = .milliseconds(10)
    public var longest: Duration = .milliseconds(90)
    /// Share of answers (0 … 1) that take up to `spike` instead.
    public var spikeShare = 0.0
    public var spike: Duration = .seconds(4)

    public init() {}

    func draw(using generator: inout SeededGenerator) -> Duration {
        if spikeShare > 0, Double.random(in: 0..<1, using: &generator) < spikeShare {
            return generator.duration(from: longest, to: spike)
        }
        return generator.duration(from: shortest, to: longest)
    }
}

/// What a test makes happen at a time of its choice.
public enum WorldAction: Hashable, Sendable {
    case weather(endpoint: Int, Weather)
    /// The same for a share (0 … 1) of its accounts, as where one of two networks fails.
    case weatherForSome(endpoint: Int, share: Double, Weather)
    /// The gateway ends the connections of a share of its accounts and refuses their tokens until they have got others.
    case expireTokens(endpoint: Int, share: Double)
    /// What logins come to from now on, drawn evenly.
    case logins([RenewalOutcome])
    /// A share (0 … 1) of an endpoint's open sockets ends with this cause.
    case drop(endpoint: Int, share: Double, FailureCause)
    /// The gateway asks all that are connected to connect anew within this time.
    case askToReconnect(endpoint: Int, within: Duration)
    case command(account: Int, SessionCommand)
    /// The same for every account, where it applies.
    case commandAll(SessionCommand)
    /// The operator puts another credential in place.
    case credentialChanged(account: Int)
    /// A business message arrives, if the account is connected.
    case message(account: Int)
    /// What the account delivers cannot be taken for this long.
    case pauseReading(account: Int, Duration)
    /// Our process stands still for this long, and notices it afterwards.
    case freeze(Duration)
    /// How our disk takes what is written from now on: full, nothing is kept, and no login may begin; else after this time.
    case disk(isFull: Bool, delay: Duration)
    /// Our process is killed, and another begins this long after it with what the store has kept.
    case restart(after: Duration)
}
