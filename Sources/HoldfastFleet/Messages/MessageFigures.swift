import HoldfastCore
public import HoldfastStore

/// What is counted about messages outside of the lanes.
struct MessageFigures: Sendable {
    var handled = CountsByKind()
    var duplicates: UInt64 = 0
    var handlerSeconds = Histogram(bounds: Histogram.handlerBounds)
    /// Pauses that began because a person answered.
    var pauses: UInt64 = 0
    /// Deliveries that had to wait because their account had too many open messages of ours.
    var outboxWaits: UInt64 = 0
}

/// Messages by what became of them.
public struct CountsByKind: Sendable {
    private var counts: InlineArray<5, UInt64> = .init(repeating: 0)

    public init() {}

    public internal(set) subscript(kind: HandledKind) -> UInt64 {
        get { counts[kind.index] }
        set { counts[kind.index] = newValue }
    }
}

extension HandledKind {
    fileprivate var index: Int {
        switch self {
        case .handled: 0
        case .unmatched: 1
        case .skipped: 2
        case .letter: 3
        case .abandoned: 4
        }
    }
}

/// Messages of ours by what became of them.
public struct OutboxCounts: Sendable {
    private var counts: InlineArray<5, UInt64> = .init(repeating: 0)

    public init() {}

    public internal(set) subscript(state: OutboxMessage.State) -> UInt64 {
        get { counts[state.index] }
        set { counts[state.index] = newValue }
    }

    static func += (left: inout OutboxCounts, right: OutboxCounts) {
        for state in OutboxMessage.State.allCases { left[state] &+= right[state] }
    }
}

extension OutboxMessage.State {
    fileprivate var index: Int {
        switch self {
        case .queued: 0
        case .sent: 1
        case .confirmed: 2
        case .refused: 3
        case .expired: 4
        }
    }
}

extension Histogram {
    /// Seconds that a handler takes.
    public static let handlerBounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    mutating func add(_ sample: Double) {
        let bucket = bounds.firstIndex { sample <= $0 } ?? bounds.count
        counts[bucket] &+= 1
        sum += sample
    }
}
