/// How an account is doing, in one word (M1).
public enum AccountStatus: String, Sendable, Hashable, CaseIterable {
    case healthy, degraded, unhealthy, failed, disabled, quarantined
}
