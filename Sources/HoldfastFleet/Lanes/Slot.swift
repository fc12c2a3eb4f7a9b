import HoldfastCore
import HoldfastWire

/// One account's place in a lane: its session and what belongs to it. A vacant slot has no account.
struct Slot {
    var session: Session
    var link: Link?
    /// The registration waits for the gateway's greeting.
    var awaitsHello = false
    /// The last place in the gateway's sequence that was taken.
    var lastSequence: UInt64?
    var identity = ConnectionIdentity(random: 0, at: WallTime(milliseconds: 0))
    var account: Account?
    /// Secrets in force that are not the declared ones; nil for most accounts.
    var held: HeldCredentials?
    /// How its last login went; nil if there was none in this process.
    var lastLogin: LastLogin?
    /// Where its latest attempt went, which a reload may have changed since; nil before the first.
    var endpoint: UInt32?
    var timeline = Timeline()
    /// As the board knows it.
    var row = AccountRow()
    /// The record of the last failure, by its serial number; 0 is none.
    var lastRecord: UInt32 = 0
    /// It has asked for a slot and may be waited for.
    var isKnownToGate = false
    var hasUnflushedAcknowledgements = false
    /// The socket is not read, and why: the journal or the account's handlers cannot keep up (T7).
    var isReadingPaused = false
    var isWaitingForJournal = false
    var isWaitingForHandlers = false
    /// How long its replies take, those of earlier connections included.
    var replies = ReplyQuantiles()
    /// How much later than it was sent the last message came.
    var messageDelay: Duration?
    /// Nil until it has messages.
    var mailbox: Mailbox?
    /// The log has said of this outage that the session failed.
    var toldFailed = false
    /// The outage that the log told of last began with the loss of a connection.
    var hadConnection = false
    /// The account is no longer declared; the slot becomes vacant when its session is at rest.
    var isLeaving = false

    /// A vacant slot.
    init() {
        session = Session(settings: Self.noSettings)
    }

    private static let noSettings = SessionSettings()

    init(_ account: Account) {
        session = Session(settings: account.configuration.settings)
        self.account = account
    }

    /// The secrets in force.
    var credentials: Credentials? { held?.values ?? account.map { Credentials(declaredBy: $0.configuration) } }

    // What follows is `mutating` also where it changes nothing: that works on the slot where it lies, while a look at it from
    // outside would copy the session.

    /// When its session is to be woken.
    mutating func deadline() -> Instant? { session.deadline }

    /// The number of the endpoint that is counted for it.
    mutating func countedEndpoint() -> UInt32? { endpoint ?? account?.endpoint }

    /// A heartbeat's answer. Returns how long it took, if it is a good one of a beat that was open.
    mutating func heartbeatReplied(
        _ beat: UInt32?, isPositive: Bool, at now: Moment, using generator: inout SeededGenerator
    ) -> (orders: Orders, time: Duration?) {
        let orders = session.heartbeatReplied(
            beat, isPositive: isPositive, generation: session.generation, at: now, using: &generator)
        guard isPositive, !orders.notes.contains(.staleEvent), let time = session.liveness?.lastReplyTime else {
            return (orders, nil)
        }
        replies.add(time)
        return (orders, time)
    }

    /// Whether a message may be taken that came by the connection there is.
    mutating func messageReceived(at now: Moment) -> Bool {
        session.messageReceived(generation: session.generation, at: now)
    }

    /// The link, which will be flushed when all that came with this read is done with.
    mutating func linkToAcknowledgeBy() -> Link? {
        hasUnflushedAcknowledgements = link != nil
        return link
    }

    /// As the board is to know it now.
    mutating func currentRow(at now: Moment) -> AccountRow {
        var row = AccountRow()
        guard account != nil, !isLeaving else { return row }
        let evidence = session.healthEvidence(at: now)
        row.failures = UInt16(clamping: session.failures)
        if row.failures > 0 { row.failureClass = session.lastFailure?.class }
        row.state = session.state
        row.status = evidence.status()
        row.replySeconds = UInt8(clamping: session.liveness?.estimator.mean?.components.seconds ?? 0)
        row.health = UInt8(clamping: evidence.score())
        row.isPresent = true
        row.isEnabled = session.isEnabled
        row.isSickByItself = session.quarantine?.isItsOwn ?? false
        return row
    }

    /// Nothing is left of the session but its value: no socket, no deadline.
    var isAtRest: Bool { link == nil && session.deadline == nil && session.state == .disconnected }
}

/// One account in a list: what filters, totals and alerts need, in 10 bytes.
struct AccountRow: Hashable, Sendable {
    var failures: UInt16 = 0
    /// Of the last failure, while there are failures in a row.
    var failureClass: FailureClass?
    var state = SessionState.disconnected
    var status = AccountStatus.disabled
    var health: UInt8 = 0
    var isPresent = false
    var isEnabled = false
    /// Quarantined for a reason of its own.
    var isSickByItself = false
    /// Mean reply time on this connection, in whole seconds.
    var replySeconds: UInt8 = 0
}

/// An account on its way into a slot, with what the store knows of it.
struct Arrival: Sendable {
    var slot: UInt32
    var account: Account
    var known: Recollection?
}
