/// What `Fleet.apply` changed.
public struct ReloadSummary: Sendable, Hashable {
    public var added = 0
    public var removed = 0
    /// Accounts whose settings changed and are in force from their next use on.
    public var changed = 0
    /// Of those changed: accounts that connect anew, because their URL, credential or dialect changed.
    public var reconnected = 0
    public var unchanged = 0

    public init() {}
}
