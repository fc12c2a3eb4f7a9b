import HoldfastCore
import NIOCore
import NIOPosix

/// From a name to sockets that race. All of it is on the loop, and stops with the attempt.
extension Link {
    func start() {
        guard let attempt, enter(.resolve, attempt) else { return }
        guard attempt.target.scheme == .wss else { return lookUp(attempt) }
        // Still a part of resolving: making a context reads files, so it is done off the loop.
        let answer = attempt.options.tlsContexts.context(for: attempt.target.tls, on: loop) { [self] result in
            guard self.attempt === attempt else { return }
            attempt.tlsWait = nil
            take(result, attempt)
        }
        switch answer {
        case .known(let result): take(result, attempt)
        case .pending(let wait): attempt.tlsWait = wait
        }
    }

    private func take(_ result: Result<TLSContexts.Context, any Error>, _ attempt: Attempt) {
        switch result {
        case .success(let context):
            attempt.tls = context
            lookUp(attempt)
        case .failure(let error):
            end(.trusting(attempt.target, failed: error))
        }
    }

    private func lookUp(_ attempt: Attempt) {
        if let address = try? SocketAddress(ipAddress: attempt.host, port: attempt.port) {
            for family in AddressFamily.allCases {
                learn(AddressFamily(of: address) == family ? [address] : [], of: family, attempt)
            }
            return goOn(attempt)
        }
        var known = 0
        for family in AddressFamily.allCases {
            let answer = attempt.options.resolver.addresses(of: attempt.host, family, on: loop) { [self] result in
                guard self.attempt === attempt else { return }
                take(result, of: family, attempt)
                goOn(attempt)
            }
            switch answer {
            case .known(let result):
                take(result, of: family, attempt)
                known += 1
            case .pending(let wait): attempt.nameWaits.append(wait)
            }
        }
        if known < AddressFamily.allCases.count { awaitStaleAddresses(attempt) }
        goOn(attempt)
    }

    private func take(_ result: Result<[SocketAddress], any Error>, of family: AddressFamily, _ attempt: Attempt) {
        switch result {
        case .success(let addresses):
            learn(addresses, of: family, attempt)
        case .failure(let error):
            let failure = LinkError.lookingUp(attempt, failed: error)
            // "Cannot be found out" says more than "does not exist": the other family's answer may be worth nothing either.
            if attempt.phase == .resolve, attempt.failure == nil || failure.cause != .nameNotFound {
                attempt.failure = failure
            }
            learn([], of: family, attempt)
        }
    }

    private func learn(_ addresses: [SocketAddress], of family: AddressFamily, _ attempt: Attempt) {
        let isReachable = attempt.target.tcp.localFamily.map { $0 == family } ?? true
        let withPort = addresses.map { address in
            var address = address
            address.port = attempt.port
            return address
        }
        if !isReachable, !addresses.isEmpty { attempt.isOfOtherFamily = true }
        attempt.race.learned(isReachable ? withPort : [], of: family, at: .now)
    }

    private func awaitStaleAddresses(_ attempt: Attempt) {
        attempt.staleTimer = loop.assumeIsolated().scheduleTask(in: TimeAmount(NameResolver.patience)) { [self] in
            attempt.staleTimer = nil
            if self.attempt === attempt { takeStaleAddresses(attempt) }
        }
    }

    /// No name server has answered for a while: what it said last has to do.
    private func takeStaleAddresses(_ attempt: Attempt) {
        for family in AddressFamily.allCases where attempt.race.awaits(family) {
            guard let addresses = attempt.options.resolver.staleAddresses(of: attempt.host, family) else { continue }
            learn(addresses, of: family, attempt)
        }
        goOn(attempt)
    }

    /// Does what the race says, until it has nothing to do for now.
    func goOn(_ attempt: Attempt) {
        while self.attempt === attempt, context == nil {
            switch attempt.race.next(at: .now) {
            case .connect(let address):
                if attempt.phase == .resolve, !enter(.connect, attempt) { return }
                connect(attempt, to: address)
            case .wait(let until?):
                return goOn(attempt, at: until)
            case .wait(nil):
                return
            case .exhausted:
                return end(attempt.failure ?? .withoutAddress(attempt))
            }
        }
    }

    /// Replaces what the race waited for before.
    private func goOn(_ attempt: Attempt, at time: Instant) {
        attempt.timer?.cancel()
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(clamping: time.nanoseconds))
        attempt.timer = loop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            attempt.timer = nil
            if self.attempt === attempt { goOn(attempt) }
        }
    }
}

extension Instant {
    /// Now, on the clock of event loops.
    static var now: Instant {
        Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }
}
