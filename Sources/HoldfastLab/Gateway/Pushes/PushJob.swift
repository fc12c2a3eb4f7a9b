import HoldfastCore
import NIOCore

/// One push request for one account: what is still to be sent, what is open, and what is due again. It lives with the account
/// and not with a session, so that it goes on where a broken connection left it.
struct PushJob: Sendable {
    /// A push that is due now.
    struct Due: Hashable {
        /// From 1.
        var number: Int
        /// The time its messages carry: that of the first sending.
        var time: WallTime
        var isRedelivery: Bool
    }

    let template: PushTemplate
    private let start: NIODeadline
    private var sent = 0
    /// Open pushes, each with the time of its first sending.
    private var open: [Int: WallTime] = [:]
    /// The same, in the order in which they are due again. Acknowledged ones stay here until it is their turn.
    private var queue = CircularBuffer<(number: Int, due: NIODeadline)>()

    init(_ template: PushTemplate, now: NIODeadline) {
        self.template = template
        self.start = now
    }

    /// Thirty years: more than any job lives, and still a deadline that can be added up.
    private static let farNanoseconds = 1e18

    private var redeliverAfter: TimeAmount? { template.request.redeliverAfter.map { TimeAmount($0) } }

    /// Nothing is left to send, and nothing is left that could be sent again. Once finished, later acknowledgements of it
    /// count as unknown.
    var isFinished: Bool { sent == template.request.count && open.isEmpty }

    /// Everything was sent once and will not be sent again; only acknowledgements could still come.
    var onlyWaits: Bool { sent == template.request.count && redeliverAfter == nil }

    /// The next push to send, or nil if none is due now.
    mutating func next(at now: NIODeadline, wall: WallTime) -> Due? {
        if let again = redelivery(at: now) { return again }
        guard sent < template.request.count, freshDue(at: now) <= now, hasRoom else { return nil }
        if open.count == PushRequest.maxOpen { forgetOldest() }
        sent += 1
        open[sent] = wall
        queue.append((sent, redeliverAfter.map { now + $0 } ?? .distantFuture))
        return Due(number: sent, time: wall, isRedelivery: false)
    }

    /// When to ask again, if nothing happens before; nil if only an acknowledgement can bring something.
    mutating func nextDue(at now: NIODeadline) -> NIODeadline? {
        dropAcknowledged()
        let again = redeliverAfter == nil ? nil : queue.first?.due
        let fresh = sent < template.request.count && hasRoom ? freshDue(at: now) : nil
        return [again, fresh].compactMap { $0 }.min()
    }

    enum Acknowledgement: Hashable {
        /// No push of this number is open.
        case unknown
        case taken
        /// The next push waited for this one.
        case takenAndMadeRoom
    }

    mutating func acknowledge(_ number: Int) -> Acknowledgement {
        let waited = !hasRoom && sent < template.request.count
        guard open.removeValue(forKey: number) != nil else { return .unknown }
        return waited ? .takenAndMadeRoom : .taken
    }

    /// The account has a new session: what is open is due again, or lost if this request does not re-deliver.
    mutating func restart(at now: NIODeadline) {
        queue.removeAll(keepingCapacity: true)
        guard redeliverAfter != nil else { return open.removeAll() }
        for number in open.keys.sorted() { queue.append((number, now)) }
    }

    private mutating func redelivery(at now: NIODeadline) -> Due? {
        guard let redeliverAfter else { return nil }
        dropAcknowledged()
        guard let first = queue.first, first.due <= now, let time = open[first.number] else { return nil }
        queue.removeFirst()
        queue.append((first.number, now + redeliverAfter))
        return Due(number: first.number, time: time, isRedelivery: true)
    }

    private mutating func dropAcknowledged() {
        while let first = queue.first, open[first.number] == nil { queue.removeFirst() }
    }

    private var hasRoom: Bool {
        if let window = template.request.window { return open.count < window }
        return redeliverAfter == nil || open.count < PushRequest.maxOpen
    }

    private mutating func forgetOldest() {
        dropAcknowledged()
        guard let first = queue.popFirst() else { return }
        open.removeValue(forKey: first.number)
    }

    /// When the next fresh push is due by the rate, counted from the request and not from the push before it, so that the
    /// rate holds on average however late a timer is.
    private func freshDue(at now: NIODeadline) -> NIODeadline {
        guard let rate = template.request.rate else { return now }
        return start + .nanoseconds(Int64(min(Double(sent) / rate * 1e9, Self.farNanoseconds)))
    }
}
