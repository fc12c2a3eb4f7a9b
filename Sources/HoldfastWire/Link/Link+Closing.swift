import Glibc
import HoldfastCore
import NIOCore
import NIOSSL

extension Link {
    /// Begins the closing handshake: what was written leaves first, then a close frame; then the peer has `closeTimeout`
    /// to answer it and to end the stream. A link that is not open yet is dropped. No message is delivered any more, also
    /// none of those that wait while reading is paused. `linkClosed` tells when the socket is gone.
    ///
    /// - Parameters:
    ///   - code: one that may be sent (RFC 6455 §7.4); any other leaves the close frame empty.
    ///   - reason: for people; of which 123 bytes are sent at most.
    public func close(code: UInt16, reason: String = "") {
        switch state {
        case .open:
            sendClose(CloseFrame(code: code, reason: reason))
            waitForEnd(Ending())
        case .connecting(let attempt):
            end(LinkError(.closed(code: nil), attempt.doing, "closed by us"))
        case .draining(let error):
            end(error)
        case .closing, .closed:
            break
        }
    }

    private func sendClose(_ frame: CloseFrame) {
        outbound.append(frame.payload, opcode: .close, isUrgent: false)
        flush()
    }

    /// The peer's close frame: answered if it is the first, and then nothing is left but to wait for the end of the
    /// stream. The server ends it (RFC 6455 §7.1.1), so that it is the server that keeps the address in TIME_WAIT; one
    /// that does not gets the same deadline.
    func peerCloses(_ frame: CloseFrame) {
        let error = LinkError(
            .closed(code: frame.code),
            "the peer closed the connection with \(frame.code.map(String.init) ?? "no code")",
            said: UpgradeRefusal.legible(frame.reason))
        switch state {
        case .open:
            sendClose(CloseFrame(code: frame.code))
            let ending = Ending()
            ending.error = error
            waitForEnd(ending)
        case .closing(let ending):
            ending.error = error
        case .draining:
            end(error)
        case .connecting, .closed:
            break
        }
    }

    /// - Parameter timeout: nil for `closeTimeout`.
    func waitForEnd(_ ending: Ending, atMost timeout: Duration? = nil) {
        // The answer may have been the last straw for `maxBufferedBytes`.
        guard case .open = state else { return }
        state = .closing(ending)
        if isPaused {
            isPaused = false
            setAutoRead(true)
            // The peer's close frame may be in it; and what comes is put behind it until it is decoded.
            decodeUnread()
        }
        ending.deadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(timeout ?? closeTimeout)) { [self] in
            end(ending.error ?? LinkError(.timeout(.close), "the peer did not answer our close frame"))
        }
    }

    /// Closes the socket beneath TLS, whose own farewell would wait for the peer. It is closed when this returns.
    func closeSocket(withReset: Bool) {
        guard let context = context.take() else { return }
        if withReset {
            // Without this the kernel would go on for minutes to send what a dead peer does not take.
            _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        (tls ?? context).close(promise: nil)
    }

    /// What the peer showed in its TLS handshake.
    var peerCertificate: NIOSSLCertificate? {
        (try? context?.pipeline.syncOperations.nioSSL_peerCertificate()) ?? nil
    }
}
