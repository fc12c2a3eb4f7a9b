/// Limits and shared parts of a link. Sizes are per link.
public struct LinkOptions: Sendable {
    /// The largest frame accepted from the peer.
    public var frameLimitBytes = 1 << 20
    /// The largest message accepted from the peer, all its fragments together.
    public var messageLimitBytes = 4 << 20
    /// Compression to offer; nil offers none.
    public var deflate: DeflateOptions?
    /// What may wait for a peer that does not read. Beyond it the link ends with `FailureCause.outOfMemory`.
    public var maxBufferedBytes = 8 << 20
    /// How long the closing handshake may take; then the socket is dropped.
    public var closeTimeout: Duration = .seconds(5)
    /// Looks names up; share one, since it is what keeps a mass reconnect from looking one name up thousands of times.
    public var resolver = NameResolver.shared
    /// Holds the TLS contexts; share one, since a context with the system's roots costs megabytes.
    public var tlsContexts = TLSContexts.shared

    /// The defaults.
    public init() {}

    /// Forgets the names and TLS contexts that are kept; what links use stays with them.
    public func forgetLookUps() {
        resolver.forgetAll()
        tlsContexts.forgetAll()
    }

    /// How long to wait for the body of an answer that refuses the upgrade, and how much of it is kept for people.
    static let refusalBodyTimeout: Duration = .seconds(1)
    static let refusalBodyLimitBytes = 1024
    /// How long a peer that broke the protocol may take to read why and to end the stream, but no longer than `closeTimeout`.
    static let farewellTimeout: Duration = .seconds(1)
    /// What is read from the socket at once: before a link is open, when what a gateway shows in its TLS handshake would otherwise make
    /// the channel keep kilobytes for good; after that; and after that over TLS, where a record has no more than this.
    static let readBytesBeforeOpen = 512
    static let readBytes = 64 << 10
    static let tlsReadBytes = 16 << 10
    /// What is handed to the socket at once. More than that stays with us, where a heartbeat can still overtake it.
    static let chunkBytes = 64 << 10
}
