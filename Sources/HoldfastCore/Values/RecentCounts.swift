/// What was counted in each of the last `size` steps of time, a second or a minute each: a ring, in which the steps that pass are
/// cleared. The same memory, however much is counted.
struct RecentCounts<let size: Int, Count: StepCount>: Sendable {
    private var counts = InlineArray<size, Count>(repeating: Count())
    /// The step that is counted in now.
    private(set) var newest: Int64 = .min

    init() {}

    /// What is counted from now on belongs to this step. A clock that goes back counts in the newest one.
    ///
    /// - Parameter leaving: gets what is too long ago now, before it is cleared.
    mutating func advance(to step: Int64, leaving: (Count) -> Void = { _ in }) {
        guard step > newest else { return }
        let passed = min(step.subtractingSaturated(newest), Int64(size))
        for number in (step - passed + 1)...step {
            leaving(counts[Self.place(of: number)])
            counts[Self.place(of: number)] = Count()
        }
        newest = step
    }

    /// What was counted in a step; nothing in one that is too long ago, or has not come.
    subscript(step: Int64) -> Count {
        get { isKept(step) ? counts[Self.place(of: step)] : Count() }
        set { if isKept(step) { counts[Self.place(of: step)] = newValue } }
    }

    private func isKept(_ step: Int64) -> Bool {
        step <= newest && step > newest.subtractingSaturated(Int64(size))
    }

    private static func place(of step: Int64) -> Int {
        let size = Int64(size)
        return Int((step % size + size) % size)
    }
}

/// Something to count with, that begins with nothing.
protocol StepCount: Sendable {
    init()
}

extension UInt8: StepCount {}
extension UInt32: StepCount {}
