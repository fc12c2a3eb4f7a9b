internal import HoldfastCore

/// What is going to happen in the world, by time; of two things at the same instant the one planned first happens first,
/// so that a run depends on nothing but its seed. A binary heap, kept small and plain because every beat of every virtual
/// heart goes through it.
struct Agenda {
    struct Entry {
        var at: Int64
        var order: UInt64
        var event: WorldEvent
    }

    private var heap: [Entry] = []
    private var planned: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var next: Instant? { heap.first.map { Instant(nanoseconds: $0.at) } }

    mutating func add(_ event: WorldEvent, at instant: Instant) {
        planned += 1
        let entry = Entry(at: instant.nanoseconds, order: planned, event: event)
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

    mutating func removeFirst() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        let count = heap.count
        guard count > 0 else { return first }
        var hole = 0
        while case let child = 2 * hole + 1, child < count {
            let smaller = child + 1 < count && Self.isBefore(heap[child + 1], heap[child]) ? child + 1 : child
            guard Self.isBefore(heap[smaller], last) else { break }
            heap[hole] = heap[smaller]
            hole = smaller
        }
        heap[hole] = last
        return first
    }

    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.at != right.at ? left.at < right.at : left.order < right.order
    }
}

/// One thing that happens.
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
    case renewalEnded(account: Int, RenewalOutcome)
    case resumeReading(account: Int)
    case sweep
    case action(WorldAction)
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
