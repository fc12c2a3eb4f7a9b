import HoldfastCore
import HoldfastWire
import NIOCore
import NIOSSL

/// One connection to the gateway, from accept to close: the only handler of its channel (below it TLS, if there is any).
///
/// Kept small, because a benchmark has twenty thousand of them: a timer exists only while something is awaited, and output is
/// collected in a buffer that all sessions of the loop share.
final class GatewaySession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Stage {
        /// The request for the upgrade is being read.
        case request
        /// The request is read, and its answer waits for something.
        case held
        /// The upgrade was accepted.
        case open
        /// A close frame was sent; the client's is awaited.
        case closing
        /// Nothing is read or answered any more, the socket is about to close.
        case ended
    }

    /// How long the client may take to end a connection that the gateway has ended on its side.
    static let closePatience = TimeAmount.seconds(5)
    static let frameLimitBytes = 1 << 20
    static let messageLimitBytes = 4 << 20

    let lane: Lane
    /// Its place in the lane, from `channelActive` to `channelInactive`.
    var id: SessionID?
    var context: ChannelHandlerContext?
    var stage = Stage.request
    /// Only until the request is read.
    var parser: HTTPHeadParser? = HTTPHeadParser(.request)
    /// The request, while its answer waits.
    var request: UpgradeRequest?
    var assembler = MessageAssembler(
        role: .server, frameLimitBytes: GatewaySession.frameLimitBytes,
        messageLimitBytes: GatewaySession.messageLimitBytes)
    /// Nil where nothing is compressed.
    var deflation: Deflation?
    /// This connect's place in the ledger.
    var connect: Ledger.ConnectID?
    var account: Account?
    /// Whether it counts as a live session.
    var isLive = false
    var isRegistered = false
    /// When the token it registered with expires; nil if it does not.
    var tokenExpires: WallTime?

    // Faults.
    var standing: StandingFault<Fault>?
    /// The fault's delay is over.
    var isFaultActive = false
    /// Nothing is read or written.
    var isSilent = false
    var faultTimer: Scheduled<Void>?
    /// Output of a slow session that is not due yet; nil in every other session.
    var late: LateOutput?

    // Pushes.
    /// Acknowledgements of this read have made room for more.
    var wantsPump = false
    var pushTimer: (due: NIODeadline, task: Scheduled<Void>)?

    init(lane: Lane) {
        self.lane = lane
    }
}

// MARK: - The channel's life

extension GatewaySession {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        lane.core.ledger.accepted()
        id = lane.add(self)
        if id == nil { abandon() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stage = .ended
        faultTimer?.cancel()
        pushTimer?.task.cancel()
        late?.timer?.cancel()
        leaveCounts()
        if let id { lane.remove(id) }
        id = nil
        context.fireChannelInactive()
    }

    /// The session is over as far as the statistics are concerned.
    func leaveCounts() {
        guard isLive else { return }
        isLive = false
        lane.core.ledger.closed()
        if let id { account?.closed(id) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset by the client, or TLS that failed. There is nobody to tell.
        abandon()
    }
}

// MARK: - Reading

extension GatewaySession {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A channel that is told not to read still hands on what is there when the client has closed.
        guard !isSilent else { return }
        var input = unwrapInboundIn(data)
        do throws(ProtocolViolation) {
            while input.readableBytes > 0, try step(&input) {}
        } catch {
            fail(error)
        }
        writeOutput()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if wantsPump {
            wantsPump = false
            pump()
        }
        context.flush()
    }

    /// Takes the next thing from the input. Returns false if the input ends before it, or nobody listens any more.
    private func step(_ input: inout ByteBuffer) throws(ProtocolViolation) -> Bool {
        switch stage {
        case .request:
            guard let head = try parser?.next(from: &input) else { return false }
            parser = nil
            received(head)
            return true
        case .open, .closing:
            guard let event = try assembler.next(from: &input) else { return false }
            received(event)
            return true
        case .held, .ended:
            // A client that sends before it has an answer breaks the protocol; what it sent is lost.
            return false
        }
    }

    private func received(_ event: WebSocketEvent) {
        switch event {
        case .message(let message, let isText):
            guard stage == .open else { return }
            received(message, isText: isText)
        case .ping(let payload):
            lane.counters.pings.increment()
            send(payload, opcode: .pong)
        case .pong: break
        case .close(let frame):
            if stage == .open {
                lane.counters.closed(by: frame.code)
                sendNow(CloseFrame(code: frame.code).payload, opcode: .close)
            }
            end()
        }
    }

    private func fail(_ violation: ProtocolViolation) {
        lane.counters.violations.increment()
        if stage == .request {
            refuse(status: 400, why: "this is not an HTTP request: \(violation.rawValue)")
        } else {
            sendNow(CloseFrame(code: violation.closeCode, reason: violation.rawValue).payload, opcode: .close)
            end()
        }
    }
}

// MARK: - Writing

extension GatewaySession {
    /// Adds a frame to the output of this call; whoever was called from outside ends with `writeOutput`. A slow session puts
    /// it in line instead.
    func send(_ payload: ByteBuffer, opcode: Opcode) {
        guard stage == .open, !isSilent else { return }
        if standing?.fault.kind == .slow {
            sendLate(payload, opcode: opcode)
        } else {
            sendNow(payload, opcode: opcode)
        }
    }

    func sendNow(_ payload: ByteBuffer, opcode: Opcode) {
        let compressed = opcode.isControl ? nil : deflation?.compress(payload)
        FrameEncoder.encode(
            compressed ?? payload, opcode: opcode, isCompressed: compressed != nil, maskKey: nil, into: &lane.output)
    }

    /// Hands the output of this call to the channel. The flush follows at the end of the read, or by `flush`.
    func writeOutput() {
        guard lane.output.readableBytes > 0 else { return }
        context?.write(wrapOutboundOut(lane.output), promise: nil)
        // Not cleared: the channel still holds the bytes, and a copy of a large buffer would be made.
        lane.output = ByteBuffer()
    }

    func flush() {
        writeOutput()
        context?.flush()
    }

    /// Closes the socket behind what was sent.
    func end() {
        stage = .ended
        flush()
        context?.close(promise: nil)
    }

    /// Closes the socket, whatever is on the way.
    func abandon() {
        stage = .ended
        contextBelowTLS?.close(promise: nil)
    }

    /// The place in the pipeline from which an end of the stream goes to the socket itself, without a farewell of TLS.
    var contextBelowTLS: ChannelHandlerContext? {
        guard let context else { return nil }
        return (try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)) ?? context
    }

    /// Runs `body` on the session after a while, unless the timer is cancelled; at once if there is nothing to wait for.
    func after(_ delay: Duration, _ body: @escaping (GatewaySession) -> Void) -> Scheduled<Void>? {
        guard delay > .zero else {
            body(self)
            return nil
        }
        return lane.loop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
            guard let self, self.stage != .ended else { return }
            body(self)
            self.flush()
        }
    }
}
