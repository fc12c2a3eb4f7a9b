/// One thing that is going to happen.
struct AgendaEntry<Event: Sendable>: Sendable {
    var at: Int64
    /// Counts up with everything that is planned.
    var order: UInt64
    var event: Event

    static func < (left: Self, right: Self) -> Bool {
        left.at != right.at ? left.at < right.at : left.order < right.order
    }
}

/// Entries that come in their order.
struct EntryQueue<Event: Sendable>: Sendable {
    private var entries: [AgendaEntry<Event>] = []
    /// So many of them are over.
    private var head = 0

    private static var mostSpent: Int { 4_096 }

    var isEmpty: Bool { head == entries.count }
    var first: AgendaEntry<Event>? { head < entries.count ? entries[head] : nil }

    /// By what it is compared with the first of others.
    var firstPlace: (at: Int64, order: UInt64)? {
        head < entries.count ? (entries[head].at, entries[head].order) : nil
    }

    mutating func append(_ entry: AgendaEntry<Event>) { entries.append(entry) }

    /// Takes other entries in the place of its own, which are over, and gives their storage back, empty.
    mutating func exchange(_ others: inout [AgendaEntry<Event>]) {
        swap(&entries, &others)
        others.removeAll(keepingCapacity: true)
        head = 0
    }

    mutating func removeFirst() -> AgendaEntry<Event>? {
        guard let first else { return nil }
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: head <= Self.mostSpent)
            head = 0
        } else if head > Self.mostSpent, head > entries.count / 2 {
            entries.removeFirst(head)
            head = 0
        }
        return first
    }
}

/// Entries in any order, as a binary heap.
struct EntryHeap<Event: Sendable>: Sendable {
    private var entries: [AgendaEntry<Event>] = []

    var isEmpty: Bool { entries.isEmpty }
    var firstPlace: (at: Int64, order: UInt64)? { entries.isEmpty ? nil : (entries[0].at, entries[0].order) }

    mutating func insert(_ entry: AgendaEntry<Event>) {
        entries.append(entry)
        var hole = entries.count - 1
        while hole > 0 {
            let parent = (hole - 1) / 2
            guard entry < entries[parent] else { break }
            entries[hole] = entries[parent]
            hole = parent
        }
        entries[hole] = entry
    }

    mutating func removeFirst() -> AgendaEntry<Event>? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty { sink(last) }
        return first
    }

    private mutating func sink(_ last: AgendaEntry<Event>) {
        let count = entries.count
        var hole = 0
        while case let child = 2 * hole + 1, child < count {
            let smaller = child + 1 < count && entries[child + 1] < entries[child] ? child + 1 : child
            guard entries[smaller] < last else { break }
            entries[hole] = entries[smaller]
            hole = smaller
        }
        entries[hole] = last
    }
}
