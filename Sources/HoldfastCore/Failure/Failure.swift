/// What kind of trouble a failure is (F1). The class decides how long to wait and whether the ladder is climbed.
public enum FailureClass: String, Hashable, Sendable, CaseIterable {
    /// The peer, or something between, ended a connection: end of stream, reset, a clean close.
    case dropped
    /// The endpoint could not be reached, or went silent.
    case network
    /// The endpoint answered that it cannot serve now.
    case server
    /// The endpoint does not accept who we are.
    case auth
    /// The peer broke the protocol.
    case `protocol`
    /// Trying again will not help until somebody changes something.
    case permanent
    /// Our own handling of messages failed. Never touches the connection.
    case handler
    /// Our own machine is out of something: descriptors, memory, disk.
    case system
}

/// The phases of an attempt, in their order (C6).
public enum Phase: UInt8, Hashable, Sendable, CaseIterable {
    case resolve, connect, tls, upgrade, register
    /// Registered: the phase in which a session spends its life.
    case established
    case close

    /// The name in the API, in failure codes and in logs.
    public var name: String {
        switch self {
        case .resolve: "resolve"
        case .connect: "connect"
        case .tls: "tls"
        case .upgrade: "upgrade"
        case .register: "register"
        case .established: "established"
        case .close: "close"
        }
    }
}

/// One failure, small enough to be kept by every session: a class, a code, and where it happened.
///
/// The code is stable (`class.detail`, for instance `network.refused`); the list is in the docs. The sentence for a
/// person and the chain of causes are made outside Core, from the code and from what the wire saw.
public struct Failure: Hashable, Sendable {
    public var `class`: FailureClass
    public var detail: FailureDetail
    /// What the detail counts: a close code, an HTTP status, an errno, a register code. 0 where there is none.
    public var number: Int32
    public var phase: Phase
    /// What the peer asked us to wait at least (`Retry-After`), already capped; `.zero` if it did not.
    public var retryAfter: Duration

    public init(
        _ class: FailureClass, _ detail: FailureDetail, number: Int32 = 0, phase: Phase, retryAfter: Duration = .zero
    ) {
        self.class = `class`
        self.detail = detail
        self.number = number
        self.phase = phase
        self.retryAfter = retryAfter
    }

    /// The stable code, for instance `dropped.close_1001` or `network.timeout_tls`.
    public var code: String {
        "\(`class`.rawValue).\(detail.text(number: number))"
    }
}
