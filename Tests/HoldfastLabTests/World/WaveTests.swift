import HoldfastCore
import HoldfastLab
import Testing

/// A gateway is killed and comes back 10 s later; its accounts come back at the budget's rate, not faster and not much
/// slower. That no window ever sees more than the budget is checked by the world after each connect.
@Suite("Waves, in virtual time")
struct WaveTests {
    struct Wave {
        var world: World
        /// From the gateway's return until everybody is back.
        var recovery: Duration?
        var budget: Double
        var accounts: Int

        /// 1.2 × (accounts ÷ budget + longest drawn delay).
        var bound: Duration {
            .seconds(1.2 * (Double(accounts) / budget + world.figures.longestDelay.inSeconds))
        }
    }

    static func wave(_ accounts: Int, seed: UInt64, _ change: (inout WorldSettings) -> Void = { _ in }) -> Wave {
        var settings = WorldSettings()
        change(&settings)
        var world = World(seed: seed, settings)
        let endpoint = world.addEndpoint()
        world.addAccounts(accounts, at: endpoint)
        _ = world.runUntilAllConnected(within: .seconds(3_600))
        world.run(for: .seconds(70))
        world.plan(.weather(endpoint: endpoint, Weather(connecting: .refuse)), after: .zero)
        world.plan(.drop(endpoint: endpoint, share: 1, .reset), after: .zero)
        world.run(for: .seconds(10))
        world.plan(.weather(endpoint: endpoint, .fair), after: .zero)
        let recovery = world.runUntilAllConnected(within: .seconds(3_600))
        return Wave(
            world: world, recovery: recovery, budget: settings.gate.admission.connectsPerSecond, accounts: accounts)
    }

    @Test("5 000 sessions at 200/s", arguments: [1, 2] as [UInt64])
    func fiveThousand(seed: UInt64) throws {
        let wave = Self.wave(5_000, seed: seed)
        let recovery = try #require(wave.recovery)
        #expect(recovery <= wave.bound)
        #expect(wave.world.figures.mostHandshakes <= 100)
        #expect(wave.world.violations.isEmpty, wave.world.verdict)
    }

    @Test("100 000 sessions at 1 000/s", .soak)
    func hundredThousand() throws {
        let wave = Self.wave(100_000, seed: 4) {
            $0.gate.admission.connectsPerSecond = 1_000
            $0.gate.admission.burst = 250
            $0.gate.admission.concurrent = 500
        }
        let recovery = try #require(wave.recovery)
        #expect(recovery <= wave.bound)
        #expect(wave.world.violations.isEmpty, wave.world.verdict)
    }

    @Test("a wave at one endpoint does not hold up another's accounts")
    func neighbour() {
        var world = World(seed: 6)
        let (big, small) = (world.addEndpoint(), world.addEndpoint())
        world.addAccounts(3_000, at: big)
        let quiet = world.addAccounts(20, at: small)
        quiet.forEach { world.watch($0) }
        _ = world.runUntilAllConnected(within: .seconds(600))
        world.run(for: .seconds(70))
        let begin = world.elapsed
        world.plan(.drop(endpoint: big, share: 1, .reset), after: .zero)
        world.plan(.drop(endpoint: small, share: 1, .reset), after: .seconds(2))
        world.run(for: .seconds(8))
        // 3 s of backoff at most, and a handshake: the queue of the other endpoint is none of theirs.
        for account in quiet {
            let back = world.arrivals(of: account, in: .connected).last
            #expect(back.map { $0 > begin + .seconds(2) && $0 < begin + .seconds(6) } == true)
        }
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("while an endpoint is down its accounts' failures do not pile up: the breaker lets one probe through")
    func breaker() {
        var world = World(seed: 8)
        let endpoint = world.addEndpoint()
        world.addAccounts(500, at: endpoint)
        world.run(for: .seconds(90))
        let before = world.figures.connects
        world.plan(.weather(endpoint: endpoint, Weather(connecting: .refuse)), after: .zero)
        world.plan(.drop(endpoint: endpoint, share: 1, .endOfStream), after: .zero)
        world.run(for: .seconds(600))
        #expect(world.status(ofEndpoint: endpoint)?.breaker == .open)
        // The burst that found it out, and then one attempt per 5 s instead of some 10 000.
        #expect(world.figures.connects - before < 100 + 125)
        let most = (0..<500).compactMap { world.session(of: $0)?.failures }.max()
        #expect(most.map { $0 <= 4 } == true)
        #expect(world.violations.isEmpty, world.verdict)
    }
}
