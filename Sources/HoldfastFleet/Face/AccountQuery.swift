public import HoldfastCore

/// Which accounts are meant. An empty filter matches all.
public struct AccountFilter: Sendable, Hashable {
    public var state: SessionState?
    public var status: AccountStatus?
    /// A part of the id, without regard to the case of ASCII letters.
    public var text: String?

    public init(state: SessionState? = nil, status: AccountStatus? = nil, text: String? = nil) {
        self.state = state
        self.status = status
        self.text = text
    }
}

extension AccountFilter: CustomStringConvertible {
    /// As the audit log says it: `all`, or `state=failed q=shop`.
    public var description: String {
        let parts = [state.map { "state=\($0.name)" }, status.map { "status=\($0.rawValue)" }, text.map { "q=\($0)" }]
        let text = parts.compactMap(\.self).joined(separator: " ")
        return text.isEmpty ? "all" : text
    }
}

/// A page of accounts to be shown.
public struct AccountQuery: Sendable, Hashable {
    public var filter: AccountFilter
    /// Where the page before ended: its `next`. Nil: from the beginning.
    public var cursor: String?
    /// How many accounts at most; clamped to 1 … `AccountQuery.largestLimit`.
    public var limit: Int
    public var order: Order

    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// By their ids, page after page.
        case id
        /// Those in most need of attention; one page, without a next.
        case worst
    }

    public init(
        filter: AccountFilter = AccountFilter(), cursor: String? = nil, limit: Int = 100, order: Order = .id
    ) {
        self.filter = filter
        self.cursor = cursor
        self.limit = limit
        self.order = order
    }

    public static let largestLimit = 1_000
}

/// An answer to `AccountQuery`.
public struct AccountPage: Sendable, Hashable {
    public var accounts: [AccountView]
    /// The cursor of the next page; nil if this is the last one.
    public var next: String?
    /// Of the whole fleet, not of the page.
    public var totals: FleetTotals
}

/// How many accounts there are in each state and status. Up to a second old.
public struct FleetTotals: Sendable, Hashable {
    public internal(set) var accounts = 0
    public internal(set) var enabled = 0
    private var byState: InlineArray<6, Int> = .init(repeating: 0)
    private var byStatus: InlineArray<6, Int> = .init(repeating: 0)

    public init() {}

    public internal(set) subscript(state: SessionState) -> Int {
        get { byState[Int(state.rawValue)] }
        set { byState[Int(state.rawValue)] = newValue }
    }

    public internal(set) subscript(status: AccountStatus) -> Int {
        get { byStatus[status.index] }
        set { byStatus[status.index] = newValue }
    }

    public static func == (left: FleetTotals, right: FleetTotals) -> Bool {
        left.accounts == right.accounts && left.enabled == right.enabled
            && SessionState.allCases.allSatisfy { left[$0] == right[$0] }
            && AccountStatus.allCases.allSatisfy { left[$0] == right[$0] }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(accounts)
        hasher.combine(enabled)
        for state in SessionState.allCases { hasher.combine(self[state]) }
        for status in AccountStatus.allCases { hasher.combine(self[status]) }
    }
}
