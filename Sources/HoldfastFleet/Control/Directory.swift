import HoldfastCore

/// Which account is where, in the order of the ids.
struct Directory: Sendable {
    struct Entry: Sendable {
        var account: Account
        var key: AccountKey
    }

    /// Sorted by id.
    private(set) var entries: [Entry] = []
    /// Counts up whenever the entries change.
    private(set) var version: UInt64 = 0

    func find(_ id: String) -> Entry? {
        let index = lowerBound(id)
        return entries.indices.contains(index) && entries[index].account.id == id ? entries[index] : nil
    }

    /// Where a page begins that follows the one which ended with this id.
    func index(after cursor: String?) -> Int {
        guard let cursor else { return 0 }
        let index = lowerBound(cursor)
        return index < entries.count && entries[index].account.id == cursor ? index + 1 : index
    }

    /// The index of the first entry whose id is not less than this.
    func lowerBound(_ id: String) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].account.id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Puts an entry into its place; its id must not be there yet.
    mutating func insert(_ entry: Entry) {
        entries.insert(entry, at: lowerBound(entry.account.id))
        version += 1
    }

    mutating func remove(_ id: String) -> Entry? {
        let index = lowerBound(id)
        guard entries.indices.contains(index), entries[index].account.id == id else { return nil }
        version += 1
        return entries.remove(at: index)
    }

    mutating func replaceAll(_ entries: [Entry]) {
        self.entries = entries.sorted { $0.account.id < $1.account.id }
        version += 1
    }
}
