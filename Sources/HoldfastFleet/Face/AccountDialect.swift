public import HoldfastWire

/// The language an account speaks with its gateway (requirements §10), with what it needs to know for it.
public enum AccountDialect: Sendable, Hashable {
    case lwp(LWP)

    /// The name in the configuration and in the API.
    public var name: String {
        switch self {
        case .lwp: "lwp"
        }
    }

    var rules: any Dialect {
        switch self {
        case .lwp(let lwp): lwp
        }
    }
}
