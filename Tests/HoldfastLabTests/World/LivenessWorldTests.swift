import HoldfastCore
import HoldfastLab
import Testing

@Suite("Alive or not, in virtual time")
struct LivenessWorldTests {
    /// How long each of 200 accounts takes from the moment its gateway goes silent to the end of its connection.
    static func detection(_ weather: Weather, mode: HeartbeatSettings.Mode) -> (world: World, times: [Duration]) {
        var world = World(seed: 9)
        let endpoint = world.addEndpoint()
        let accounts = world.addAccounts(200, at: endpoint, settings: Policy.settings(mode: mode))
        accounts.forEach { world.watch($0) }
        world.run(for: .seconds(120))
        world.plan(.weather(endpoint: endpoint, weather), after: .zero)
        world.run(for: .seconds(100))
        let times = accounts.compactMap { account in
            world.arrivals(of: account, in: .reconnecting).first { $0 > .seconds(120) }.map { $0 - .seconds(120) }
        }
        return (world, times.sorted())
    }

    @Test("a dead link is left within 30 s at most and 20 s in the median", arguments: [Weather.blackHole, .mute])
    func adaptive(weather: Weather) {
        let (world, times) = Self.detection(weather, mode: .adaptive)
        #expect(times.count == 200)
        #expect(times.last.map { $0 <= .seconds(30) } == true)
        #expect(times.dropFirst(100).first.map { $0 <= .seconds(20) } == true)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("by the fixed rule within 80 s", arguments: [Weather.blackHole, .mute])
    func fixed(weather: Weather) {
        let (world, times) = Self.detection(weather, mode: .fixed)
        #expect(times.count == 200)
        #expect(times.last.map { $0 <= .seconds(80) } == true)
        #expect(times.first.map { $0 >= .seconds(60) } == true)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("a gateway that answers heartbeats with errors is left too")
    func negative() {
        var weather = Weather.fair
        weather.answering = .negative
        let (world, times) = Self.detection(weather, mode: .adaptive)
        #expect(times.count == 200)
        #expect(times.last.map { $0 <= .seconds(30) } == true)
        #expect(world.violations.isEmpty, world.verdict)
    }

    /// A day of 50 ± 40 ms with 2 % spikes to 4 s.
    static func spikyDay(accounts: Int, mode: HeartbeatSettings.Mode) -> World {
        var weather = Weather.fair
        weather.replyTime.spikeShare = 0.02
        var world = World(seed: 10)
        world.addAccounts(accounts, at: world.addEndpoint(weather), settings: Policy.settings(mode: mode))
        world.run(for: .seconds(86_400))
        return world
    }

    func judge(_ world: World, accounts: Int) {
        #expect(world.figures.connects == accounts)
        #expect(world.figures.cutByUs == 0)
        #expect(world.connected == accounts)
        #expect(world.figures.heartbeats >= accounts * 5_758)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("a day of slow spikes cuts nobody", arguments: HeartbeatSettings.Mode.allCases)
    func noFalseAlarm(mode: HeartbeatSettings.Mode) {
        judge(Self.spikyDay(accounts: 20, mode: mode), accounts: 20)
    }

    @Test("a day of slow spikes cuts nobody of a thousand", .soak)
    func noFalseAlarmOfAThousand() {
        judge(Self.spikyDay(accounts: 1_000, mode: .adaptive), accounts: 1_000)
    }

    @Test("a minute in which our process stood still costs no connection", arguments: HeartbeatSettings.Mode.allCases)
    func frozen(mode: HeartbeatSettings.Mode) {
        for seed in 1...10 as ClosedRange<UInt64> {
            var world = World(seed: seed)
            world.addAccounts(50, at: world.addEndpoint(), settings: Policy.settings(mode: mode))
            world.run(for: .seconds(120))
            world.plan(.freeze(.seconds(60)), after: .seconds(1))
            world.run(for: .seconds(300))
            #expect(world.figures.cutByUs == 0, "seed \(seed)")
            #expect(world.figures.connects == 50)
            #expect(world.violations.isEmpty, world.verdict)
        }
    }

    @Test("reading paused for minutes by us costs no connection")
    func paused() {
        var world = World(seed: 3)
        world.addAccounts(20, at: world.addEndpoint())
        world.run(for: .seconds(100))
        for account in 0..<20 { world.plan(.pauseReading(account: account, .seconds(180)), after: .seconds(account)) }
        world.run(for: .seconds(600))
        #expect(world.figures.cutByUs == 0)
        #expect(world.violations.isEmpty, world.verdict)
    }
}
