/// Attempts at one endpoint over the last `length`, and how many of them speak against it. Counted in thirtieths of the
/// length, so it takes the same memory whether ten attempts were made or ten thousand.
struct AttemptWindow: Sendable {
    private(set) var attempts = 0
    private(set) var failures = 0
    private var slices = RecentCounts<30, Slice>()
    private var sliceNanoseconds: Int64 = 1

    private struct Slice: StepCount {
        var attempts: Int32 = 0
        var failures: Int32 = 0
    }

    private static let count: Int64 = 30

    /// Counts one attempt that ended now. A clock that goes back counts in the newest slice; another length than last
    /// time begins anew.
    mutating func add(isFailure: Bool, at now: Instant, length: Duration) {
        let wanted = max(1, length.wholeNanoseconds / Self.count)
        if wanted != sliceNanoseconds {
            self = AttemptWindow()
            sliceNanoseconds = wanted
        }
        advance(to: now)
        guard slices[slices.newest].attempts < .max else { return }
        slices[slices.newest].attempts += 1
        attempts += 1
        if isFailure {
            slices[slices.newest].failures += 1
            failures += 1
        }
    }

    /// Forgets what is older than the length.
    private mutating func advance(to now: Instant) {
        slices.advance(to: now.nanoseconds / sliceNanoseconds) { old in
            attempts -= Int(old.attempts)
            failures -= Int(old.failures)
        }
    }
}
