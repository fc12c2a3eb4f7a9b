import HoldfastCore
public import NIOCore

/// One WebSocket connection of one attempt, from the resolution of the name to the close: it is opened once, reports to
/// its delegate, and is over when it is closed.
///
/// Confined to its event loop: everything is called there, and reported there. There are no locks, and nothing is
/// allocated for a frame but its bytes. Of the phases only the closing handshake has a deadline here; the owner's rules
/// know the others and call `abort`.
///
/// A link that is open and at rest is this object, its channel, and one small read buffer.
public final class Link {
    /// Where the link is. Each state holds what only it needs.
    enum State {
        /// From the start until the upgrade is checked → open, closed.
        case connecting(Attempt)
        /// → closing, draining, closed.
        case open
        /// A close frame was sent or received → closed.
        case closing(Ending)
        /// The stream ended, for this reason, and what came before is not delivered yet, since reading is paused → closed.
        case draining(LinkError)
        /// The socket is gone.
        case closed
    }

    /// What a link needs while it waits for the stream to end.
    final class Ending {
        /// How the peer's close frame, once it came, is to be reported.
        var error: LinkError?
        var deadline: Scheduled<Void>?
    }

    /// Whose link it is: comes back with every report.
    public let tag: LinkTag
    let loop: any EventLoop
    var delegate: (any LinkDelegate)?
    var state: State
    // Not checked at run time for overlapping access, here and below: read and written in one step each, or, as the assembler,
    // within one call of a method that knows no link (decision 0025).
    @exclusivity(unchecked) var context: ChannelHandlerContext?
    @exclusivity(unchecked) var assembler: MessageAssembler
    var outbound: OutboundQueue
    /// Nil where nothing is compressed.
    var deflation: Deflation?
    /// What the server chose of the subprotocols offered; nil for none. Known once the link is open.
    public internal(set) var subprotocol: String?
    /// The peer agreed to compression. Known once the link is open.
    public var isCompressed: Bool { assembler.inflation != nil }
    /// What was read and not yet decoded, while reading is paused: one read, and where the stream ends meanwhile, what the
    /// kernel's receive buffer held.
    var unread: ByteBuffer?
    /// Why a write failed, for the report that follows when the channel has closed.
    var writeError: IOError?
    @exclusivity(unchecked) var isPaused = false
    /// Its channel reads into what all links of the thread share.
    var sharesReads = false
    @exclusivity(unchecked) var isFlushing = false
    let maxBufferedBytes: Int
    let closeTimeout: Duration

    private init(
        _ target: LinkTarget, options: LinkOptions, tag: LinkTag, delegate: any LinkDelegate, loop: any EventLoop
    ) {
        self.tag = tag
        self.loop = loop
        self.delegate = delegate
        state = .connecting(Attempt(target, options))
        assembler = MessageAssembler(
            role: .client, frameLimitBytes: options.frameLimitBytes, messageLimitBytes: options.messageLimitBytes)
        outbound = OutboundQueue(maskKeys: .current)
        maxBufferedBytes = options.maxBufferedBytes
        closeTimeout = options.closeTimeout
    }

    /// Whether messages can be sent: from `linkOpened` until a close frame was sent or received.
    public var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Why nothing can be sent any more, though `linkClosed` is still to come; nil on a link that is open.
    var closing: LinkError? {
        switch state {
        case .open: nil
        case .draining(let error): error
        case .closing(let ending): ending.error ?? LinkError(.closed(code: nil), "the connection is being closed")
        case .connecting, .closed: LinkError(.endOfStream, "the connection is not open")
        }
    }

    /// Starts an attempt. Nothing is reported before this call has returned.
    ///
    /// - Parameters:
    ///   - tag: comes back with every report.
    ///   - delegate: kept until the link is closed or aborted.
    ///   - loop: the event loop this is called on, of a `MultiThreadedEventLoopGroup`.
    public static func open(
        _ target: LinkTarget,
        options: LinkOptions = LinkOptions(),
        tag: LinkTag,
        delegate: any LinkDelegate,
        on loop: any EventLoop
    ) -> Link {
        let link = Link(target, options: options, tag: tag, delegate: delegate, loop: loop)
        loop.assumeIsolated().execute { link.start() }
        return link
    }

    /// Drops the socket: when this returns it is gone, without a farewell of WebSocket, TLS or TCP (the peer sees a
    /// reset), and nothing more is reported.
    public func abort() {
        delegate = nil
        drop(withReset: true)
    }

    /// Ends the link: the socket is gone at once, the report is made in the loop's next round.
    func end(_ error: LinkError) {
        if case .closed = state { return }
        drop(withReset: false)
        loop.assumeIsolated().execute { [self] in
            let delegate = delegate.take()
            delegate?.linkClosed(tag, error)
        }
    }

    private func drop(withReset: Bool) {
        switch state {
        case .closed: return
        case .connecting(let attempt): attempt.stop()
        case .closing(let ending): ending.deadline?.cancel()
        case .open, .draining: break
        }
        state = .closed
        outbound.removeAll()
        unread = nil
        deflation = nil
        assembler.use(nil)
        closeSocket(withReset: withReset)
    }
}
