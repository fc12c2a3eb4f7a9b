/// The heartbeats that wait for their reply: at most eight, with consecutive numbers, oldest first. A reply to one
/// answers every older one too, so the open ones are always the newest, and no table is needed.
public struct OpenBeats: Sendable {
    /// Number of the oldest open beat; the next to be sent where none is open.
    public private(set) var oldest: UInt32 = 0
    public private(set) var count: UInt8 = 0
    /// How many, from the oldest on, have already been counted as missed. They stay open, because a late reply still
    /// proves that the peer lives.
    public private(set) var missed: UInt8 = 0
    private var probes: UInt8 = 0
    private var sentAt: InlineArray<8, Instant> = .init(repeating: Instant(nanoseconds: 0))

    public static let capacity = HeartbeatSettings.openBeatsLimit

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// The number the next beat will have.
    public var next: UInt32 { oldest &+ UInt32(count) }

    /// When the oldest open beat was sent.
    public var oldestSentAt: Instant? {
        count == 0 ? nil : sentAt[0]
    }

    /// The oldest beat that has not been counted as missed.
    var firstAwaited: (sentAt: Instant, isProbe: Bool)? {
        missed < count ? (sentAt[Int(missed)], probes & (1 << missed) != 0) : nil
    }

    /// Opens the next beat and returns its number. A full list forgets its oldest.
    mutating func open(at now: Instant, isProbe: Bool) -> UInt32 {
        if Int(count) == Self.capacity { drop(1) }
        let number = next
        sentAt[Int(count)] = now
        if isProbe { probes |= 1 << count }
        count += 1
        return number
    }

    /// Closes the beat and every older one. Returns when it was sent and whether it had been counted as missed, or nil if
    /// it is not open.
    mutating func close(_ number: UInt32) -> (sentAt: Instant, wasMissed: Bool)? {
        let index = number &- oldest
        guard index < UInt32(count) else { return nil }
        let closed = (sentAt[Int(index)], index < UInt32(missed))
        drop(UInt8(index) + 1)
        return closed
    }

    /// Closes all of them: an answer came that does not say to which. Returns when the oldest was sent and whether it had been
    /// counted as missed, or nil if none is open.
    mutating func closeAll() -> (sentAt: Instant, wasMissed: Bool)? {
        guard count > 0 else { return nil }
        let closed = (sentAt[0], missed > 0)
        drop(count)
        return closed
    }

    /// Counts the oldest awaited beat as missed.
    mutating func miss() {
        if missed < count { missed += 1 }
    }

    /// Moves every open beat later by the time in which we could not have seen its reply.
    mutating func shift(by duration: Duration) {
        for index in 0..<Int(count) {
            sentAt[index] = sentAt[index] + duration
        }
    }

    /// Moves the beats as if the time from `start` to `end` had not passed.
    mutating func skip(from start: Instant, to end: Instant) {
        for index in 0..<Int(count) {
            let since = max(sentAt[index], start)
            if since < end { sentAt[index] = sentAt[index] + end.since(since) }
        }
    }

    /// Forgets the oldest `number` (at most `count`) beats.
    private mutating func drop(_ number: UInt8) {
        let remaining = count - number
        for index in 0..<Int(remaining) {
            sentAt[index] = sentAt[index + Int(number)]
        }
        oldest &+= UInt32(number)
        count = remaining
        missed -= min(missed, number)
        probes = number >= 8 ? 0 : probes >> number
    }
}

extension OpenBeats: Hashable {
    public static func == (left: OpenBeats, right: OpenBeats) -> Bool {
        guard left.oldest == right.oldest, left.count == right.count, left.missed == right.missed,
            left.probes == right.probes
        else { return false }
        for index in 0..<Int(left.count) where left.sentAt[index] != right.sentAt[index] { return false }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(oldest)
        hasher.combine(count)
        hasher.combine(missed)
        hasher.combine(probes)
        for index in 0..<Int(count) { hasher.combine(sentAt[index]) }
    }
}
