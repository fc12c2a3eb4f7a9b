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
        var running: [AccountKey: Login] = [:]
        /// Accounts whose credential is being changed, by how many.
        var changing: [AccountKey: Int] = [:]
        /// Logins that wait for the end of such a change.
        var putOff: [AccountKey: @Sendable () -> Void] = [:]
    }

    private struct Login {
        var task: Task<Void, Never>
        var mark: LoginMark
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
            guard !state.isStopped, state.running[key] == nil, state.putOff[key] == nil else { return finished() }
            guard state.changing[key] == nil else {
                state.putOff[key] = { self.begin(key, on: lane, finished: finished) }
                return
            }
            let mark = LoginMark()
            let task = Task {
                await self.login(key, on: lane, mark)
                self.state.withLock { $0.running[key] = nil }
                finished()
            }
            state.running[key] = Login(task: task, mark: mark)
        }
    }

    /// Changes the credential of an account, in the store and on its lane. A login that is under way has begun with the
    /// former one, so what it brings is not kept; none begins before the change is done.
    func whileChanging<Value, Failure: Error>(
        _ key: AccountKey, _ change: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        state.withLock { state in
            state.changing[key, default: 0] += 1
            state.running[key]?.mark.supersede()
        }
        defer {
            let begin = state.withLock { state -> (@Sendable () -> Void)? in
                let others = (state.changing[key] ?? 1) - 1
                state.changing[key] = others > 0 ? others : nil
                return others > 0 ? nil : state.putOff.removeValue(forKey: key)
            }
            begin?()
        }
        return try await change()
    }

    /// Begins nothing more, and ends what is under way.
    func stop() async {
        let running = state.withLock { state in
            state.isStopped = true
            return Array(state.running.values)
        }
        let patience = Task {
            try await Task.sleep(for: Self.patience)
            for login in running { login.task.cancel() }
        }
        for login in running { await login.task.value }
        patience.cancel()
        await providers.close()
    }

    private func login(_ key: AccountKey, on lane: Lane, _ mark: LoginMark) async {
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
        await keep(reply, order, mark)
        await end(order, on: lane, reply)
    }

    private func keep(_ reply: LoginReply, _ order: LoginOrder, _ mark: LoginMark) async {
        guard reply.outcome == .renewed, let store else { return }
        var secrets: [SecretKind: Secret] = [:]
        secrets[.token] = reply.token
        secrets[.cookies] = reply.cookies
        do {
            try await store.keep(
                secrets, of: order.account.configuration, obtainedAt: ProcessClock.wall, lifetime: reply.lifetime,
                if: { !mark.isSuperseded })
        } catch {
            logger.error(
                "a new credential could not be stored: it is used, and lost when the process ends",
                metadata: ["account": "\(order.account.id)", "error": "\(error)"])
        }
    }

    private func end(_ order: LoginOrder, on lane: Lane, _ reply: LoginReply) async {
        switch reply.outcome {
        case .renewed:
            logger.info("credential renewed", metadata: ["account": "\(order.account.id)"])
        case .rejected, .needsPerson, .tryLater:
            logger.log(
                level: reply.outcome == .needsPerson ? .error : .warning, "login failed",
                metadata: [
                    "account": "\(order.account.id)", "outcome": "\(reply.outcome.rawValue)",
                    "error": "\(reply.reason)",
                ])
        }
        await lane.onLoop { $0.loginEnded(order, reply) }
    }
}

/// Says of a login that its account's credential has been changed meanwhile.
private final class LoginMark: Sendable {
    private let mark = Atomic(false)

    var isSuperseded: Bool { mark.load(ordering: .acquiring) }

    func supersede() { mark.store(true, ordering: .releasing) }
}

/// A login that is about to begin.
struct LoginOrder: Sendable {
    var key: AccountKey
    var account: Account
    /// What the provider may use.
    var credentials: Credentials
    /// Where those are from; the same object as long as they are in force.
    var held: HeldCredentials?
    /// What is written down before the login begins.
    var record: RenewalRecord
}
