import HoldfastCore

/// The deadlines of a lane's slots: a wheel of buckets, one per tick, each a chain through the slots themselves.
///
/// A slot is armed for one tick at most, so arming, re-arming and disarming cost the same few writes however many there
/// are, and nothing is allocated. A deadline beyond the horizon is armed at the horizon: the owner looks at the real
/// deadline when the slot fires and arms it again. A slot fires at the first tick at or after its deadline, so at most one
/// tick late and never early.
struct TimerWheel {
    /// How finely deadlines are told apart.
    static let tick = Duration.milliseconds(50)
    /// Buckets; with 50 ms ticks they reach 51 s ahead.
    static let size: Int64 = 1_024

    private static let tickNanoseconds = tick.wholeNanoseconds
    private static let none = UInt32.max
    private static let unarmed = Int64.max

    private struct Node {
        var tick: Int64
        var next: UInt32
        var previous: UInt32
    }

    private var heads = ContiguousArray(repeating: TimerWheel.none, count: Int(TimerWheel.size))
    private var nodes: ContiguousArray<Node> = []
    /// The last tick that has fired. Only later ones can be armed.
    private var current: Int64
    /// How many slots are armed.
    private(set) var count = 0

    init(at now: Instant) {
        current = now.nanoseconds / Self.tickNanoseconds
    }

    /// Makes room for the slots 0 ..< `count`.
    mutating func grow(to count: Int) {
        while nodes.count < count {
            nodes.append(Node(tick: Self.unarmed, next: Self.none, previous: Self.none))
        }
    }

    /// Sees to it that the slot fires at its deadline or before. Costs nothing if it will already.
    mutating func arm(_ slot: UInt32, for deadline: Instant) {
        let wanted = tick(for: deadline)
        guard wanted < nodes[Int(slot)].tick else { return }
        disarm(slot)
        let bucket = Int(wanted & (Self.size - 1))
        let head = heads[bucket]
        nodes[Int(slot)] = Node(tick: wanted, next: head, previous: Self.none)
        if head != Self.none { nodes[Int(head)].previous = slot }
        heads[bucket] = slot
        count += 1
    }

    mutating func disarm(_ slot: UInt32) {
        let node = nodes[Int(slot)]
        guard node.tick != Self.unarmed else { return }
        if node.previous != Self.none {
            nodes[Int(node.previous)].next = node.next
        } else {
            heads[Int(node.tick & (Self.size - 1))] = node.next
        }
        if node.next != Self.none { nodes[Int(node.next)].previous = node.previous }
        nodes[Int(slot)] = Node(tick: Self.unarmed, next: Self.none, previous: Self.none)
        count -= 1
    }

    /// Appends every slot whose tick has come by now to `due`, earliest tick first, and disarms it.
    mutating func advance(to now: Instant, into due: inout ContiguousArray<UInt32>) {
        let target = now.nanoseconds / Self.tickNanoseconds
        // After a long stop one turn of the wheel meets every bucket.
        var tick = max(current + 1, target - Self.size + 1)
        while tick <= target {
            let bucket = Int(tick & (Self.size - 1))
            var slot = heads[bucket]
            heads[bucket] = Self.none
            while slot != Self.none {
                due.append(slot)
                let next = nodes[Int(slot)].next
                nodes[Int(slot)] = Node(tick: Self.unarmed, next: Self.none, previous: Self.none)
                count -= 1
                slot = next
            }
            tick += 1
        }
        current = max(current, target)
    }

    /// The first tick at or after the deadline, within what the wheel reaches.
    private func tick(for deadline: Instant) -> Int64 {
        let (quotient, remainder) = deadline.nanoseconds.quotientAndRemainder(dividingBy: Self.tickNanoseconds)
        let wanted = remainder > 0 ? quotient + 1 : quotient
        return min(max(wanted, current + 1), current + Self.size)
    }
}
