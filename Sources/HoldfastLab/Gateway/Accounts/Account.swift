import HoldfastCore
import NIOCore
import Synchronization

/// What the gateway knows of one account, whatever session it has. Sessions of an account may live on different event loops,
/// so it is guarded by a lock of its own, which is almost never contended.
final class Account: Sendable {
    /// Requests for pushes that are kept at the same time.
    static let maxJobs = 100

    let name: String

    private struct State {
        /// From the accepted upgrade until the socket is closed.
        var live: [SessionID] = []
        /// The one that registered last: pushes go there.
        var registered: SessionID?
        /// The last token it registered with, or tried to, and since when that is so. Only a hash: tokens are secrets.
        var token: (hash: UInt64, since: NIODeadline)?
        /// The user id that the account called its own in its last message.
        var ownID: String?
        var jobs: [PushJob] = []
    }

    private let state = Mutex(State())

    init(name: String) {
        self.name = name
    }
}

// MARK: - Sessions

extension Account {
    var live: [SessionID] { state.withLock { $0.live } }

    /// The session that pushes go to.
    var registered: SessionID? { state.withLock { $0.registered } }

    /// A session begins. Returns how many the account has now.
    func opened(_ session: SessionID) -> Int {
        state.withLock { state in
            state.live.append(session)
            return state.live.count
        }
    }

    func closed(_ session: SessionID) {
        state.withLock { state in
            state.live.removeAll { $0 == session }
            if state.registered == session { state.registered = nil }
        }
    }

    /// A session has registered: what is open is delivered to it.
    func registered(_ session: SessionID, at now: NIODeadline) {
        state.withLock { state in
            state.registered = session
            for index in state.jobs.indices { state.jobs[index].restart(at: now) }
            state.jobs.removeAll(where: \.isFinished)
        }
    }

    /// Whether a token still counts after a fault that voided all tokens of its time. Remembers the token.
    func isVoid(_ token: String, since fault: StandingFault<Fault>, now: NIODeadline) -> Bool {
        if let login = LoginToken(token) { return login.issued <= fault.sinceWall }
        let hash = FaultMatch.hash(of: token)
        return state.withLock { state in
            if let last = state.token, last.hash == hash { return last.since <= fault.since }
            // The first token of an account that nobody had seen before the fault is taken for the one it had then.
            let isFirst = state.token == nil
            state.token = (hash, isFirst ? fault.since : now)
            return isFirst
        }
    }

    /// Remembers the token that the account registers with.
    func uses(_ token: String, at now: NIODeadline) {
        let hash = FaultMatch.hash(of: token)
        state.withLock { state in
            if state.token?.hash != hash { state.token = (hash, now) }
        }
    }
}

// MARK: - Pushes

extension Account {
    /// The user id by which its own messages are marked.
    var ownID: String {
        get { state.withLock { $0.ownID } ?? name }
        set { state.withLock { $0.ownID = newValue } }
    }

    /// Returns false if the account has too many requests that are not finished.
    func add(_ job: PushJob) -> Bool {
        state.withLock { state in
            if state.jobs.count == Self.maxJobs, let index = state.jobs.firstIndex(where: \.onlyWaits) {
                state.jobs.remove(at: index)
            }
            guard state.jobs.count < Self.maxJobs else { return false }
            state.jobs.append(job)
            return true
        }
    }

    /// The next push that is due for this session, with the template that writes it.
    func nextPush(for session: SessionID, at now: NIODeadline, wall: WallTime) -> (PushTemplate, PushJob.Due)? {
        state.withLock { state in
            guard state.registered == session else { return nil }
            for index in state.jobs.indices {
                if let due = state.jobs[index].next(at: now, wall: wall) { return (state.jobs[index].template, due) }
            }
            return nil
        }
    }

    /// When the next push is due, if no acknowledgement comes before.
    func nextPushDue(at now: NIODeadline) -> NIODeadline? {
        state.withLock { state in
            var earliest: NIODeadline?
            for index in state.jobs.indices {
                guard let due = state.jobs[index].nextDue(at: now) else { continue }
                earliest = min(earliest ?? due, due)
            }
            return earliest
        }
    }

    /// A push was acknowledged.
    func acknowledged(_ mid: PushMid) -> PushJob.Acknowledgement {
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.template.serial == mid.serial }) else {
                return .unknown
            }
            let result = state.jobs[index].acknowledge(mid.number)
            if state.jobs[index].isFinished { state.jobs.remove(at: index) }
            return result
        }
    }
}
