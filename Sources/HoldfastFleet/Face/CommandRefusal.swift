public import HoldfastCore

/// Why a command was not carried out. Nothing was changed, but for `unwritten`.
public enum CommandRefusal: Error, Sendable, Hashable {
    /// There is no account with this id.
    case notFound
    /// The fleet is not running: not started yet, or draining.
    case notRunning
    /// The command does not apply to the session as it is.
    case session(SessionRefusal)

    /// There is an account with this id already.
    case exists
    /// The account is declared in the configuration: remove it there.
    case declared
    /// The declaration cannot be used; each text says where, what is wrong, and what is allowed.
    case invalid([String])
    /// The fleet keeps nothing, so nothing can be added to it.
    case noStore
    /// A secret would have to be stored, and there is no key to seal it with.
    case noKey
    /// The store cannot be written.
    case storeDown(String)
    /// The command is in force, and the store could not take it in time: it is lost if the process ends before the store
    /// can be written again.
    case unwritten(String)

    /// The stable code in the API.
    public var code: String {
        switch self {
        case .notFound: "not_found"
        case .notRunning: "not_running"
        case .session(let refusal): refusal.rawValue
        case .exists: "account_exists"
        case .declared: "declared_in_configuration"
        case .invalid: "invalid_account"
        case .noStore: "no_store"
        case .noKey: "no_key"
        case .storeDown: "store_down"
        case .unwritten: "unwritten"
        }
    }
}
