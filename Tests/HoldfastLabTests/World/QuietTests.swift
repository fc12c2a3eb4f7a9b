import HoldfastCore
import HoldfastLab
import Testing

/// Skipping quiet stretches ahead saves time and changes nothing.
@Suite("Quiet stretches, in virtual time")
struct QuietTests {
    /// A day in which this and that happens, lived through with and without skipping.
    static func day(skipsQuiet: Bool, seed: UInt64) -> World {
        var settings = WorldSettings()
        settings.skipsQuiet = skipsQuiet
        settings.renewals = [.renewed(lifetime: .seconds(900)), .tryLater]
        var world = World(seed: seed, settings)
        var recovery = RecoverySettings()
        recovery.canRenew = true
        recovery.refreshEvery = .seconds(1_200)
        var heartbeat = HeartbeatSettings()
        heartbeat.maxInterval = .seconds(40)
        let sessions = [
            SessionSettings(), Policy.settings(mode: .fixed),
            SessionSettings(heartbeat: heartbeat, recovery: recovery),
        ]
        var spikes = Weather.fair
        spikes.replyTime.spikeShare = 0.1
        spikes.repliesAreUnnamed = true
        for weather in [Weather.fair, spikes] {
            let endpoint = world.addEndpoint(weather)
            for settings in sessions { world.addAccounts(5, at: endpoint, settings: settings) }
            let later = Duration.seconds(400 * (endpoint + 1))
            world.plan(.weatherForSome(endpoint: endpoint, share: 0.5, .blackHole), after: later)
            world.plan(.weather(endpoint: endpoint, weather), after: later + .seconds(45))
            world.plan(.expireTokens(endpoint: endpoint, share: 0.4), after: .seconds(3_000))
            world.plan(.askToReconnect(endpoint: endpoint, within: .seconds(50)), after: .seconds(5_000))
        }
        world.addConnectedAccounts(5, at: 0)
        for account in 0..<world.accountCount {
            world.watch(account)
            world.plan(.message(account: account), after: .seconds(1_700 + 11 * account))
        }
        world.plan(.command(account: 3, .renew), after: .seconds(2_000))
        world.plan(.pauseReading(account: 4, .seconds(20)), after: .seconds(2_500))
        world.plan(.freeze(.seconds(20)), after: .seconds(6_000))
        world.plan(.restart(after: .seconds(3)), after: .seconds(7_000))
        world.record(every: .seconds(60))
        for _ in 0..<5 { world.run(for: .seconds(1_800)) }
        return world
    }

    @Test("the same figures, the same history, the same sessions", arguments: [1, 2, 3] as [UInt64])
    func same(seed: UInt64) {
        let (quick, slow) = (Self.day(skipsQuiet: true, seed: seed), Self.day(skipsQuiet: false, seed: seed))
        #expect(quick.figures == slow.figures)
        #expect(quick.history == slow.history)
        #expect(quick.samples == slow.samples)
        #expect(quick.notifications == slow.notifications)
        for account in 0..<quick.accountCount { #expect(quick.session(of: account) == slow.session(of: account)) }
        #expect(quick.violations.isEmpty, quick.verdict)
        #expect(slow.violations.isEmpty, slow.verdict)
        #expect(quick.figures.processRestarts == 1 && quick.figures.failures > 20 && quick.figures.logins > 5)
        #expect(quick.figures.alerts > 0)
    }
}
