import HoldfastCore

/// Those in most need of attention, found in one pass over the board.
struct WorstAccounts {
    /// The worst first; of those alike the first by id.
    private(set) var entries: [Directory.Entry] = []
    private var ranks: [UInt64] = []

    init(of directory: Directory, _ board: Board.State, matching matcher: AccountMatcher, limit: Int) {
        for entry in directory.entries {
            let row = board.row(entry.key)
            let rank = Self.rank(row)
            if ranks.count == limit, let last = ranks.last, rank >= last { continue }
            guard matcher.matches(entry.account.id, row) else { continue }
            let place = ranks.lastIndex { $0 <= rank }.map { $0 + 1 } ?? 0
            ranks.insert(rank, at: place)
            entries.insert(entry, at: place)
            if ranks.count > limit {
                ranks.removeLast()
                entries.removeLast()
            }
        }
    }

    /// The smaller, the worse: who waits for a person comes before who heals, and who is switched off comes last.
    static func rank(_ row: AccountRow) -> UInt64 {
        let status: UInt64 =
            switch row.status {
            case .quarantined: 0
            case .failed: 1
            case .unhealthy: 2
            case .degraded: 3
            case .healthy: 4
            case .disabled: 5
            }
        let isConnected: UInt64 = row.state == .connected ? 1 : 0
        return status << 32 | isConnected << 31 | UInt64(row.health) << 16 | UInt64(UInt16.max - row.failures)
    }
}
