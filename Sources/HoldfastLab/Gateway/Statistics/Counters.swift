import Synchronization

/// What is counted for each frame. One instance per event loop, so that loops do not fight for a cache line; they are only
/// added up when somebody asks.
final class Counters: Sendable {
    let heartbeats = Atomic<Int>(0)
    let pings = Atomic<Int>(0)
    let pushed = Atomic<Int>(0)
    let pushedMessages = Atomic<Int>(0)
    let redelivered = Atomic<Int>(0)
    let acked = Atomic<Int>(0)
    let unknownAcks = Atomic<Int>(0)
    let badFrames = Atomic<Int>(0)
    let violations = Atomic<Int>(0)
    let registrations = Atomic<Int>(0)
    let registrationsRefused = Atomic<Int>(0)
    /// By close code, of which there are a few.
    private let closes = Mutex<[UInt16: Int]>([:])

    /// The client began the closing handshake. Without a code that is 1005 (RFC 6455 §7.1.5).
    func closed(by code: UInt16?) {
        closes.withLock { $0[code ?? 1005, default: 0] += 1 }
    }

    func add(to sum: inout GatewayStatistics) {
        sum.heartbeats += heartbeats.load(ordering: .relaxed)
        sum.pings += pings.load(ordering: .relaxed)
        sum.pushed += pushed.load(ordering: .relaxed)
        sum.pushedMessages += pushedMessages.load(ordering: .relaxed)
        sum.redelivered += redelivered.load(ordering: .relaxed)
        sum.acked += acked.load(ordering: .relaxed)
        sum.unknownAcks += unknownAcks.load(ordering: .relaxed)
        sum.badFrames += badFrames.load(ordering: .relaxed)
        sum.violations += violations.load(ordering: .relaxed)
        sum.registrations += registrations.load(ordering: .relaxed)
        sum.registrationsRefused += registrationsRefused.load(ordering: .relaxed)
        for (code, count) in closes.withLock({ $0 }) { sum.closes["\(code)", default: 0] += count }
    }
}

extension Atomic<Int> {
    /// One more. No order with other memory is needed: nobody concludes anything from a counter but a number.
    func increment(by amount: Int = 1) {
        wrappingAdd(amount, ordering: .relaxed)
    }
}
