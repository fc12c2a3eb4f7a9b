import HoldfastCore
import HoldfastStore
import Logging
import Synchronization

/// Carries out logins, one per account at a time, when the renewal gate has let them through (F7).
///
/// A login is written down before it is tried, so that neither a crash nor a restart can make it happen twice within its
/// cooldown; what it brings is sealed and stored before the session hears of it. The session never sees the secret.
final class RenewalDesk: Sendable {
    private struct State {
        var isStopped = false
        var running: [AccountKey: Task<Void, Never>] = [:]
    }

    let providers = ProviderSet()
    private let store: FleetStore?
    private let logger: Logger
    private let state = Mutex(State())

    /// Longer than any provider's deadline, and shorter than a share of the gate lives.
    static let longestLogin = Duration.seconds(270)
    /// How long a login that cannot be written down keeps its place: nothing else could log in either.
    static let pauseWithoutStore = Duration.seconds(10)
    /// How long logins under way may take when the process goes down: what they bring should not be lost.
    static let patience = Duration.seconds(5)

    init(store: FleetStore?, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// The gate lets this account log in. `finished` is called when its share can be given to another.
    func begin(_ key: AccountKey, on lane: Lane, finished: @escaping @Sendable () -> Void) {
        state.withLock { state in
            guard !state.isStopped, state.running[key] == nil else { return finished() }
            state.running[key] = Task {
                await self.login(key, on: lane)
                self.state.withLock { $0.running[key] = nil }
                finished()
            }
        }
    }

    /// Begins nothing more, and ends what is under way.
    func stop() async {
        let running = state.withLock { state in
            state.isStopped = true
            return Array(state.running.values)
        }
        let patience = Task {
            try await Task.sleep(for: Self.patience)
            for login in running { login.cancel() }
        }
        for login in running { await login.value }
        patience.cancel()
        await providers.close()
    }

    private func login(_ key: AccountKey, on lane: Lane) async {
        guard let order = await lane.onLoop({ $0.loginOrder(key) }) ?? nil else { return }
        let account = order.account
        guard let name = account.configuration.provider, let provider = providers[name] else {
            return await end(order, on: lane, .failed(.tryLater, "there is no provider of this name"))
        }
        do {
            try await store?.register.beginLogin(order.record, of: account.id)
        } catch {
            logger.error(
                "no login: it cannot be written down first",
                metadata: ["account": "\(account.id)", "error": "\(error)"])
            try? await Task.sleep(for: Self.pauseWithoutStore)
            return await end(order, on: lane, .failed(.tryLater, "the store cannot be written"))
        }
        guard await lane.onLoop({ $0.loginStarted(order) }) == true else { return }
        let reply = await provider.renew(
            LoginRequest(
                account: account.id, device: account.configuration.dialect.device, credentials: order.credentials))
        await keep(reply, order)
        await end(order, on: lane, reply)
    }

    private func keep(_ reply: LoginReply, _ order: LoginOrder) async {
        guard reply.outcome == .renewed, let store else { return }
        var secrets: [SecretKind: Secret] = [:]
        secrets[.token] = reply.token
        secrets[.cookies] = reply.cookies
        do {
            try await store.keep(
                secrets, of: order.account.configuration, obtainedAt: ProcessClock.wall, lifetime: reply.lifetime)
        } catch {
            logger.error(
                "a new credential could not be stored: it is used, and lost when the process ends",
                metadata: ["account": "\(order.account.id)", "error": "\(error)"])
        }
    }

    private func end(_ order: LoginOrder, on lane: Lane, _ reply: LoginReply) async {
        if reply.outcome == .renewed {
            logger.info("credential renewed", metadata: ["account": "\(order.account.id)"])
        } else {
            logger.warning(
                "login failed",
                metadata: [
                    "account": "\(order.account.id)", "outcome": "\(reply.outcome.rawValue)",
                    "error": "\(reply.reason)",
                ])
        }
        await lane.onLoop { $0.loginEnded(order, reply) }
    }
}

/// A login that is about to begin.
struct LoginOrder: Sendable {
    var key: AccountKey
    var account: Account
    /// What the provider may use.
    var credentials: Credentials
    /// What is written down before the login begins.
    var record: RenewalRecord
}
