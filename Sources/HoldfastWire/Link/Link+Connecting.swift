import HoldfastCore
import NIOCore
import NIOPosix
import NIOSSL

extension Link {
    /// What a link needs until it is open. Everything in it that could come back later ends with `stop`.
    final class Attempt {
        let target: LinkTarget
        let options: LinkOptions
        var phase = Phase.resolve
        var tls: NIOSSLContext?
        var tlsWait: TLSContexts.Wait?
        var nameWaits: [NameResolver.Wait] = []
        var race = AddressRace()
        /// When the race goes on by itself.
        var timer: Scheduled<Void>?
        /// When addresses known earlier take the place of those that are still looked up.
        var staleTimer: Scheduled<Void>?
        /// The name has addresses of a family that the local address cannot reach.
        var isOfOtherFamily = false
        /// The sockets that race; none once one of them has won.
        var candidates: [Candidate] = []
        /// The last look-up or connection that failed: what is reported if there is nothing left to try.
        var failure: LinkError?
        var proxy: ProxyExchange?
        var exchange: UpgradeExchange?
        var bodyDeadline: Scheduled<Void>?

        init(_ target: LinkTarget, _ options: LinkOptions) {
            self.target = target
            self.options = options
        }

        /// Where the socket goes: to the proxy, if there is one.
        var host: String { target.firstHost }
        var port: Int { target.proxy?.port ?? target.port }

        /// Ends the race: whatever it waits for, and every socket but the winner's.
        func stopRacing(for winner: (any Channel)? = nil) {
            tlsWait.take()?.cancel()
            for wait in nameWaits { wait.cancel() }
            nameWaits = []
            timer.take()?.cancel()
            staleTimer.take()?.cancel()
            let losers = candidates
            candidates = []
            for loser in losers where loser.channel !== winner { loser.channel?.close(promise: nil) }
        }

        func stop() {
            stopRacing()
            bodyDeadline.take()?.cancel()
        }
    }

    /// One socket of the race.
    final class Candidate {
        let address: SocketAddress
        var channel: (any Channel)?

        init(_ address: SocketAddress) {
            self.address = address
        }
    }

    /// The attempt, if it still goes on: a report may have ended it.
    var attempt: Attempt? {
        if case .connecting(let attempt) = state { attempt } else { nil }
    }

    /// Reports a phase; returns whether the attempt goes on.
    func enter(_ phase: Phase, _ attempt: Attempt) -> Bool {
        attempt.phase = phase
        delegate?.link(tag, entered: phase)
        return self.attempt != nil
    }

    /// Begins to connect one more socket.
    func connect(_ attempt: Attempt, to address: SocketAddress) {
        guard let bootstrap = ClientBootstrap(validatingGroup: loop) else {
            return end(LinkError(.systemCall(errno: 95), "the event loop cannot connect sockets"))
        }
        let candidate = Candidate(address)
        attempt.candidates.append(candidate)
        let bound = NIOLoopBound((self, candidate), eventLoop: loop)
        let tcp = attempt.target.tcp
        bootstrap
            // The owner has the deadline.
            .connectTimeout(.hours(1))
            .with(tcp)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (link, candidate) = bound.value
                    candidate.channel = channel
                    try channel.set(tcp)
                    // Writable means: the socket has taken everything.
                    try channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
                    link.limitReads(of: channel, toBytes: LinkOptions.readBytesBeforeOpen)
                    try channel.pipeline.syncOperations.addHandler(LinkHandler(link))
                }
            }
            .connect(to: address)
            .assumeIsolated().whenFailure { [self] error in failed(candidate, error) }
    }

    /// A socket of the race could not be connected.
    private func failed(_ candidate: Candidate, _ error: any Error) {
        guard let attempt, let index = attempt.candidates.firstIndex(where: { $0 === candidate }) else { return }
        attempt.candidates.remove(at: index)
        attempt.failure = .connecting(attempt, to: candidate.address, failed: error)
        attempt.race.failed(at: .now)
        goOn(attempt)
    }

    /// A socket is connected. The first one is the link's from then on; returns whether it is this one.
    func connected(_ context: ChannelHandlerContext) -> Bool {
        let channel = context.channel
        guard let attempt, self.context == nil,
            let candidate = attempt.candidates.first(where: { $0.channel === channel })
        else {
            context.close(promise: nil)
            return false
        }
        if let own = channel.localAddress, own == channel.remoteAddress {
            // Nobody listened on a port of this machine, and the kernel had chosen the same port for us: TCP then connects
            // a socket to itself. Left alone it would also keep the server from coming back.
            context.close(promise: nil)
            failed(candidate, IOError(errnoCode: 111, reason: "nobody listens there"))
            return false
        }
        self.context = context
        attempt.stopRacing(for: channel)
        if let proxy = attempt.target.proxy {
            let exchange = ProxyExchange(proxy, to: attempt.target.host, port: attempt.target.port)
            attempt.proxy = exchange
            context.writeAndFlush(NIOAny(exchange.opening), promise: nil)
        } else {
            reached(attempt)
        }
        return true
    }

    /// There is a way for bytes to the gateway.
    private func reached(_ attempt: Attempt) {
        guard let tls = attempt.tls else { return beginUpgrade(attempt) }
        guard enter(.tls, attempt), let context else { return }
        do {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: attempt.target.certificateName)
            // The channel is active, so this begins the handshake.
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            end(LinkError(.certificate(.other), attempt.doing, "the name for TLS is not valid", "\(error)"))
        }
    }

    /// The peer has a certificate of somebody we trust. Nothing is said before it is known to be for our host.
    func secured() {
        guard let attempt else { return }
        guard let certificate = peerCertificate, CertificateNames(certificate).match(attempt.target.certifiedHost)
        else {
            return end(LinkError(.certificate(.wrongHost), attempt.doing, CertificateProblem.wrongHost.advice))
        }
        beginUpgrade(attempt)
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

    /// Bytes before the link is open: of the proxy, then of the answer to the upgrade. What follows that are frames already.
    func received(_ input: ByteBuffer, during attempt: Attempt) {
        if attempt.proxy != nil { return receivedFromProxy(input, attempt) }
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
                attempt.stop()
                take(choice, attempt.options)
                if let channel = context?.channel {
                    // What comes over TLS the library keeps until it is decrypted.
                    if attempt.tls == nil {
                        shareReads(of: channel)
                    } else {
                        limitReads(of: channel, toBytes: LinkOptions.tlsReadBytes)
                    }
                }
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

    private func receivedFromProxy(_ input: ByteBuffer, _ attempt: Attempt) {
        var input = input
        do {
            while let step = try attempt.proxy?.next(from: &input) {
                switch step {
                case .needsMore: return
                case .send(let bytes): context?.writeAndFlush(NIOAny(bytes), promise: nil)
                case .done:
                    attempt.proxy = nil
                    return reached(attempt)
                }
            }
        } catch {
            end(.asking(attempt, failed: error))
        }
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
        } else if attempt.proxy != nil {
            end(LinkError(.proxy(.failed), attempt.doing, "the proxy ended the connection without an answer"))
        } else {
            end(LinkError(.endOfStream, attempt.doing, "the peer ended the connection"))
        }
    }
}

extension Link {
    /// What an attempt waits for, as the beginning of a chain of causes; empty once the link is open. For whoever finds that
    /// it takes too long.
    public var unfinished: [String] { attempt.map { [$0.doing, "no answer in time"] } ?? [] }
}

extension Link.Attempt {
    /// What was being done, for people.
    var doing: String {
        switch phase {
        case .resolve: "looking up \(host)\(target.proxy == nil ? "" : ", the proxy")"
        case .connect where proxy != nil: "asking the proxy \(proxyName) to lead to \(target.endpoint)"
        case .connect where target.proxy != nil: "connecting to the proxy \(proxyName) for \(target.endpoint)"
        case .connect: "connecting to \(target.endpoint)"
        case .tls: "agreeing on TLS with \(target.endpoint)"
        default: "upgrading at \(target.endpoint)"
        }
    }

    private var proxyName: String { target.proxy?.shown ?? "" }
}
