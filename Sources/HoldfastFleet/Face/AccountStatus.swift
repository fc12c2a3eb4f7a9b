/// How an account is doing, in one word (requirements M1).
public enum AccountStatus: String, Sendable, Hashable, CaseIterable {
    case healthy, degraded, unhealthy, failed, disabled, quarantined
}

extension AccountStatus {
    /// Its place in a table of counts.
    var index: Int {
        switch self {
        case .healthy: 0
        case .degraded: 1
        case .unhealthy: 2
        case .failed: 3
        case .disabled: 4
        case .quarantined: 5
        }
    }
}
