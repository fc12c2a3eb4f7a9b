import HoldfastCore

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
