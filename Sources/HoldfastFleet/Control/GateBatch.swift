import HoldfastCore

/// What a lane has to tell the gate, from one turn of its loop, in the order in which it happened.
struct GateBatch: Sendable {
    enum Item: Sendable {
        case request(Ticket, endpoint: UInt32)
        case giveBack(Ticket, AttemptOutcome)
        case forget(AccountKey)
        /// The account wants another credential.
        case renew(AccountKey, endpoint: UInt32)
    }

    var items: [Item] = []

    /// Items that are told at once.
    static let limit = 64
}
