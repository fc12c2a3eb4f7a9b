internal import HoldfastCore

/// What is going to happen in the world, by time; of two things at the same instant the one planned first happens first,
/// so that a run depends on nothing but its seed.
///
/// Time is cut into slices. Only the current slice is kept in order, as a binary heap, which so stays in the cache though a
/// million accounts wait for something; what comes later is thrown into its slice unsorted.
struct Agenda<Event: Sendable>: Sendable {
    struct Entry: Sendable {
        var at: Int64
        var order: UInt64
        var event: Event
    }

    private var heap: [Entry] = []
    private var slice = Int64.min
    private var later: [Int64: [Entry]] = [:]
    /// The numbers of the slices in `later`, the soonest first.
    private var slices = SmallestFirst()
    /// Storage of slices that are over, to be used again.
    private var spare: [[Entry]] = []
    private var planned: UInt64 = 0

    /// 17 ms: a wave of a thousand connects a second puts some hundred events into one.
    private static var sliceBits: Int64 { 24 }
    private static var spareLimit: Int { 64 }

    /// When the next thing happens.
    mutating func next() -> Instant? {
        if heap.isEmpty { openSlice() }
        return heap.first.map { Instant(nanoseconds: $0.at) }
    }

    mutating func add(_ event: Event, at instant: Instant) {
        planned += 1
        let entry = Entry(at: instant.nanoseconds, order: planned, event: event)
        let number = entry.at >> Self.sliceBits
        guard number > slice else { return insert(entry) }
        if later[number]?.append(entry) == nil {
            var entries = spare.popLast() ?? []
            entries.append(entry)
            later[number] = entries
            slices.insert(number)
        }
    }

    mutating func removeFirst() -> Entry? {
        if heap.isEmpty { openSlice() }
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty { sink(last) }
        return first
    }

    private mutating func openSlice() {
        guard let number = slices.removeFirst(), var entries = later.removeValue(forKey: number) else { return }
        slice = number
        // Sorted is a heap, too.
        entries.sort(by: Self.isBefore)
        swap(&heap, &entries)
        if spare.count < Self.spareLimit { spare.append(entries) }
    }

    private mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var hole = heap.count - 1
        while hole > 0 {
            let parent = (hole - 1) / 2
            guard Self.isBefore(entry, heap[parent]) else { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = entry
    }

    private mutating func sink(_ last: Entry) {
        let count = heap.count
        var hole = 0
        while case let child = 2 * hole + 1, child < count {
            let smaller = child + 1 < count && Self.isBefore(heap[child + 1], heap[child]) ? child + 1 : child
            guard Self.isBefore(heap[smaller], last) else { break }
            heap[hole] = heap[smaller]
            hole = smaller
        }
        heap[hole] = last
    }

    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.at != right.at ? left.at < right.at : left.order < right.order
    }
}

/// A few numbers, the smallest first.
private struct SmallestFirst: Sendable {
    /// In falling order. New ones are mostly larger than all, or close to the smallest.
    private var numbers: [Int64] = []

    mutating func insert(_ number: Int64) {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] > number { low = middle + 1 } else { high = middle }
        }
        numbers.insert(number, at: low)
    }

    mutating func removeFirst() -> Int64? { numbers.popLast() }
}

/// One thing that happens by itself.
enum WorldEvent {
    case wake(account: Int)
    /// Something on the socket of this attempt.
    case link(account: Int, generation: UInt32, LinkEvent)
    /// A message from a lane has reached the control loop.
    case toGate(GateMessage)
    /// The gate's own deadline has come.
    case gate
    /// A grant has reached its lane.
    case granted(Ticket)
    case released(account: Int, incarnation: UInt32)
    /// The renewal gate's permission has reached its lane.
    case loginGranted(account: Int)
    /// The beginning of a login is on the disk.
    case loginWrittenDown(account: Int)
    case renewalEnded(account: Int, RenewalOutcome)
    case resumeReading(account: Int)
    case sweep
    case sample
    /// The alert desk looks at everything, once a second.
    case alertSecond
    /// The disk has taken, or not, what the alert desk wants kept.
    case alertsWritten
}

/// What the wire and the dialect tell of a socket.
enum LinkEvent {
    case entered(Phase)
    case opened
    case registered
    case registrationRefused(code: Int)
    /// The gateway dictates the heartbeats' interval.
    case dictated(Duration)
    /// Nil where replies do not say which beat they answer.
    case reply(UInt32?, isPositive: Bool)
    case reconnectAsked(within: Duration)
    case message
    case closed(FailureCause)
}

enum GateMessage {
    case request(account: Int, generation: UInt32)
    case giveBack(account: Int, generation: UInt32, AttemptOutcome)
    case forget(account: Int)
    case renew(account: Int)
    case renewalFinished(account: Int)
}
