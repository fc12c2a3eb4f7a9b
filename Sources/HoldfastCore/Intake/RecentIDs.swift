/// The ids of the newest messages of one account, for the mode that keeps no journal (T2): at most `capacity` of them with
/// `limitBytes` in all, none older than the time they are kept for. Ids are the same if their bytes are, as in the journal.
///
/// They stand in a ring in the order in which they came, numbered. An id is found through a chain of those whose hashes lead to
/// the same place, from the newest to the oldest: since they are forgotten in that order, a chain simply ends where a number
/// is no longer in the ring, and nothing has ever to be taken out of one. No memory is asked for an id by itself.
public struct RecentIDs: Sendable {
    private struct Entry {
        var at: Instant
        /// Where its bytes begin: how many bytes came before, those that are forgotten included.
        var start: Int
        var hash: UInt32
        /// The number of the one before it in its chain, which may be forgotten.
        var previous: UInt32
    }

    /// A power of two of places; the entry with a number is at the number's last bits.
    private var ring: [Entry] = []
    /// The newest number of each chain; four chains for a place, so that most are empty: what is new is then known for new without
    /// a look at the ring, which is memory that nobody has near.
    private var chains: [UInt32] = []
    /// The bytes of all ids, one after the other; those of the forgotten ones are cut off now and then.
    private var bytes: [UInt8] = []
    private var cutBytes = 0
    /// Numbers begin again when they are used up, and so mean something only by how far they are before `next`.
    private var first: UInt32 = 1
    private var next: UInt32 = 1
    private let capacity: Int
    private let limitBytes: Int
    private let keptForNanoseconds: Int64

    public static let defaultCapacity = 10_000
    public static let defaultLimitBytes = 1 << 20

    /// - Parameter limitBytes: of all ids; one that is longer by itself is kept alone.
    public init(
        capacity: Int = RecentIDs.defaultCapacity, limitBytes: Int = RecentIDs.defaultLimitBytes,
        keptFor: Duration = .seconds(3600)
    ) {
        self.capacity = max(1, capacity)
        self.limitBytes = limitBytes
        keptForNanoseconds = keptFor.wholeNanoseconds
    }

    public var count: Int { Int(next &- first) }

    /// Takes an id in. False if it was there already: then the message is a duplicate.
    public mutating func insert(_ id: String, at now: Instant) -> Bool {
        var id = id
        return id.withUTF8 { insert($0.span.bytes, at: now) }
    }

    /// The same for an id as the bytes of its UTF-8.
    public mutating func insert(_ id: RawSpan, at now: Instant) -> Bool {
        while first != next,
            now.nanoseconds.subtractingSaturated(ring[place(first)].at.nanoseconds) > keptForNanoseconds
        {
            first &+= 1
        }
        let hash = Self.hash(of: id)
        guard !contains(id, hash) else { return false }
        while first != next, count >= capacity || endOfBytes - ring[place(first)].start > limitBytes - id.byteCount {
            first &+= 1
        }
        cutForgottenBytes()
        if count == ring.count { grow() }
        link(Entry(at: now, start: endOfBytes, hash: hash, previous: 0), as: next)
        next &+= 1
        id.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return true
    }

    private var endOfBytes: Int { cutBytes + bytes.count }

    private func place(_ number: UInt32) -> Int { Int(number) & (ring.count - 1) }

    private func chain(of hash: UInt32) -> Int { Int(hash) & (chains.count - 1) }

    private static func hash(of id: RawSpan) -> UInt32 {
        var hasher = Hasher()
        id.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private func contains(_ id: RawSpan, _ hash: UInt32) -> Bool {
        guard !chains.isEmpty else { return false }
        var number = chains[chain(of: hash)]
        // How many numbers before `next` it is. That grows along a chain; where it does not, its number has been used again since.
        var age: UInt32 = 0
        while next &- number > age, next &- number <= next &- first {
            age = next &- number
            let entry = ring[place(number)]
            if entry.hash == hash, reads(id, number) { return true }
            number = entry.previous
        }
        return false
    }

    private func reads(_ id: RawSpan, _ number: UInt32) -> Bool {
        let start = ring[place(number)].start
        let end = number &+ 1 == next ? endOfBytes : ring[place(number &+ 1)].start
        return id.withUnsafeBytes { $0.elementsEqual(bytes[start - cutBytes..<end - cutBytes]) }
    }

    private mutating func link(_ entry: Entry, as number: UInt32) {
        var entry = entry
        let chain = chain(of: entry.hash)
        entry.previous = chains[chain]
        chains[chain] = number
        ring[place(number)] = entry
    }

    /// Doubles the ring. Where an entry stands and which chain it is in changes with its size.
    private mutating func grow() {
        let entries = (0..<UInt32(count)).map { ring[place(first &+ $0)] }
        let size = max(16, 2 * ring.count)
        ring = Array(repeating: Entry(at: Instant(nanoseconds: 0), start: 0, hash: 0, previous: 0), count: size)
        // The number before the first one: these chains are empty.
        chains = Array(repeating: 0, count: 4 * size)
        for (offset, entry) in entries.enumerated() { link(entry, as: first &+ UInt32(offset)) }
    }

    /// Half of the bytes at least are cut off at once, so that each is moved once or twice at most.
    private mutating func cutForgottenBytes() {
        let forgotten = (first != next ? ring[place(first)].start : endOfBytes) - cutBytes
        guard forgotten > 0, forgotten >= bytes.count - forgotten else { return }
        bytes.removeFirst(forgotten)
        cutBytes += forgotten
    }
}
