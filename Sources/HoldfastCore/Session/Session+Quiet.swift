/// Quiet stretches of a connection, lived through at once. For whoever knows what comes, as the simulated world does; a fleet that
/// runs is told of each thing when it happens.
extension Session {
    /// What can happen on a connection on which nothing happens but heartbeats that are answered.
    package enum QuietEvent: Sendable {
        /// The deadline has come: `wake`.
        case wake(at: Moment)
        /// A positive reply: `heartbeatReplied`. Nil if it does not say to which beat.
        case reply(UInt32?, at: Moment)
    }

    /// The earliest thing on this connection that is more than a heartbeat: it becomes stable, or `plannedChangeAt`. Nil where
    /// there is no such thing, and without a connection.
    package var quietUntil: Instant? {
        guard case .connected(let connection) = machine, !connection.isStable else { return plannedChangeAt }
        let stableAt = connection.since + settings.retry.stableAfter
        return min(stableAt, plannedChangeAt ?? stableAt)
    }

    /// Lives through what `next` says, as `wake` and `heartbeatReplied` would, but takes the connection out once and orders
    /// nothing. Everything must come before `quietUntil`.
    ///
    /// - Parameters:
    ///   - next: is told when the next heartbeat is due, and says what comes first; nil ends it.
    ///   - after: is told what came of it, and how long the last reply took. No verdict: the reply was to no open beat.
    package mutating func liveQuietly(
        next: (_ deadline: Instant) -> QuietEvent?,
        after: (_ event: QuietEvent, _ verdict: Liveness.Verdict?, _ lastReplyTime: Duration?) -> Void
    ) {
        guard case .connected(var connection) = machine else { return }
        let heartbeat = settings.heartbeat
        while let event = next(connection.liveness.deadline(heartbeat)) {
            let verdict: Liveness.Verdict?
            switch event {
            case .wake(let now):
                verdict = connection.liveness.wake(at: now.instant, heartbeat)
                if verdict?.beat != nil { lastHeartbeatSentAt = now.wall }
            case .reply(let number, let now):
                verdict = connection.liveness.replied(to: number, isPositive: true, at: now.instant, heartbeat)
                if verdict != nil { lastHeartbeatReplyAt = now.wall }
            }
            after(event, verdict, connection.liveness.lastReplyTime)
        }
        machine = .connected(connection)
    }
}
