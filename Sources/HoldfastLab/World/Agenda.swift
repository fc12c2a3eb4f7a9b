internal import HoldfastCore

/// What is going to happen in the world, by time; of two things at the same instant the one planned first happens first,
/// so that a run depends on nothing but its seed.
///
/// Time is cut into slices, and slices into turns. What comes later than the current slice is thrown unsorted into its own, or
/// into its turn. A slice is sorted when its time has come, and gone through; what is planned into it after that stands
/// beside it, in a small binary heap. Messages of which none overtakes another stand in queues, and need no order.
struct Agenda<Event: Sendable>: Sendable {
    typealias Entry = AgendaEntry<Event>

    /// The current slice in its order, and what was planned into it since.
    private var current = EntryQueue<Event>()
    private var late = EntryHeap<Event>()
    private var number: Int64
    private var turn: Int64
    private var queues: [EntryQueue<Event>]

    /// The later slices of this turn, by their numbers within it, and how much is in them.
    private var slices: [[Entry]]
    private var inSlices = 0
    /// The turns to come, the next one first, and whatever is further away than they go.
    private var turns: [[Entry]] = []
    private var beyond: [Entry] = []

    /// Storage of small slices that are over, to be used again.
    private var spare: [[Entry]] = []
    private var planned: UInt64 = 0
    /// How much is planned and has not happened.
    private var count = 0

    /// 17 ms: a wave of a thousand connects a second puts some hundred events into one.
    private static var sliceBits: Int64 { 24 }
    /// 4 096 slices, 69 s.
    private static var turnBits: Int64 { 12 }
    private static var sliceCount: Int { 1 << Int(turnBits) }
    private static var turnLimit: Int64 { 4_096 }
    private static var spareLimit: Int { 64 }
    private static var largestSpare: Int { 4_096 }

    /// - Parameter queues: how many kinds of messages there are of which none overtakes another.
    init(at now: Instant, queues: Int = 0) {
        number = (now.nanoseconds >> Self.sliceBits) - 1
        turn = now.nanoseconds >> (Self.sliceBits + Self.turnBits)
        slices = Array(repeating: [], count: Self.sliceCount)
        self.queues = Array(repeating: EntryQueue(), count: queues)
    }

    // MARK: Planning

    mutating func add(_ event: Event, at instant: Instant) {
        let entry = entry(event, at: instant)
        let place = entry.at >> Self.sliceBits
        guard place > number else { return late.insert(entry) }
        let distance = Self.turn(of: entry) - turn
        if distance == 0 {
            addToSlice(entry)
        } else if distance <= Self.turnLimit {
            while turns.count < Int(distance) { turns.append([]) }
            turns[Int(distance) - 1].append(entry)
        } else {
            beyond.append(entry)
        }
    }

    /// One of the messages of this kind, not before the one that was added last.
    mutating func add(_ event: Event, at instant: Instant, inQueue queue: Int) {
        queues[queue].append(entry(event, at: instant))
    }

    private mutating func entry(_ event: Event, at instant: Instant) -> Entry {
        planned += 1
        count += 1
        return Entry(at: instant.nanoseconds, order: planned, event: event)
    }

    private mutating func addToSlice(_ entry: Entry) {
        let place = Int((entry.at >> Self.sliceBits) & Int64(Self.sliceCount - 1))
        if slices[place].capacity == 0, let storage = spare.popLast() { slices[place] = storage }
        slices[place].append(entry)
        inSlices += 1
    }

    // MARK: Taking

    /// When the next thing happens.
    mutating func next() -> Instant? {
        guard count > 0 else { return nil }
        if current.isEmpty, late.isEmpty { openSlice() }
        return first.map { Instant(nanoseconds: $0.at) }
    }

    /// The next thing, unless it happens after `limit`.
    mutating func removeFirst(notAfter limit: Instant = .distantFuture) -> Entry? {
        if current.isEmpty, late.isEmpty { openSlice() }
        guard let first, first.at <= limit.nanoseconds else { return nil }
        count -= 1
        switch first.source {
        case -2: return current.removeFirst()
        case -1: return late.removeFirst()
        default: return queues[first.source].removeFirst()
        }
    }

    /// What comes first, and whether it stands in the current slice (-2), beside it (-1) or in the queue of this number.
    private var first: (at: Int64, source: Int)? {
        var (at, order, source) = (Int64.max, UInt64.max, Int.min)
        func consider(_ place: (at: Int64, order: UInt64)?, _ number: Int) {
            guard let place, place < (at, order) else { return }
            (at, order, source) = (place.at, place.order, number)
        }
        consider(current.firstPlace, -2)
        consider(late.firstPlace, -1)
        for number in queues.indices { consider(queues[number].firstPlace, number) }
        return source == .min ? nil : (at, source)
    }

    // MARK: Slices and turns

    /// Goes on to the next slice in which something happens.
    private mutating func openSlice() {
        while inSlices == 0 { guard openTurn() else { return } }
        var place: Int
        repeat {
            number += 1
            place = Int(number & Int64(Self.sliceCount - 1))
        } while slices[place].isEmpty
        var entries: [Entry] = []
        swap(&entries, &slices[place])
        inSlices -= entries.count
        entries.sort(by: <)
        current.exchange(&entries)
        if entries.capacity > 0, entries.capacity <= Self.largestSpare, spare.count < Self.spareLimit {
            spare.append(entries)
        }
    }

    /// Goes on to the next turn in which something happens. False if there is none.
    private mutating func openTurn() -> Bool {
        let near = turns.firstIndex { !$0.isEmpty }.map { Int64($0) + 1 }
        let far = beyond.map { Self.turn(of: $0) - turn }.min()
        guard let distance = [near, far].compactMap(\.self).min() else { return false }
        turn += distance
        number = (turn << Self.turnBits) - 1
        let entries = near == distance ? turns[Int(distance) - 1] : []
        turns.removeFirst(Int(min(Int64(turns.count), distance)))
        for entry in entries + beyond.filter({ Self.turn(of: $0) == turn }) { addToSlice(entry) }
        beyond.removeAll { Self.turn(of: $0) == turn }
        return true
    }

    private static func turn(of entry: Entry) -> Int64 { entry.at >> (sliceBits + turnBits) }
}
