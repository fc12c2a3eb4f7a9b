/// How a process keeps its memory within a budget (F11): it frees what it can do without first, then lets nobody in, and gives
/// up sockets last. A pure rule: it is told what is in use and says what is to be done.
///
/// The levels are entered at a share of the budget and left five points below it, so that they do not flutter.
public struct MemoryBudget: Hashable, Sendable {
    /// What is done about the memory in use.
    public enum Level: UInt8, Hashable, Sendable, Comparable, CaseIterable {
        /// Nothing.
        case calm
        /// Free idle buffers, caches and history beyond the least, and again every `releaseEvery`.
        case release
        /// And begin no new attempt.
        case hold
        /// And give up sockets: those that prove least first, a few each second.
        case shed

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        /// The share of the budget from which on the level holds.
        public var beginsAt: Double {
            switch self {
            case .calm: 0
            case .release: 0.8
            case .hold: 0.9
            case .shed: 0.97
            }
        }
    }

    /// What is to be done now.
    public struct Orders: Hashable, Sendable {
        public var release = false
        /// How many sockets to give up.
        public var shed = 0

        public init() {}
    }

    /// How far below its beginning a level ends, as a share of the budget.
    public static let slack = 0.05
    /// How long what was freed has to show before more is freed.
    public static let releaseEvery: Duration = .seconds(10)
    /// The share of the open sockets that is given up in one second; one at least.
    public static let shedShare = 0.01

    public private(set) var level = Level.calm
    private var releasedAt: Instant?

    public init() {}

    /// The memory in use was looked at; once a second.
    ///
    /// - Parameters:
    ///   - usedBytes: the memory in use.
    ///   - budgetBytes: what the process may use; nil if nobody said, and then all is calm.
    ///   - sockets: how many there are that could be given up.
    ///   - now: the time of the look.
    public mutating func observe(
        usedBytes: Int, budgetBytes: Int?, sockets: Int, at now: Instant
    ) -> Orders {
        guard let budgetBytes, budgetBytes > 0 else {
            level = .calm
            return Orders()
        }
        let share = Double(usedBytes) / Double(budgetBytes)
        level = Level.allCases.last { $0.beginsAt - ($0 <= level ? Self.slack : 0) <= share } ?? .calm
        var orders = Orders()
        if level >= .release, releasedAt.map({ now.since($0) >= Self.releaseEvery }) ?? true {
            orders.release = true
            releasedAt = now
        }
        // What was freed a moment ago has to show first.
        if level == .shed, !orders.release { orders.shed = min(sockets, max(1, Int(Double(sockets) * Self.shedShare))) }
        return orders
    }
}
