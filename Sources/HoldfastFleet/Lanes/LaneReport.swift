import HoldfastCore

/// What a lane tells the control loop once a second, all in one.
struct LaneReport: Sendable {
    var lane: Int
    var at: Instant
    /// Rows that differ from those of the last report.
    var rows: [(slot: UInt32, row: AccountRow, account: Account?)] = []
    /// Slots that can be given to other accounts, with those who have left them.
    var vacated: [(slot: UInt32, account: Account)] = []
    var transitions: [Change] = []
    /// What has to survive a restart of the process, of the sessions in which it changed.
    var memories: [(account: Account, memory: SessionMemory)] = []
    var lines: [LogLine] = []
    /// Attempts that found no descriptor.
    var withoutDescriptor = 0
    var counters: LaneCounters
    /// Endpoints at which something was counted since the last report.
    var endpoints: [(number: UInt32, counters: EndpointCounters)] = []
    /// The worst delay of the loop since the last report.
    var lag: Duration

    /// A change of an account's state, with what was known of the failure that caused it.
    struct Change: Sendable {
        var slot: UInt32
        var account: Account
        var transition: Transition
        var note: FailureNote?
    }

    /// Transitions told at most in one report; more are counted only. Rows and timelines are right all the same.
    static let transitionLimit = 50_000
}

/// Something that may be worth a line in the log. Whether it becomes one, and with how many others, is decided by
/// `OutageLog`.
struct LogLine: Sendable {
    enum Kind: Int, Sendable, CaseIterable {
        case outageBegan, cannotConnect, outageEnded, connected, failed, restarted, quarantined, quarantineEnded, stuck,
            illegalTransition, sequenceGap
    }

    var kind: Kind
    var account: Account
    var from: SessionState
    var to: SessionState
    var reason: TransitionReason?
    var failure: Failure?
    var failures: UInt32
    /// What a quarantine that began is for.
    var quarantine: Session.Quarantine?
    /// How long the next attempt waits.
    var delay: Duration?
}
