public import HoldfastCore

/// Why a command was not carried out. Nothing was changed.
public enum CommandRefusal: Error, Sendable, Hashable {
    /// There is no account with this id.
    case notFound
    /// The fleet is not running: not started yet, or draining.
    case notRunning
    /// The command does not apply to the session as it is.
    case session(SessionRefusal)

    /// The stable code in the API.
    public var code: String {
        switch self {
        case .notFound: "not_found"
        case .notRunning: "not_running"
        case .session(let refusal): refusal.rawValue
        }
    }
}
