/// Attempts at one endpoint over the last `length`, and how many of them speak against it. Counted in thirtieths of the
/// length, so it takes the same memory whether ten attempts were made or ten thousand.
struct AttemptWindow: Sendable {
    private(set) var attempts = 0
    private(set) var failures = 0
    private var slices = InlineArray<30, Slice>(repeating: Slice())
    private var current: Int64 = .min
    private var sliceNanoseconds: Int64 = 1

    private struct Slice {
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
        let index = Self.index(of: current)
        guard slices[index].attempts < .max else { return }
        slices[index].attempts += 1
        attempts += 1
        if isFailure {
            slices[index].failures += 1
            failures += 1
        }
    }

    /// Forgets what is older than the length.
    private mutating func advance(to now: Instant) {
        let slice = now.nanoseconds / sliceNanoseconds
        guard slice > current else { return }
        let passed = min(slice.subtractingSaturated(current), Self.count)
        for number in (slice - passed + 1)...slice {
            let index = Self.index(of: number)
            attempts -= Int(slices[index].attempts)
            failures -= Int(slices[index].failures)
            slices[index] = Slice()
        }
        current = slice
    }

    private static func index(of slice: Int64) -> Int {
        Int((slice % count + count) % count)
    }
}
