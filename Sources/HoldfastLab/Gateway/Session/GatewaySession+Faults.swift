import Glibc
import HoldfastCore
import HoldfastWire
import NIOCore

extension GatewaySession {
    /// The faults may have changed, or the account has become known.
    func faultsChanged() {
        switch stage {
        case .held:
            guard isSilent else { return }
            speakAgain()
            answerRequest()
        case .open: change(to: lane.plan.first(for: account?.name))
        case .request, .closing, .ended: return
        }
        flush()
    }

    private func change(to next: StandingFault<Fault>?) {
        guard next !== standing else { return }
        leaveFault()
        standing = next
        if let next { enter(next.fault) }
    }

    private func leaveFault() {
        faultTimer?.cancel()
        faultTimer = nil
        isFaultActive = false
        if isSilent { speakAgain() }
        sendAllLate()
        standing = nil
    }

    private func enter(_ fault: Fault) {
        switch fault.kind {
        case .reset: whenDue(fault) { $0.reset() }
        case .eof: whenDue(fault) { $0.endStream() }
        case .close:
            whenDue(fault) { $0.startClosing(code: fault.effectiveCode, reason: "the gateway was told to close") }
        case .expireToken:
            guard isRegistered else { return }
            whenDue(fault) { $0.startClosing(code: fault.effectiveCode, reason: "the token has expired") }
        case .blackhole: whenDue(fault) { $0.beSilent() }
        case .mute: whenDue(fault) { $0.isFaultActive = true }
        case .oversize: whenDue(fault) { $0.sendOversize() }
        case .garbage: keepSendingGarbage(fault, number: 0)
        case .slow, .refuse, .upgradeStatus, .rejectRegister, .ignoreRegister: break
        }
    }

    private func whenDue(_ fault: Fault, _ act: @escaping (GatewaySession) -> Void) {
        faultTimer = after(fault.terms.delay, act)
    }
}

// MARK: - Ends

extension GatewaySession {
    /// RST: the socket is closed with nothing lingering.
    func reset() {
        flush()
        stage = .ended
        let socket = context?.channel as? any SocketOptionProvider
        _ = socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        contextBelowTLS?.close(promise: nil)
    }

    /// FIN, and no word before it. The socket stays until the client closes its side, but not for long.
    private func endStream() {
        flush()
        stage = .ended
        contextBelowTLS?.close(mode: .output, promise: nil)
        closeWithinPatience()
    }

    /// A close frame; the socket closes when the client has answered it, or its time is over.
    func startClosing(code: Int, reason: String) {
        guard stage == .open else { return }
        sendNow(CloseFrame(code: UInt16(exactly: code) ?? 1000, reason: reason).payload, opcode: .close)
        stage = .closing
        flush()
        closeWithinPatience()
    }

    private func closeWithinPatience() {
        faultTimer = lane.loop.assumeIsolated().scheduleTask(in: Self.closePatience) { [weak self] in self?.abandon() }
    }
}

// MARK: - Silence

extension GatewaySession {
    /// Stops reading and writing. What the client sends stays in the kernel, and is read when this ends.
    func beSilent() {
        flush()
        isSilent = true
        setReading(false)
    }

    private func speakAgain() {
        isSilent = false
        setReading(true)
        pump()
    }

    func setReading(_ isOn: Bool) {
        // Fails only on a channel that is closed, where it does not matter.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}

// MARK: - Late output

/// Frames of a slow session in the order in which they are due.
final class LateOutput {
    /// Beyond it no pushes are added: a slow session must not collect all that somebody pushes to it.
    static let pushLimit = 1_000
    /// Beyond it nothing at all is added; what does not fit is never sent.
    static let limit = 10_000

    fileprivate(set) var frames = CircularBuffer<(due: NIODeadline, bytes: ByteBuffer)>()
    fileprivate(set) var timer: Scheduled<Void>?
}

extension GatewaySession {
    func sendLate(_ payload: ByteBuffer, opcode: Opcode) {
        guard let fault = standing?.fault else { return }
        let late = late ?? LateOutput()
        self.late = late
        guard late.frames.count < LateOutput.limit else { return }
        var bytes = ByteBuffer()
        FrameEncoder.encode(payload, opcode: opcode, maskKey: nil, into: &bytes)
        late.frames.append((.now() + TimeAmount(fault.effectiveDelay), bytes))
        if late.timer == nil { waitForLate(late) }
    }

    private func waitForLate(_ late: LateOutput) {
        guard let first = late.frames.first else { return }
        late.timer = lane.loop.assumeIsolated().scheduleTask(deadline: first.due) { [weak self] in
            late.timer = nil
            self?.sendDueLate()
        }
    }

    private func sendDueLate() {
        guard let late, stage == .open else { return }
        let now = NIODeadline.now()
        while let first = late.frames.first, first.due <= now {
            late.frames.removeFirst()
            lane.output.writeImmutableBuffer(first.bytes)
        }
        flush()
        waitForLate(late)
        pump()
    }

    /// The session is slow no longer: what waits goes out now, in its order.
    private func sendAllLate() {
        guard let late else { return }
        late.timer?.cancel()
        self.late = nil
        guard stage == .open else { return }
        for frame in late.frames { lane.output.writeImmutableBuffer(frame.bytes) }
        flush()
        pump()
    }
}
