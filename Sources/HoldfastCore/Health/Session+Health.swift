extension Session {
    /// What this session knows about its health. Whoever knows more (late messages, paused reading, the endpoint's
    /// breaker) adds it before asking for a score.
    public func healthEvidence(at now: Moment) -> HealthEvidence {
        var evidence = HealthEvidence()
        evidence.isEnabled = isEnabled
        evidence.quarantine = quarantine?.name
        evidence.needsPerson = needsPerson
        evidence.state = state
        evidence.failures = failures
        evidence.failureCode = failures > 0 || state == .failed ? lastFailure?.code : nil
        evidence.notConnectedFor = notConnectedSince.map { max(.zero, now.instant.since($0)) }
        evidence.slowAfter = settings.heartbeat.slowAfter
        if let liveness {
            evidence.lastReply = liveness.lastReplyTime
            evidence.oldestOpenBeat = liveness.beats.oldestSentAt.map { max(.zero, now.instant.since($0)) }
            evidence.misses = Int(liveness.misses)
            evidence.isQuiet = liveness.isQuiet
        }
        return evidence
    }
}
