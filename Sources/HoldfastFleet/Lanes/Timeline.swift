import HoldfastCore

/// The newest changes of one account's state, oldest first, in 40 bytes each.
///
/// Limits: at most `most` entries per account and `fleetLimit` in the whole fleet. The second one is kept by dividing it
/// evenly, so with many accounts each keeps fewer, but never fewer than `least`.
struct Timeline {
    static let most = 50
    static let least = 8
    static let fleetLimit = 400_000

    private(set) var entries: ContiguousArray<CompactEntry> = []

    /// How many entries an account may keep in a fleet of this size. With a store it is the least: the store has the rest.
    static func limit(accounts: Int, isStored: Bool) -> Int {
        isStored ? least : min(max(fleetLimit / max(accounts, 1), least), most)
    }

    /// Forgets the oldest entries beyond `limit`, and the room for more; returns how many went.
    mutating func trim(to limit: Int) -> Int {
        let dropped = max(0, entries.count - limit)
        if dropped > 0 { entries = ContiguousArray(entries.suffix(limit)) }
        return dropped
    }

    /// Appends an entry; returns how many old ones had to go.
    mutating func append(_ entry: CompactEntry, limit: Int) -> Int {
        var dropped = 0
        if entries.count >= limit {
            dropped = entries.count - limit + 1
            entries.removeFirst(dropped)
        } else if entries.count == entries.capacity {
            // Most accounts have two or three entries for days: do not let the array double.
            entries.reserveCapacity(entries.count + 2)
        }
        entries.append(entry)
        return dropped
    }
}

/// A `Transition` made small.
struct CompactEntry {
    private let milliseconds: Int64
    private let failures: UInt32
    private let generation: UInt32
    private let incarnation: UInt32
    private let number: Int32
    /// The failure's record, by its serial number; 0 is none.
    let record: UInt32
    private let retryAfterMilliseconds: UInt32
    private let from: SessionState
    private let to: SessionState
    private let reason: TransitionReason
    private let phase: Phase
    private let failureClass: FailureClass?
    private let detail: FailureDetail

    init(_ transition: Transition, record: UInt32) {
        milliseconds = transition.at.milliseconds
        failures = transition.failures
        generation = transition.generation
        incarnation = transition.incarnation
        from = transition.from
        to = transition.to
        reason = transition.reason
        let failure = transition.failure
        number = failure?.number ?? 0
        retryAfterMilliseconds = UInt32(clamping: (failure?.retryAfter ?? .zero).wholeMilliseconds)
        phase = failure?.phase ?? .resolve
        failureClass = failure?.class
        detail = failure?.detail ?? .endOfStream
        self.record = record
    }

    func entry(record: FailureNote?) -> TimelineEntry {
        let failure = failureClass.map {
            Failure(
                $0, detail, number: number, phase: phase, retryAfter: .milliseconds(Int64(retryAfterMilliseconds)))
        }
        return TimelineEntry(
            at: WallTime(milliseconds: milliseconds), from: from, to: to, reason: reason.text, failures: Int(failures),
            generation: generation, incarnation: incarnation, failureClass: failure?.class, failureCode: failure?.code,
            record: record?.record)
    }
}
