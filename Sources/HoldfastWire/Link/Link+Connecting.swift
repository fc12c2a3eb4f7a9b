import HoldfastCore
import NIOCore
import NIOPosix
import NIOSSL

extension Link {
    /// What a link needs until it is open.
    final class Attempt {
        let target: LinkTarget
        let options: LinkOptions
        var phase = Phase.resolve
        var addresses: ArraySlice<SocketAddress> = []
        var tls: NIOSSLContext?
        var exchange: UpgradeExchange?
        var bodyDeadline: Scheduled<Void>?

        init(_ target: LinkTarget, _ options: LinkOptions) {
            self.target = target
            self.options = options
        }
    }

    /// The attempt, if it still goes on: a report may have ended it.
    private var attempt: Attempt? {
        if case .connecting(let attempt) = state { attempt } else { nil }
    }

    /// Reports a phase; returns whether the attempt goes on.
    private func enter(_ phase: Phase, _ attempt: Attempt) -> Bool {
        attempt.phase = phase
        delegate?.link(tag, entered: phase)
        return self.attempt != nil
    }

    func start() {
        guard let attempt, enter(.resolve, attempt) else { return }
        attempt.options.resolver.addresses(of: attempt.target.host, port: attempt.target.port, on: loop)
            .assumeIsolated().whenComplete { [self] result in
                guard self.attempt != nil else { return }
                switch result {
                case .success(let addresses):
                    attempt.addresses = addresses[...]
                    prepareTLS(attempt)
                case .failure(let error):
                    end(.looking(up: attempt.target, failed: error))
                }
            }
    }

    /// Still a part of resolving: making a context reads files, so it is done off the loop.
    private func prepareTLS(_ attempt: Attempt) {
        guard attempt.target.scheme == .wss else { return beginConnecting(attempt) }
        attempt.options.tlsContexts.context(for: attempt.target.tls, on: loop)
            .assumeIsolated().whenComplete { [self] result in
                guard self.attempt != nil else { return }
                switch result {
                case .success(let context):
                    attempt.tls = context
                    beginConnecting(attempt)
                case .failure(let error):
                    end(.trusting(attempt.target, failed: error))
                }
            }
    }

    private func beginConnecting(_ attempt: Attempt) {
        guard enter(.connect, attempt), let address = attempt.addresses.popFirst() else { return }
        connect(attempt, to: address)
    }

    /// Tries one address; if it cannot be reached, the next one.
    private func connect(_ attempt: Attempt, to address: SocketAddress) {
        guard let bootstrap = ClientBootstrap(validatingGroup: loop) else {
            return end(LinkError(.systemCall(errno: 95), "the event loop cannot connect sockets"))
        }
        let link = NIOLoopBound(self, eventLoop: loop)
        bootstrap
            // The last address has the owner's deadline; the others must leave time for those behind them.
            .connectTimeout(attempt.addresses.isEmpty ? .hours(1) : .seconds(2))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 64 << 10)
            )
            // Writable means: the socket has taken everything.
            .channelOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try link.value.setUp(channel) }
            }
            .connect(to: address)
            .assumeIsolated().whenFailure { [self] error in
                guard self.attempt != nil else { return }
                context = nil
                if let next = attempt.addresses.popFirst() {
                    connect(attempt, to: next)
                } else {
                    end(.connecting(attempt.target, to: address, failed: error))
                }
            }
    }

    private func setUp(_ channel: any Channel) throws {
        guard let attempt else { throw ChannelError.ioOnClosedChannel }
        let pipeline = channel.pipeline.syncOperations
        if let tls = attempt.tls {
            let name = attempt.target.certificateName
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        try pipeline.addHandler(LinkHandler(self))
    }

    func attached(to context: ChannelHandlerContext) {
        self.context = context
    }

    func connected() {
        guard let attempt, let channel = context?.channel else { return }
        if let own = channel.localAddress, own == channel.remoteAddress {
            // Nobody listened on a port of this machine, and the kernel had chosen the same port for us: TCP then connects
            // a socket to itself. Left alone it would also keep the server from coming back.
            return end(LinkError(.systemCall(errno: 111), attempt.doing, "nobody listens there"))
        }
        if attempt.tls == nil {
            beginUpgrade(attempt)
        } else {
            _ = enter(.tls, attempt)
        }
    }

    func secured() {
        if let attempt { beginUpgrade(attempt) }
    }

    private func beginUpgrade(_ attempt: Attempt) {
        guard enter(.upgrade, attempt), let context else { return }
        var generator = SystemRandomNumberGenerator()
        let target = attempt.target
        let handshake = Handshake(
            subprotocols: target.subprotocols, deflate: attempt.options.deflate, using: &generator)
        attempt.exchange = UpgradeExchange(handshake)
        let request = handshake.request(
            host: target.hostField, target: target.requestTarget, fields: target.headers.map { ($0.name, $0.value) })
        context.writeAndFlush(NIOAny(request), promise: nil)
    }

    /// Bytes of the answer. What follows it are frames already.
    func received(_ input: ByteBuffer, during attempt: Attempt) {
        var input = input
        do {
            guard let outcome = try attempt.exchange?.next(from: &input) else {
                if attempt.exchange?.refusalSoFar != nil { waitForBody(attempt) }
                return
            }
            switch outcome {
            case .refused(let refusal):
                end(refusal.error(attempt.target.endpoint))
            case .upgraded(let choice):
                take(choice, attempt.options)
                state = .open
                delegate?.linkOpened(tag)
                received(input)
            }
        } catch {
            end(
                LinkError(
                    .violation(error), "upgrading at \(attempt.target.endpoint)", "the answer is not valid",
                    error.rawValue))
        }
    }

    private func take(_ choice: Handshake.Choice, _ options: LinkOptions) {
        subprotocol = choice.subprotocol
        guard let agreement = choice.deflate, let own = options.deflate else { return }
        assembler.use(Inflation(agreement, role: .client))
        deflation = Deflation(agreement, role: .client, leastMessageBytes: own.leastMessageBytes)
    }

    private func waitForBody(_ attempt: Attempt) {
        guard attempt.bodyDeadline == nil else { return }
        attempt.bodyDeadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(LinkOptions.refusalBodyTimeout)) {
            [self] in
            if self.attempt != nil { attemptEnded(attempt) }
        }
    }

    /// The stream ended before the link was open, or a refusal's body did not end in time.
    func attemptEnded(_ attempt: Attempt) {
        if let refusal = attempt.exchange?.refusalSoFar {
            end(refusal.error(attempt.target.endpoint))
        } else {
            end(LinkError(.endOfStream, attempt.doing, "the peer ended the connection"))
        }
    }
}

extension Link.Attempt {
    /// What was being done, for people.
    var doing: String {
        switch phase {
        case .resolve: "looking up \(target.host)"
        case .connect: "connecting to \(target.endpoint)"
        case .tls: "agreeing on TLS with \(target.endpoint)"
        default: "upgrading at \(target.endpoint)"
        }
    }
}
