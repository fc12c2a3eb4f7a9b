/// Why a fleet cannot be as it is configured.
public enum FleetError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Accounts that were added to the running fleet, and are declared in the configuration as well.
    case declaredTwice([String])
    /// Accounts whose messages are to be journaled, without a store to do it in.
    case needsStore([String])
    /// The fleet cannot go on: a lane cannot be woken any more, or has shown no progress for a minute.
    case brokenDown(String)

    public var description: String {
        switch self {
        case .brokenDown(let reason):
            "the fleet cannot go on (\(reason)); the process should end and be started anew"
        case .needsStore(let ids):
            """
            no store for the messages of \(Self.list(ids)): \
            durable messages need a folder (storePath); give one, or choose another mode
            """
        case .declaredTwice(let ids):
            """
            declared twice: \(Self.list(ids)); in the configuration, and at run time in the store, too; take it out of the \
            configuration, or remove it with `holdfast accounts remove` while it is not there
            """
        }
    }

    /// The first of many.
    private static func list(_ ids: [String]) -> String {
        ids.prefix(10).joined(separator: ", ") + (ids.count > 10 ? " and \(ids.count - 10) more" : "")
    }
}
