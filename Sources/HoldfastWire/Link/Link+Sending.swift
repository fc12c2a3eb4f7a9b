public import NIOCore

/// What a message is.
public enum MessageOpcode: Sendable {
    case text, binary

    var opcode: Opcode { self == .text ? .text : .binary }
}

/// The control frames an owner may send.
public enum ControlOpcode: Sendable {
    case ping, pong

    var opcode: Opcode { self == .ping ? .ping : .pong }
}

extension Link {
    /// Frames a message; it leaves with the next flush. Does nothing on a link that is not open.
    ///
    /// - Parameters:
    ///   - message: as text, UTF-8.
    ///   - isUrgent: goes before all that waits and is not urgent, as a heartbeat should.
    public func write(_ message: ByteBuffer, opcode: MessageOpcode, isUrgent: Bool = false) {
        guard case .open = state else { return }
        // What is urgent goes before messages that were compressed earlier, and a context would not survive that.
        if !isUrgent, let compressed = deflation?.compress(message) {
            append(compressed, opcode.opcode, isUrgent: false, isCompressed: true)
        } else {
            append(message, opcode.opcode, isUrgent: isUrgent)
        }
    }

    /// Frames what `body` writes, as what it says, without a buffer between; it leaves with the next flush. False, and nothing is
    /// framed, if it says nothing, and on a link that is not open.
    ///
    /// - Parameter isUrgent: goes before all that waits and is not urgent, as a heartbeat should.
    public func write(isUrgent: Bool = false, _ body: (inout ByteBuffer) -> FrameKind?) -> Bool {
        guard case .open = state else { return false }
        guard isUrgent || deflation == nil else {
            var payload = ByteBuffer()
            guard let kind = body(&payload) else { return false }
            send(payload, as: kind)
            return true
        }
        switch outbound.append(isUrgent: isUrgent, body) {
        case .framed: if outbound.bytes > maxBufferedBytes { endIfOverfull() }
        case .unframed(let kind, let payload): send(payload, as: kind, isUrgent: isUrgent)
        case .nothing: return false
        }
        return true
    }

    /// Frames a frame of a dialect; it leaves with the next flush.
    public func send(_ frame: ByteBuffer, as kind: FrameKind, isUrgent: Bool = false) {
        switch kind {
        case .text: write(frame, opcode: .text, isUrgent: isUrgent)
        case .binary: write(frame, opcode: .binary, isUrgent: isUrgent)
        case .ping: writeControl(.ping, payload: frame)
        }
    }

    /// Frames a control frame; it leaves with the next flush, before all that waits and is not urgent. Does nothing on a
    /// link that is not open. Pings of the peer are answered without this.
    ///
    /// - Parameter payload: of which 125 bytes are sent at most (RFC 6455 §5.5).
    public func writeControl(_ opcode: ControlOpcode, payload: ByteBuffer = ByteBuffer()) {
        var payload = payload
        let limited = payload.readSlice(length: min(payload.readableBytes, FrameHeader.controlLimitBytes))
        append(limited ?? payload, opcode.opcode, isUrgent: true)
    }

    private func append(_ payload: ByteBuffer, _ opcode: Opcode, isUrgent: Bool, isCompressed: Bool = false) {
        guard case .open = state else { return }
        outbound.append(payload, opcode: opcode, isUrgent: isUrgent, isCompressed: isCompressed)
        if outbound.bytes > maxBufferedBytes { endIfOverfull() }
    }

    /// Hands what was written to the socket, as far as it takes it; the rest follows by itself.
    public func flush() {
        guard !isFlushing, let context else { return }
        isFlushing = true
        let channel = context.channel
        while channel.isWritable, let chunk = outbound.next(chunkBytes: LinkOptions.chunkBytes) {
            // Where a write fails the channel only closes; why it did is told to its promise alone.
            let promise = loop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenFailure { [self] error in
                if writeError == nil { writeError = error as? IOError }
            }
            context.writeAndFlush(NIOAny(chunk), promise: promise)
        }
        isFlushing = false
        if !channel.isWritable, !outbound.isEmpty { endIfOverfull() }
    }

    /// Bytes that were written and not yet taken by the socket.
    public var bufferedBytes: Int {
        guard let channel = context?.channel, !channel.isWritable else { return outbound.bytes }
        return outbound.bytes + ((try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0)
    }

    private func endIfOverfull() {
        let bytes = bufferedBytes
        guard bytes > maxBufferedBytes else { return }
        end(
            LinkError(
                .outOfMemory, "the peer does not read", "\(bytes) bytes wait for it, \(maxBufferedBytes) are allowed"))
    }

    /// The socket has taken everything, or no longer takes everything.
    func writabilityChanged() {
        guard !isFlushing, let context, context.channel.isWritable else { return }
        if case .connecting = state { return }
        flush()
        guard case .open = state, outbound.isEmpty, context.channel.isWritable else { return }
        delegate?.linkDrained(tag)
    }
}
