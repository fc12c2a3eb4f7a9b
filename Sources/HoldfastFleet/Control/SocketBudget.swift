import Synchronization

/// How many sockets the accounts of a fleet may hold: what the process may open, less a reserve for its loops, the console
/// and the store. Without it a fleet that is too large would take the last descriptor, and nobody could ask it why.
final class SocketBudget: Sendable {
    private let used = Atomic(0)
    private let limit: @Sendable () -> Int

    /// - Parameter limit: how many descriptors the process may open now; 0 if that is not known.
    init(limit: @escaping @Sendable () -> Int = ProcessSampler.descriptorLimit) {
        self.limit = limit
    }

    /// Whether one more socket may be opened. Whoever gets one gives it back.
    func take() -> Bool {
        let limit = limit()
        let before = used.add(1, ordering: .relaxed).oldValue
        if limit == 0 || before < limit - Self.reserve(of: limit) { return true }
        giveBack()
        return false
    }

    func giveBack() {
        used.subtract(1, ordering: .relaxed)
    }

    /// What the accounts leave to the rest of the process.
    static func reserve(of limit: Int) -> Int { min(largestReserve, limit / 4) }

    static let largestReserve = 128
}
