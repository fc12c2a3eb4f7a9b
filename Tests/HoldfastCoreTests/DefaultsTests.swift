import HoldfastCore
import Testing

/// Every number of the requirements, against its one home in the code. Gate and health have theirs beside their tests.
@Suite("Defaults")
struct DefaultsTests {
    let settings = SessionSettings()

    @Test("heartbeats (H1, H3, H4, H7)")
    func heartbeat() {
        let heartbeat = settings.heartbeat
        #expect(heartbeat.mode == .adaptive)
        #expect(heartbeat.interval == .seconds(15))
        #expect(heartbeat.maxInterval == heartbeat.interval)
        #expect(heartbeat.timeout == .seconds(30))
        #expect(heartbeat.sendTimeout == .seconds(2))
        #expect(heartbeat.maxMisses == 3)
        #expect(heartbeat.slowAfter == .seconds(5))
        #expect(heartbeat.quietAfter == .seconds(30))
        #expect(heartbeat.probeTimeout == .seconds(3))
    }

    @Test("phases (C6)")
    func phases() {
        let phases = settings.phases
        #expect(phases.resolve == .seconds(5))
        #expect(phases.connect == .seconds(10))
        #expect(phases.tls == .seconds(10))
        #expect(phases.upgrade == .seconds(10))
        #expect(phases.register == .seconds(10))
        #expect(phases.close == .seconds(5))
    }

    @Test("retries (F2, F3, F5)")
    func retry() {
        let retry = settings.retry
        #expect(retry.dropped == .init(step: .seconds(3), cap: .seconds(15)))
        #expect(retry.network == .init(step: .seconds(10), cap: .seconds(60)))
        #expect(retry.other == .init(step: .seconds(5), cap: .seconds(30)))
        #expect(retry.jitter == .full)
        #expect(retry.shortest == .milliseconds(100))
        #expect(retry.longestRetryAfter == .seconds(3_600))
        #expect(retry.maxFailures == 5)
        #expect(retry.stableAfter == .seconds(60))
    }

    @Test("recovery (F5, F6, F7, F8)")
    func recovery() {
        let recovery = settings.recovery
        #expect(recovery.climb == [.auth, .dropped, .protocol])
        #expect(recovery.renewCooldown == .seconds(60))
        #expect(recovery.longestRenewCooldown == .seconds(3_600))
        #expect(recovery.maxRestarts == 5)
        #expect(recovery.restartWindow == .seconds(600))
        #expect(recovery.probeEvery == .seconds(900))
        #expect(recovery.releaseTimeout == .seconds(8))
    }

    @Test("planned refreshes (K3)")
    func refresh() {
        let recovery = settings.recovery
        #expect(recovery.refreshEvery == .seconds(72_000))
        #expect(recovery.refreshRetry == .seconds(7_200))
        #expect(recovery.refreshRest == .seconds(300))
    }

    @Test("the sweep (C7)")
    func sweep() {
        #expect(SweepSettings.interval == .seconds(5))
        #expect(SweepSettings.tolerance == .seconds(10))
    }

    @Test("health (M1)")
    func health() {
        let health = HealthSettings()
        #expect(health.perFailure == 10)
        #expect(health.perSecondOfDelay == 2)
        #expect(health.healthyFrom == 80)
        #expect(health.degradedFrom == 50)
        #expect(health.unhealthyAfter == .seconds(120))
        #expect(health.messageDelayFrom == .seconds(30))
    }
}
