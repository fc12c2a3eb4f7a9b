/// Every account that has asked at the gate, each in at most one list: waiting at its endpoint, or granted. Asking,
/// taking from the middle and granting cost the same whether ten wait or a million.
struct TicketBook: Sendable {
    enum Place: UInt8 {
        /// Connected, or between two attempts: known, but nothing is asked for.
        case idle
        case waiting
        case granted
    }

    struct Record {
        var account: AccountKey
        var endpoint: EndpointID
        var generation: UInt32 = 0
        var place = Place.idle
        /// The latest attempt that ended spoke against the endpoint.
        var isFailing = false
        /// The breaker's era in which the attempt began.
        var era: UInt32 = 0
        var expiresAt = Instant.distantFuture
        fileprivate var previous: Index?
        fileprivate var next: Index?
    }

    struct Index: Hashable {
        fileprivate var number: UInt32
    }

    /// A list through the records, in the order in which they came.
    struct List {
        fileprivate(set) var first: Index?
        fileprivate(set) var last: Index?
        fileprivate(set) var count = 0

        var isEmpty: Bool { count == 0 }
    }

    private var records: [Record] = []
    private var free: [Index] = []
    /// By lane and slot, which are given out from 0 on and used again.
    private var index: [[Index?]] = []

    func find(_ account: AccountKey) -> Index? {
        let (lane, slot) = (Int(account.lane), Int(account.slot))
        return lane < index.count && slot < index[lane].count ? index[lane][slot] : nil
    }

    private mutating func enter(_ account: AccountKey, _ number: Index?) {
        let (lane, slot) = (Int(account.lane), Int(account.slot))
        while index.count <= lane { index.append([]) }
        while index[lane].count <= slot { index[lane].append(nil) }
        index[lane][slot] = number
    }

    subscript(_ index: Index) -> Record {
        get { records[Int(index.number)] }
        _modify { yield &records[Int(index.number)] }
    }

    mutating func add(_ account: AccountKey, at endpoint: EndpointID) -> Index {
        let record = Record(account: account, endpoint: endpoint)
        let new: Index
        if let reused = free.popLast() {
            new = reused
            self[new] = record
        } else {
            new = Index(number: UInt32(truncatingIfNeeded: records.count))
            records.append(record)
        }
        enter(account, new)
        return new
    }

    /// Forgets a record that is in no list.
    mutating func drop(_ old: Index) {
        enter(self[old].account, nil)
        free.append(old)
    }

    mutating func append(_ new: Index, to list: inout List) {
        self[new].previous = list.last
        self[new].next = nil
        if let last = list.last { self[last].next = new } else { list.first = new }
        list.last = new
        list.count += 1
    }

    mutating func forEach(in list: List, _ body: (inout Record) -> Void) {
        var next = list.first
        while let current = next {
            body(&self[current])
            next = self[current].next
        }
    }

    mutating func remove(_ old: Index, from list: inout List) {
        let (previous, next) = (self[old].previous, self[old].next)
        if let previous { self[previous].next = next } else { list.first = next }
        if let next { self[next].previous = previous } else { list.last = previous }
        self[old].previous = nil
        self[old].next = nil
        list.count -= 1
    }
}
