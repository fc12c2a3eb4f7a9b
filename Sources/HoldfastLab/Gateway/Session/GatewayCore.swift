import HoldfastCore
import HoldfastWire
import NIOCore
import Synchronization

/// What all event loops of a gateway share.
final class GatewayCore: Sendable {
    let accounts = AccountRegistry()
    let ledger = Ledger()
    let login: LoginServer
    /// The compression it takes up; nil for none.
    let deflate: DeflateOptions?
    /// Numbers the requests for pushes.
    private let pushSerial = Atomic<Int>(0)
    private let epoch = WallTime.now()
    private let lanes = Mutex<[NIOLoopBound<Lane>]>([])
    private let counters = Mutex<[Counters]>([])

    init(tokenLifetime: Duration, deflate: DeflateOptions?) {
        self.deflate = deflate
        login = LoginServer(ttl: tokenLifetime)
    }

    /// Gives every loop its lane. Called once, before the first connection.
    func makeLanes(on loops: [any EventLoop]) async throws {
        for (index, loop) in loops.enumerated() {
            let counters = Counters()
            let lane = try await loop.submit { [self] in
                NIOLoopBound(Lane(index: index, loop: loop, core: self, counters: counters), eventLoop: loop)
            }.get()
            lanes.withLock { $0.append(lane) }
            self.counters.withLock { $0.append(counters) }
        }
    }

    /// The lane of the loop that is running now; nil on a loop that has none.
    func laneOfCurrentLoop(_ loop: any EventLoop) -> Lane? {
        lanes.withLock { lanes in lanes.first { $0.eventLoop === loop } }?.value
    }

    /// Runs `body` on the loop of a session, if the session is still there. Returns when it is done.
    func with(_ session: SessionID, _ body: @escaping @Sendable (GatewaySession) -> Void) -> EventLoopFuture<Void>? {
        let lane = lanes.withLock { lanes in lanes.indices.contains(session.lane) ? lanes[session.lane] : nil }
        guard let lane else { return nil }
        return lane.eventLoop.submit {
            if let session = lane.value.session(session) { body(session) }
        }
    }

    /// Runs `body` on every lane, each on its loop.
    func forEachLane(_ body: @escaping @Sendable (Lane) -> Void) async {
        for lane in lanes.withLock({ $0 }) {
            // Fails only when the loop has been shut down, and then nothing is left to do there.
            try? await lane.eventLoop.submit { body(lane.value) }.get()
        }
    }

    func statistics(lists: Bool) -> GatewayStatistics {
        var sum = ledger.snapshot(lists: lists)
        for counters in counters.withLock({ $0 }) { counters.add(to: &sum) }
        sum.login = login.statistics(lists: lists)
        return sum
    }
}

// MARK: - Pushes

extension GatewayCore {
    /// Hands a request to the accounts it is for, and wakes their sessions.
    func push(_ request: PushRequest) throws(InvalidInput) -> PushReceipt {
        try request.validate()
        let targets: [Account]
        if request.account == FaultMatch.everyone {
            targets = accounts.registered
        } else {
            guard let account = accounts.account(named: request.account) else {
                throw InvalidInput(at: "account", "is unknown, and there are too many accounts already")
            }
            targets = [account]
        }
        for account in targets {
            let sender = request.sender ?? (request.isOwn ? account.ownID : "buyer-1")
            let serial = pushSerial.add(1, ordering: .relaxed).newValue
            let template = PushTemplate(request: request, sender: sender, serial: serial, epoch: epoch)
            guard account.add(PushJob(template, now: .now())) else {
                throw InvalidInput(
                    at: "account", "\(account.name) has \(Account.maxJobs) requests that are not finished")
            }
            if let session = account.registered { _ = with(session) { $0.pump() } }
        }
        let pushes = targets.count * request.count
        return PushReceipt(accounts: targets.count, pushes: pushes, messages: pushes * request.batch)
    }
}
