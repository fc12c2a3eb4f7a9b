/// How the sockets of a link behave: a second line of defence beneath the heartbeats, which find a dead peer sooner, and the
/// address to connect from. Every socket sends at once what is written (TCP_NODELAY).
public struct TCPSettings: Hashable, Sendable {
    /// After this time without traffic the kernel asks the peer whether it is there, and gives up after three unanswered
    /// questions, each a third of this time later (SO_KEEPALIVE). Whole seconds; zero for never.
    public var keepAlive: Duration = .seconds(60)
    /// How long the kernel waits for the peer to acknowledge what was sent, or to take what it must wait for, before it ends
    /// the connection (TCP_USER_TIMEOUT, RFC 5482). Zero for the kernel's own patience, which is about 15 minutes.
    public var userTimeout: Duration = .seconds(90)
    /// The address to connect from; nil for the one that the kernel chooses. Gateways of the other family are then out of
    /// reach.
    public var localAddress: String?

    /// The defaults.
    public init() {}

    /// What the times may be; what is set is clamped to it.
    public static let times: ClosedRange<Duration> = .seconds(1)...(.seconds(3600))
    static let keepAliveProbes = 3
}
