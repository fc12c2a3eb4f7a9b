import Synchronization

/// All accounts that were ever seen, by name.
final class AccountRegistry: Sendable {
    /// Names come from outside, and nothing is ever forgotten: more than these are refused.
    static let limit = 200_000

    private let accounts = Mutex<[String: Account]>([:])

    /// The account of this name, new if need be; nil if there are too many.
    func account(named name: String) -> Account? {
        accounts.withLock { accounts in
            if let account = accounts[name] { return account }
            guard accounts.count < Self.limit else { return nil }
            let account = Account(name: name)
            accounts[name] = account
            return account
        }
    }

    /// Those that have a registered session now.
    var registered: [Account] {
        accounts.withLock { accounts in accounts.values.filter { $0.registered != nil } }
    }
}
