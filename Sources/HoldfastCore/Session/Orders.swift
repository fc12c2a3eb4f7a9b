/// What a session wants done after an event: a small value without allocation. The lane carries it out in the order of
/// the fields and asks nothing back; what comes of it arrives as another event.
public struct Orders: Hashable, Sendable {
    /// About the gate that all sessions share.
    public enum Slot: Hashable, Sendable {
        case none
        /// Ask for a slot for this generation. Asking again for the same generation changes nothing.
        case request
        /// The attempt this slot was for is over, or was never begun; the outcome feeds the endpoint's breaker.
        case giveBack(AttemptOutcome)
    }

    /// About the connection of the current generation.
    public enum Link: Hashable, Sendable {
        case none
        /// Begin an attempt under `Session.generation`.
        case connect
        /// The socket is upgraded: send the registration.
        case register
        /// Close politely with this code; the wire aborts by itself when the close deadline passes. The session hears
        /// `linkClosed` when the socket is gone.
        case close(code: UInt16)
        /// Drop the socket now. When the call returns it is gone, and nothing more is heard of it.
        case abort
    }

    public var slot: Slot = .none
    public var link: Link = .none
    /// Number of a heartbeat to be sent now, ahead of data.
    public var beat: UInt32? = nil
    /// Ask the renewal desk for another credential. Asking again while one is being got changes nothing.
    public var renew = false
    /// Free everything that belongs to this incarnation, read the account's record anew, then tell `released`.
    public var releaseIncarnation = false
    /// Changes of state in their order; at most three in one event.
    public var transitions = Transitions()
    public var notes: Notes = []

    public init() {}

    public static let nothing = Orders()

    /// Things that happened which are counted or told, and change nothing.
    public struct Notes: OptionSet, Hashable, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// A heartbeat's reply deadline passed, or its reply was not positive, or the socket did not take it in time.
        public static let heartbeatMissed = Notes(rawValue: 1 << 0)
        /// A reply came later than `slowAfter`.
        public static let replySlow = Notes(rawValue: 1 << 1)
        /// No business message for `quietAfter`; said once per silence.
        public static let quiet = Notes(rawValue: 1 << 2)
        /// The first failure of an outage: worth one line in the log.
        public static let outageBegan = Notes(rawValue: 1 << 3)
        /// Connected again, or stable again after flapping: worth the other line.
        public static let outageEnded = Notes(rawValue: 1 << 4)
        /// The session was stuck and has been reset (C7).
        public static let stuckReset = Notes(rawValue: 1 << 5)
        /// The ladder or an operator restarts the instance.
        public static let restarted = Notes(rawValue: 1 << 6)
        public static let quarantineBegan = Notes(rawValue: 1 << 7)
        public static let quarantineEnded = Notes(rawValue: 1 << 8)
        /// A transition that the table forbids was asked for; the account was reset instead (C1).
        public static let illegalTransition = Notes(rawValue: 1 << 9)
        /// 60 s of connection: failures and rung are forgotten.
        public static let stable = Notes(rawValue: 1 << 10)
        /// An event of an older generation was ignored.
        public static let staleEvent = Notes(rawValue: 1 << 11)
        /// What must survive a restart of the process has changed: `Session.memory`.
        public static let memoryChanged = Notes(rawValue: 1 << 12)
    }

    /// Up to three transitions without an array.
    public struct Transitions: Hashable, Sendable {
        public private(set) var first: Transition?
        public private(set) var second: Transition?
        public private(set) var third: Transition?

        public init() {}

        public var isEmpty: Bool { first == nil }

        mutating func append(_ transition: Transition) {
            if first == nil {
                first = transition
            } else if second == nil {
                second = transition
            } else {
                third = transition
            }
        }

        public func forEach(_ body: (Transition) throws -> Void) rethrows {
            if let first { try body(first) }
            if let second { try body(second) }
            if let third { try body(third) }
        }
    }
}

/// What became of an attempt, as far as the gates care.
public enum AttemptOutcome: UInt8, Hashable, Sendable {
    /// The gateway answered the registration positively.
    case succeeded
    /// It failed in a way that speaks against the endpoint: class `network` or `server`.
    case endpointFailed
    /// It failed in a way that says nothing about the endpoint, for instance `auth`.
    case accountFailed
    /// It was given up by us, before it could tell anything.
    case abandoned
}
