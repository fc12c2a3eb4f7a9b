public import HoldfastCore
public import NIOCore

/// Whose link it is: a slot of the owner's and the generation of the attempt. Comes back with every report, so that a
/// report of an old link is told from one of the new.
public struct LinkTag: Hashable, Sendable {
    /// The owner's place for the session.
    public var slot: UInt32
    /// Which attempt of the session.
    public var generation: UInt32

    public init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
}

/// Hears what happens to links. Every call is made on the link's event loop, and never from within a call of the link's
/// own methods; from within a report every method of the link may be called.
public protocol LinkDelegate: AnyObject {
    /// A phase begins: `resolve`, `connect`, `tls` (for `wss`), `upgrade`, in this order.
    func link(_ tag: LinkTag, entered phase: Phase)

    /// The upgrade is done and checked: messages can be sent.
    func linkOpened(_ tag: LinkTag)

    /// A whole message; text has been checked to be UTF-8. The buffer shares its memory with what else was read, so
    /// copy what is to be kept for long.
    func link(_ tag: LinkTag, received message: ByteBuffer, isText: Bool)

    /// The peer answered a ping, or sent a pong unasked.
    func link(_ tag: LinkTag, receivedPong payload: ByteBuffer)

    /// All that could be read at once has been reported. Called after every read of an open link, a ping or part of a
    /// frame included: a sign of life, and the place to flush what the messages gave rise to.
    func linkReadCompleted(_ tag: LinkTag)

    /// After a flush that left bytes behind: the socket has taken them all.
    func linkDrained(_ tag: LinkTag)

    /// The socket is gone. The last report, and made once, unless `abort` was called.
    func linkClosed(_ tag: LinkTag, _ error: LinkError)
}
