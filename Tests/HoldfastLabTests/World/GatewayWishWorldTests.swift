import HoldfastCore
import HoldfastLab
import Testing

@Suite("What gateways ask for, in virtual time")
struct GatewayWishWorldTests {
    @Test("a fleet that is asked to reconnect within a minute does so within it, once each, and nobody fails")
    func reconnects() {
        var world = World(seed: 21)
        let endpoint = world.addEndpoint()
        let accounts = world.addAccounts(500, at: endpoint)
        accounts.forEach { world.watch($0) }
        world.run(for: .seconds(200))
        #expect(world.connected == 500)
        for _ in 0..<3 { world.plan(.askToReconnect(endpoint: endpoint, within: .seconds(60)), after: .seconds(3)) }
        world.run(for: .seconds(120))
        #expect(world.connected == 500)
        #expect(world.figures.connects == 1_000)
        #expect(world.figures.failures == 0)
        // Spread over the time, not all in the first seconds.
        let left = accounts.flatMap { world.arrivals(of: $0, in: .reconnecting) }
        #expect(left.filter { $0 > .seconds(220) }.count > 100)
        #expect(left.allSatisfy { $0 <= .seconds(263) })
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test(
        "replies that name no beat, in a rhythm that the gateway dictates: an hour cuts nobody, and silence is found out",
        arguments: [2, 41, 120], HeartbeatSettings.Mode.allCases)
    func unnamed(interval: Int, mode: HeartbeatSettings.Mode) {
        var weather = Weather.fair
        weather.repliesAreUnnamed = true
        weather.dictates = .seconds(interval)
        weather.replyTime.spikeShare = 0.02
        var world = World(seed: 22)
        let endpoint = world.addEndpoint(weather)
        world.addAccounts(50, at: endpoint, settings: Policy.settings(mode: mode))
        world.run(for: .seconds(3_600))
        #expect(world.connected == 50 && world.figures.connects == 50 && world.figures.cutByUs == 0)
        weather.answering = .ignore
        world.plan(.weather(endpoint: endpoint, weather), after: .zero)
        world.run(for: .seconds(3 * interval + 100))
        #expect(world.figures.cutByUs >= 50)
        #expect(world.violations.isEmpty, world.verdict)
    }
}
