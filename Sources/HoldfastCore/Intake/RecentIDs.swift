import DequeModule

/// The ids of the newest messages of one account, for the mode that keeps no journal (T2): at most `capacity`, none older
/// than the time they are kept for.
public struct RecentIDs: Sendable {
    private var ids: Set<String> = []
    private var order: Deque<(id: String, at: Instant)> = []
    private let capacity: Int
    private let keptForNanoseconds: Int64

    public static let defaultCapacity = 10_000

    public init(capacity: Int = RecentIDs.defaultCapacity, keptFor: Duration = .seconds(3600)) {
        self.capacity = max(1, capacity)
        keptForNanoseconds = keptFor.wholeNanoseconds
    }

    public var count: Int { order.count }

    /// Takes an id in. False if it was there already: then the message is a duplicate.
    public mutating func insert(_ id: String, at now: Instant) -> Bool {
        while let oldest = order.first, now.nanoseconds.subtractingSaturated(oldest.at.nanoseconds) > keptForNanoseconds
        {
            forgetOldest()
        }
        guard ids.insert(id).inserted else { return false }
        if order.count >= capacity { forgetOldest() }
        order.append((id, now))
        return true
    }

    private mutating func forgetOldest() {
        guard let oldest = order.popFirst() else { return }
        ids.remove(oldest.id)
    }
}
