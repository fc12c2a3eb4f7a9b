import HoldfastCore
import NIOCore

extension Link {
    /// Stops reading from the socket, and the delivery of what has been read already. The kernel's buffers fill, and the
    /// peer is slowed down. Pings are not answered meanwhile. A stream that ends is reported only when what came before
    /// has been delivered.
    public func pauseReading() {
        guard isDelivering, !isPaused else { return }
        isPaused = true
        setAutoRead(false)
    }

    /// Goes on reading. What was read before comes in the loop's next round.
    public func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        setAutoRead(true)
        decodeUnread()
    }

    /// Goes on with what was read while reading was paused, in the loop's next round.
    func decodeUnread() {
        guard unread != nil else { return }
        loop.assumeIsolated().execute { [self] in
            guard !isPaused, let input = unread.take() else { return }
            handleFrames(of: input)
            readCompleted()
            if case .draining(let error) = state, unread == nil { end(error) }
        }
    }

    func setAutoRead(_ isOn: Bool) {
        // Fails only on a channel that is closed, which does not read anyway.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    /// How much is read at once, into a buffer that the channel then keeps. It has one alone, since it reads once at a time.
    func limitReads(of channel: any Channel, toBytes limit: Int) {
        let allocator = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 256, maximum: limit)
        // These fail only on a channel that is closed.
        try? channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        try? channel.syncOptions?.setOption(.recvAllocator, value: allocator)
    }

    /// From now on the channel reads into what all links of the thread share.
    func shareReads(of channel: any Channel) {
        try? channel.syncOptions?.setOption(.recvAllocator, value: SharedReads())
        sharesReads = true
    }

    func received(_ input: ByteBuffer) {
        switch state {
        case .connecting(let attempt): received(input, during: attempt)
        case .open, .closing: decode(input)
        case .draining, .closed: break
        }
    }

    private func decode(_ input: ByteBuffer) {
        if var waiting = unread.take() {
            // Paused, or about to go on: the order must be kept.
            waiting.writeImmutableBuffer(input)
            unread = waiting
        } else if isFlushing {
            // A write failed, and the channel reads what is left before it closes. Nothing may be reported from within
            // the owner's call, and the link is about to end.
            unread = ReadBuffer.owned(input)
        } else {
            handleFrames(of: input)
        }
    }

    private func handleFrames(of input: ByteBuffer) {
        var input = input
        do {
            while isListening {
                if isPaused {
                    if input.readableBytes > 0 { unread = ReadBuffer.owned(input) }
                    return
                }
                guard let event = try assembler.next(from: &input) else { return }
                handle(event)
            }
        } catch {
            violated(error)
        }
    }

    /// Whether what the peer says still matters: until its close frame.
    private var isListening: Bool {
        switch state {
        case .open, .draining: true
        case .closing(let ending): ending.error == nil
        case .connecting, .closed: false
        }
    }

    /// Whether messages still go to the owner: not after a close frame, of either side.
    private var isDelivering: Bool {
        switch state {
        case .open, .draining: true
        case .connecting, .closing, .closed: false
        }
    }

    private func handle(_ event: WebSocketEvent) {
        if case .close(let frame) = event { return peerCloses(frame) }
        // After our close frame only the peer's matters.
        guard isDelivering else { return }
        switch event {
        case .message(let message, let isText): delegate?.link(tag, received: message, isText: isText)
        case .pong(let payload): delegate?.link(tag, receivedPong: payload)
        case .ping(let payload): outbound.answerPing(payload)
        case .close: break
        }
    }

    func readCompleted() {
        guard case .open = state, !isFlushing else { return }
        delegate?.linkReadCompleted(tag)
        if outbound.hasUrgent { flush() }
    }

    /// The peer broke the protocol: it is told so by the code it deserves (RFC 6455 §7.1.7), and has a moment to read it.
    /// Closing at once, with bytes of its own unread, would be a reset that can overtake the frame.
    private func violated(_ violation: ProtocolViolation) {
        let error = LinkError(.violation(violation), "the peer broke the protocol", violation.rawValue)
        guard case .open = state else { return end(error) }
        outbound.removeAll()
        outbound.append(
            CloseFrame(code: violation.closeCode, reason: violation.rawValue).payload, opcode: .close, isUrgent: true)
        flush()
        let ending = Ending()
        ending.error = error
        waitForEnd(ending, atMost: min(closeTimeout, LinkOptions.farewellTimeout))
    }

    /// The channel is gone.
    func streamEnded() {
        let error =
            writeError.map { .established(failed: $0) }
            ?? LinkError(.endOfStream, "the peer ended the connection without a close frame")
        switch state {
        case .connecting(let attempt):
            attemptEnded(attempt)
        case .open:
            drain(error)
        case .closing(let ending):
            finish(ending, error)
        case .draining, .closed:
            break
        }
    }

    func caught(_ error: any Error) {
        switch state {
        case .connecting(let attempt): end(.upgrading(attempt, failed: error, certificate: peerCertificate))
        case .open: drain(.established(failed: error))
        case .closing(let ending): finish(ending, .established(failed: error))
        case .draining, .closed: break
        }
    }

    /// Ends a link that was waiting for it.
    private func finish(_ ending: Ending, _ error: LinkError) {
        // What was read and not decoded may hold the peer's close frame; nothing else of it matters now.
        if let input = unread.take() { handleFrames(of: input) }
        end(ending.error ?? error)
    }

    /// Ends an open link whose stream is over, when what came before has been delivered.
    private func drain(_ error: LinkError) {
        guard unread != nil else { return end(error) }
        state = .draining(error)
        closeSocket(withReset: false)
        if !isPaused { decodeUnread() }
    }
}
