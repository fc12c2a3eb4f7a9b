import HoldfastCore
import NIOCore

/// A fault that stands: since when, and until when.
///
/// A reference, so that a session keeps one word for the fault it is under and can tell by identity that it changed.
final class StandingFault<Entry: ScriptedFault>: Sendable {
    let fault: Entry
    let since: NIODeadline
    let sinceWall: WallTime
    let until: NIODeadline?

    init(_ fault: Entry, since: NIODeadline, wall: WallTime) {
        self.fault = fault
        self.since = since
        self.sinceWall = wall
        self.until = fault.terms.duration.map { since + TimeAmount($0) }
    }
}

/// The faults in force, in order. The first that matches an account wins.
///
/// A look-up costs one dictionary access plus a walk over the entries for everyone, so a list with an entry for each of a
/// thousand accounts is as cheap as a short one.
struct FaultPlan<Entry: ScriptedFault>: Sendable {
    let standing: [StandingFault<Entry>]
    /// The first entry for a named account that needs no share, by its name.
    private let named: [String: Int]
    /// All other entries, in order.
    private let shared: [Int]

    init() {
        self.init(standing: [])
    }

    /// The list takes effect now; a fault that lasts a while ends that long from now.
    init(_ faults: [Entry], now: NIODeadline, wall: WallTime) {
        self.init(standing: faults.map { StandingFault($0, since: now, wall: wall) })
    }

    private init(standing: [StandingFault<Entry>]) {
        self.standing = standing
        var named: [String: Int] = [:]
        var shared: [Int] = []
        for (index, entry) in standing.enumerated() {
            let match = entry.fault.terms.match
            if match.account == FaultMatch.everyone || match.share < 1 {
                shared.append(index)
            } else if named[match.account] == nil {
                named[match.account] = index
            }
        }
        self.named = named
        self.shared = shared
    }

    /// The fault that decides about the account; nil stands for a session whose account is not known yet.
    func first(for account: String?) -> StandingFault<Entry>? {
        let own = account.flatMap { named[$0] }
        for index in shared {
            if let own, own < index { break }
            if standing[index].fault.terms.match.covers(account) { return standing[index] }
        }
        return own.map { standing[$0] }
    }

    /// When the next fault ends by itself.
    var nextEnd: NIODeadline? { standing.compactMap(\.until).min() }

    /// The plan without the faults that have ended; the others go on as they are, their delays included.
    func withoutEnded(at now: NIODeadline) -> FaultPlan {
        FaultPlan(standing: standing.filter { entry in entry.until.map { $0 > now } ?? true })
    }

    /// The faults as they could be put again now: `for_s` is what is left.
    func remaining(at now: NIODeadline) -> [Entry] {
        standing.compactMap { entry in
            guard let until = entry.until else { return entry.fault }
            guard until > now else { return nil }
            var fault = entry.fault
            fault.terms.duration = .nanoseconds((until - now).nanoseconds)
            return fault
        }
    }
}
