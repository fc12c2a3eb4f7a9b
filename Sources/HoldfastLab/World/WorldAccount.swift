internal import HoldfastCore

/// One account of a world: its session, and what surrounds it.
struct WorldAccount {
    var session: Session
    let endpoint: Int
    var link: WorldLink?
    /// The wake-up that is planned; `distantFuture` if none is.
    var wakeAt = Instant.distantFuture
    /// When its last login began, and how many since its last stable connection.
    var loginAt: Instant?
    var fruitlessLogins = 0
    /// Reading is paused until then; what arrives waits.
    var pausedUntil: Instant?
    /// Its connects and failures are written down.
    var isWatched = false
}

/// A socket of ours.
struct WorldLink {
    var generation: UInt32
    var isHandshaking = true
    /// The gateway has answered the registration positively.
    var isAnswered = false
    /// We asked for a polite close.
    var isClosing = false
}
