import HoldfastCore
import HoldfastLab
import Testing

/// What a session does when it is sent away again and again: its delays stay within F2 and grow where they should, and it
/// never stops by itself in silence.
@Suite("Sent away again and again, in virtual time")
struct LongOutageTests {
    /// One watched account among others, for an hour in this weather.
    static func anHour(
        of weather: Weather, accounts: Int = 1, _ settings: SessionSettings = SessionSettings()
    ) -> World {
        var world = World(seed: 5)
        world.addAccounts(accounts, at: world.addEndpoint(weather), settings: settings)
        world.watch(0)
        world.run(for: .seconds(3_600))
        return world
    }

    @Test("refused for an hour: it goes on at the ceiling, as failed, and is back when the gateway is")
    func refused() throws {
        var world = Self.anHour(of: Weather(connecting: .refuse))
        let failures = world.failures(of: 0)
        // 10 + 20 + … + 60 s at most, 30 s in the mean from then on.
        #expect(failures.count > 60 && failures.count < 240)
        #expect(failures.enumerated().allSatisfy { $1.count == UInt32($0 + 1) })
        #expect(failures.allSatisfy { $0.failure.code == "network.refused" })
        let late = failures.dropFirst(6).compactMap(\.delay)
        #expect(late.count == failures.count - 6)
        #expect(late.max().map { $0 > .seconds(55) } == true)
        #expect(world.session(of: 0)?.quarantine == nil)
        #expect(world.arrivals(of: 0, in: .failed).count == failures.count - 4)
        #expect(world.violations.isEmpty, world.verdict)
        world.plan(.weather(endpoint: 0, .fair), after: .zero)
        let time = world.runUntilAllConnected(within: .seconds(62))
        let recovery = try #require(time)
        #expect(recovery <= .seconds(61))
    }

    @Test("the delays grow by the step of the class, without jitter exactly")
    func growth() {
        let world = Self.anHour(of: Weather(connecting: .refuse), Policy.settings(jitter: .none))
        let delays = world.failures(of: 0).compactMap(\.delay)
        #expect(Array(delays.prefix(8)) == [10, 20, 30, 40, 50, 60, 60, 60].map { Duration.seconds($0) })
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("closed cleanly at once, for ever: never a loop without delay, and a person is told in the end")
    func cleanClose() {
        var weather = Weather.fair
        weather.ending = Weather.Ending(after: .zero, cause: .closed(code: 1000))
        let world = Self.anHour(of: weather)
        let failures = world.failures(of: 0)
        #expect(failures.allSatisfy { $0.failure.code == "dropped.close_1000" })
        // Five, a restart of the instance, five more, then a probe every quarter of an hour.
        #expect(failures.map(\.count) == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(world.session(of: 0)?.quarantine == .ladder)
        #expect(world.figures.restarts == 1)
        let connects = world.connects(of: 0)
        #expect(zip(connects, connects.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(100) })
        #expect(zip(connects.dropFirst(10), connects.dropFirst(11)).allSatisfy { $1 - $0 >= .seconds(900) })
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("connected and dropped in a loop, with drops that do not climb: the delays grow and stay")
    func connectDrop() {
        var weather = Weather.fair
        weather.ending = Weather.Ending(after: .seconds(2), cause: .endOfStream)
        let world = Self.anHour(of: weather, Policy.settings(jitter: .none, climb: []))
        let delays = world.failures(of: 0).compactMap(\.delay)
        #expect(Array(delays.prefix(7)) == [3, 6, 9, 12, 15, 15, 15].map { Duration.seconds($0) })
        #expect(delays.count > 200)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("dropped before it is registered: the same, and the ladder is climbed")
    func droppedBeforeRegistration() {
        let world = Self.anHour(of: Weather(connecting: .drop))
        #expect(world.failures(of: 0).allSatisfy { $0.failure.code == "dropped.eof" && $0.failure.phase == .upgrade })
        #expect(world.session(of: 0)?.quarantine == .ladder)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("503 with Retry-After 20: never asked earlier than told")
    func retryAfter() {
        let world = Self.anHour(of: Weather(connecting: .refuseUpgrade(status: 503, retryAfter: .seconds(20))))
        let failures = world.failures(of: 0)
        #expect(failures.allSatisfy { $0.failure.code == "server.upgrade_503" })
        #expect(failures.prefix(4).allSatisfy { $0.delay == .seconds(20) })
        #expect(failures.compactMap(\.delay).allSatisfy { $0 >= .seconds(20) && $0 <= .seconds(30) })
        #expect(failures.count > 120)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("a name that does not exist: the network's delays, for ever")
    func name() {
        let world = Self.anHour(of: Weather(connecting: .unknownName))
        #expect(world.failures(of: 0).allSatisfy { $0.failure.code == "network.name_not_found" })
        #expect(world.failures(of: 0).count > 60)
        #expect(world.session(of: 0)?.quarantine == nil)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("a wrong certificate: a person is told after five attempts, and a probe goes every quarter of an hour")
    func certificate() {
        let world = Self.anHour(of: Weather(connecting: .badCertificate))
        #expect(world.session(of: 0)?.quarantine == .permanent)
        #expect(world.failures(of: 0).count == 8)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("a rejected credential: two attempts, then none until somebody changes something")
    func rejected() {
        var weather = Weather.fair
        weather.registering = .reject(code: 401)
        var world = Self.anHour(of: weather)
        #expect(world.failures(of: 0).count == 2)
        #expect(world.arrivals(of: 0, in: .connected).isEmpty)
        #expect(world.session(of: 0)?.quarantine == .auth)
        world.plan(.weather(endpoint: 0, .fair), after: .zero)
        world.plan(.credentialChanged(account: 0), after: .seconds(1))
        let recovery = world.runUntilAllConnected(within: .seconds(3))
        #expect(recovery != nil)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("an endpoint with one account comes back within its own ceiling: no breaker is in the way")
    func oneAccount() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var world = World(seed: seed)
            let endpoint = world.addEndpoint(Weather(connecting: .refuse))
            world.addAccounts(1, at: endpoint)
            world.run(for: .seconds(600))
            #expect(world.status(ofEndpoint: endpoint)?.breaker == .closed)
            world.plan(.weather(endpoint: endpoint, .fair), after: .zero)
            let time = world.runUntilAllConnected(within: .seconds(120))
            let recovery = try #require(time)
            #expect(recovery <= .seconds(61), "seed \(seed)")
            #expect(world.violations.isEmpty, world.verdict)
        }
    }

    @Test("a small endpoint comes back within the ceiling and a probe's rhythm", arguments: [2, 3, 9])
    func fewAccounts(count: Int) throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            var world = World(seed: seed)
            let endpoint = world.addEndpoint(Weather(connecting: .refuse))
            world.addAccounts(count, at: endpoint)
            world.run(for: .seconds(900))
            world.plan(.weather(endpoint: endpoint, .fair), after: .zero)
            let time = world.runUntilAllConnected(within: .seconds(120))
            let recovery = try #require(time)
            #expect(recovery <= .seconds(61), "seed \(seed)")
            #expect(world.violations.isEmpty, world.verdict)
        }
    }
}
