internal import HoldfastCore

/// One thing that happens by itself.
enum WorldEvent {
    case wake(account: Int)
    /// Something on the socket of this attempt.
    case link(account: Int, generation: UInt32, LinkEvent)
    /// A message from a lane has reached the control loop.
    case toGate(GateMessage)
    /// The gate's own deadline has come.
    case gate
    /// A grant has reached its lane.
    case granted(Ticket)
    case released(account: Int, incarnation: UInt32)
    /// The renewal gate's permission has reached its lane.
    case loginGranted(account: Int)
    /// The beginning of a login is on the disk.
    case loginWrittenDown(account: Int)
    case renewalEnded(account: Int, RenewalOutcome)
    case resumeReading(account: Int)
    case sweep
    case sample
    /// The alert desk looks at everything, once a second.
    case alertSecond
    /// The disk has taken, or not, what the alert desk wants kept.
    case alertsWritten
}

/// What the wire and the dialect tell of a socket.
enum LinkEvent {
    case entered(Phase)
    case opened
    case registered
    case registrationRefused(code: Int)
    /// The gateway dictates the heartbeats' interval.
    case dictated(Duration)
    /// Nil where replies do not say which beat they answer.
    case reply(UInt32?, isPositive: Bool)
    case reconnectAsked(within: Duration)
    case message
    case closed(FailureCause)
}

enum GateMessage {
    case request(account: Int, generation: UInt32)
    case giveBack(account: Int, generation: UInt32, AttemptOutcome)
    case forget(account: Int)
    case renew(account: Int)
    case renewalFinished(account: Int)
}
