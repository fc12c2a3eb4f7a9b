import Foundation
import HoldfastCore
import HoldfastLab
import Testing

extension World {
    /// Says what was broken, and how to see it again.
    var verdict: Comment {
        Comment(rawValue: "seed \(seed): " + violations.map(\.description).joined(separator: "\n"))
    }

    /// The failures of a watched account, in their order.
    func failures(of account: Int) -> [(at: Duration, failure: Failure, count: UInt32, delay: Duration?)] {
        history.compactMap { entry in
            guard entry.account == account, case .failure(let failure, let count, let delay) = entry.what else {
                return nil
            }
            return (entry.at, failure, count, delay)
        }
    }

    /// When a watched account began its attempts.
    func connects(of account: Int) -> [Duration] {
        history.compactMap { $0.account == account && $0.what == .connect ? $0.at : nil }
    }

    /// When a watched account came into a state.
    func arrivals(of account: Int, in state: SessionState) -> [Duration] {
        history.compactMap { entry in
            guard entry.account == account, case .transition(_, let to) = entry.what, to == state else { return nil }
            return entry.at
        }
    }
}

enum Policy {
    static func settings(
        mode: HeartbeatSettings.Mode = .adaptive, jitter: RetrySettings.Jitter = .full,
        climb: Set<FailureClass> = [.auth, .dropped, .protocol]
    ) -> SessionSettings {
        var heartbeat = HeartbeatSettings()
        heartbeat.mode = mode
        var retry = RetrySettings()
        retry.jitter = jitter
        var recovery = RecoverySettings()
        recovery.climb = climb
        return SessionSettings(heartbeat: heartbeat, retry: retry, recovery: recovery)
    }
}

extension Trait where Self == ConditionTrait {
    /// For what takes minutes: `make soak` runs it.
    static var soak: Self {
        .enabled(if: ProcessInfo.processInfo.environment["HOLDFAST_SOAK"] != nil, "takes minutes; `make soak` runs it")
    }
}
