@testable import HoldfastCore

/// A checked session without its clocks and counters: two with the same key are taken to behave alike, so only the first
/// is followed. Counts are cut where more of them makes no difference to the rules.
struct CheckerKey: Hashable {
    private var place: String
    private var numbers: [Int]
    private var flags: [Bool]
    private var quarantine: Session.Quarantine?
    private var socket: CheckedSession.Socket
    private var slot: CheckedSession.Slot

    /// The coarse key knows of a connection only whether it is stable, and not how far an outage has been told.
    init(_ checked: CheckedSession, isCoarse: Bool) {
        let session = checked.session
        let retry = session.settings.retry
        place = Self.place(session.machine) + (isCoarse ? "" : Self.evidence(session.liveness))
        numbers = [
            min(Int(session.failures), retry.maxFailures), min(Int(session.rejections), 2), Int(session.rung.rawValue),
            session.restarts.count, isCoarse ? 0 : Int(session.outage.rawValue), min(Int(session.renewal.fruitless), 1),
        ]
        let remaining = session.renewal.remaining(at: checked.now.wall, session.settings.recovery)
        flags = [
            session.isEnabled, checked.isReleasing, checked.isRenewing, remaining > .zero,
            session.lastFailure?.class == .auth, (session.deadline ?? .distantFuture) <= checked.now.instant,
            session.needsPerson,
        ]
        quarantine = session.quarantine
        socket = checked.socket
        slot = checked.slot
    }

    private static func place(_ machine: Session.Machine) -> String {
        switch machine {
        case .resting: "resting"
        case .pausing: "pausing"
        case .queuedFirst: "queuedFirst"
        case .connecting(let attempt): "connecting \(attempt.phase.name)"
        case .connected(let connection): "connected \(connection.isStable) \(connection.leaveAt != nil)"
        case .leaving: "leaving"
        case .waiting: "waiting"
        case .queued: "queued"
        case .failedWaiting: "failedWaiting"
        case .renewing: "renewing"
        case .cooling: "cooling"
        case .parked: "parked"
        case .releasing(let release): "releasing \(release.linkIsOpen) \(release.workIsOpen) \(release.pause > .zero)"
        }
    }

    private static func evidence(_ liveness: Liveness?) -> String {
        guard let liveness else { return "" }
        return " \(liveness.misses) \(min(liveness.beats.count, 2)) \(liveness.isQuiet)"
    }
}
