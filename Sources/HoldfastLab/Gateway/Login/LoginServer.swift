import HoldfastCore
import NIOCore
import Synchronization

/// The place where a client gets its token: `POST /login` with a user and any password.
final class LoginServer: Sendable {
    enum Answer {
        case token(String, ttl: Duration)
        /// Something else, as it goes over the wire.
        case other(status: Int, retryAfterSeconds: Int?, contentType: String, body: String)
    }

    /// How long `hang` hangs when nothing ends it. Clients give up long before.
    static let hangLimit = Duration.seconds(600)

    private struct State {
        var plan = FaultPlan<LoginFault>()
        var book = LoginStatistics()
        var inProgress = 0
        var serial = 0
    }

    private let ttl: Duration
    private let state = Mutex(State())

    /// - Parameter ttl: how long a token is valid.
    init(ttl: Duration) {
        self.ttl = ttl
    }

    func replace(_ faults: [LoginFault]) throws(InvalidInput) {
        try LoginFault.validate(faults, at: "faults")
        let plan = FaultPlan(faults, now: .now(), wall: .now())
        state.withLock { $0.plan = plan }
    }

    var faults: [LoginFault] {
        state.withLock { $0.plan.remaining(at: .now()) }
    }

    func statistics(lists: Bool) -> LoginStatistics {
        state.withLock { state in
            var copy = state.book
            if !lists { copy.logins = [] }
            return copy
        }
    }

    /// Answers one login. Throws only when the task is cancelled while it hangs.
    func login(user: String) async throws -> Answer {
        let at = WallTime.now()
        let standing = standing(for: user)
        state.withLock { state in
            state.inProgress += 1
            state.book.requests += 1
            state.book.maxInProgress = max(state.book.maxInProgress, state.inProgress)
        }
        defer { finish(user, at: at, fault: standing?.fault) }
        guard let standing else { return issue(to: user) }
        let terms = standing.fault.terms
        switch standing.fault.kind {
        case .hang:
            try await hang(standing, user: user)
            return issue(to: user)
        case .refuse:
            try await Task.sleep(for: terms.delay)
            return problem(terms, 401, code: "rejected", "the user or the password is wrong")
        case .needsPerson:
            try await Task.sleep(for: terms.delay)
            return problem(terms, 403, code: "needs_person", "a person has to confirm this login")
        case .tryLater:
            try await Task.sleep(for: terms.delay)
            return problem(terms, 503, code: "try_later", "the login server is busy")
        case .rubbish:
            try await Task.sleep(for: terms.delay)
            let body = "<html>{\"token\": \u{FFFD}\u{FFFD} <!-- not JSON"
            return .other(
                status: terms.status ?? 200, retryAfterSeconds: nil, contentType: "application/json", body: body)
        }
    }

    private func standing(for user: String) -> StandingFault<LoginFault>? {
        state.withLock { state in
            state.plan = state.plan.withoutEnded(at: .now())
            return state.plan.first(for: user)
        }
    }

    /// Waits for the fault's delay. Without one: until the fault is replaced or ends. Looks ten times a second, which is
    /// soon enough for somebody who hangs, and needs no list of those who wait.
    private func hang(_ standing: StandingFault<LoginFault>, user: String) async throws {
        guard standing.fault.terms.delay == .zero else {
            return try await Task.sleep(for: standing.fault.terms.delay)
        }
        let limit = ContinuousClock.now + Self.hangLimit
        while ContinuousClock.now < limit, self.standing(for: user) === standing {
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func issue(to user: String) -> Answer { .token(token(for: user), ttl: ttl) }

    /// A new token, as a login gives it.
    func token(for user: String) -> String {
        let serial = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        return LoginToken(user: user, issued: .now(), ttl: ttl, serial: serial).text
    }

    private func problem(_ terms: FaultTerms, _ status: Int, code: String, _ detail: String) -> Answer {
        .other(
            status: terms.status ?? status, retryAfterSeconds: terms.retryAfterSeconds,
            contentType: "application/problem+json",
            body: #"{"status":\#(terms.status ?? status),"code":"\#(code)","detail":"\#(detail)"}"#)
    }

    private func finish(_ user: String, at: WallTime, fault: LoginFault?) {
        let outcome: LoginStatistics.Outcome =
            switch fault?.kind {
            case nil: .issued
            case .hang: .hung
            case .refuse: .refused
            case .rubbish: .rubbish
            case .needsPerson: .needsPerson
            case .tryLater: .tryLater
            }
        state.withLock { state in
            state.inProgress -= 1
            state.book.outcomes[outcome.rawValue, default: 0] += 1
            guard state.book.logins.count < Ledger.listLimit else { return }
            state.book.logins.append(LoginStatistics.Login(user: user, at: at, outcome: outcome))
        }
    }
}
