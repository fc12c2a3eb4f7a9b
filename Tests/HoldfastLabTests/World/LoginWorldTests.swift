import HoldfastCore
import HoldfastLab
import Testing

/// The ladder with logins, over hours of virtual time. That no budget and no cooldown is exceeded, and no login begins while
/// an endpoint is left alone, is watched by the world itself at every login.
@Suite("Logins and the ladder, in virtual time")
struct LoginWorldTests {
    private static func settings() -> SessionSettings {
        var recovery = RecoverySettings()
        recovery.canRenew = true
        return SessionSettings(recovery: recovery)
    }

    @Test("a thousand tokens that expire at the same time: the login sees its budget, and all are back")
    func thousand() throws {
        var world = World(seed: 11)
        let gateway = world.addEndpoint()
        world.addAccounts(1_000, at: gateway, settings: Self.settings())
        let isBack1 = world.runUntilAllConnected(within: .seconds(600)) != nil
        #expect(isBack1)
        world.run(for: .seconds(120))
        world.plan(.drop(endpoint: gateway, share: 1, .closed(code: 1008)), after: .zero)
        world.run(for: .seconds(1))
        let recovery = world.runUntilAllConnected(within: .seconds(3_600))
        let time = try #require(recovery)
        #expect(world.figures.logins == 1_000)
        #expect(world.figures.mostLogins <= 10)
        // 5 per second, or 10 at once that take 4 s each: whatever is slower.
        #expect(time > .seconds(190) && time < .seconds(600))
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test(
        "an outage of ten minutes costs no login and no quarantine",
        arguments: [Weather.blackHole, Weather(connecting: .refuse)])
    func outage(weather: Weather) {
        var world = World(seed: 12)
        let gateway = world.addEndpoint()
        world.addAccounts(50, at: gateway, settings: Self.settings())
        let isBack2 = world.runUntilAllConnected(within: .seconds(60)) != nil
        #expect(isBack2)
        world.run(for: .seconds(120))
        world.plan(.weather(endpoint: gateway, weather), after: .zero)
        world.plan(.drop(endpoint: gateway, share: 1, .reset), after: .zero)
        world.run(for: .seconds(600))
        world.plan(.weather(endpoint: gateway, .fair), after: .zero)
        let isBack3 = world.runUntilAllConnected(within: .seconds(120)) != nil
        #expect(isBack3)
        #expect(world.figures.logins == 0 && world.figures.quarantines == 0)
        #expect(world.violations.isEmpty, world.verdict)
    }

    struct Trouble: Sendable, CustomTestStringConvertible {
        var name: String
        var weather: Weather
        /// Where accounts may be after hours of it, if they are not connected.
        var quarantines: Set<Session.Quarantine?>
        var testDescription: String { name }
    }

    private static func weather(_ change: (inout Weather) -> Void) -> Weather {
        var weather = Weather()
        change(&weather)
        return weather
    }

    static let troubles = [
        Trouble(name: "network", weather: Weather(connecting: .refuse), quarantines: [nil]),
        Trouble(name: "unknown name", weather: Weather(connecting: .unknownName), quarantines: [nil]),
        Trouble(
            name: "server", weather: Weather(connecting: .refuseUpgrade(status: 503, retryAfter: nil)),
            quarantines: [nil]),
        Trouble(
            name: "auth", weather: weather { $0.registering = .reject(code: 401) }, quarantines: [.auth, .login]),
        Trouble(name: "dropped", weather: Weather(connecting: .drop), quarantines: [.ladder, .restarts, .login]),
        Trouble(
            name: "dropped later",
            weather: weather { $0.ending = Weather.Ending(after: .seconds(1), cause: .closed(code: 1000)) },
            quarantines: [.ladder, .restarts, .login]),
        Trouble(name: "permanent", weather: Weather(connecting: .badCertificate), quarantines: [.permanent]),
    ]

    @Test(
        "every class of outage ends in going on, or in a quarantine with a reason, and then in health",
        arguments: troubles)
    func ends(trouble: Trouble) throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            var settings = WorldSettings()
            settings.renewals = [
                .renewed(lifetime: nil), .renewed(lifetime: .seconds(600)), .tryLater, .rejected, .needsPerson,
            ]
            var world = World(seed: seed, settings)
            let gateway = world.addEndpoint(trouble.weather)
            let accounts = world.addAccounts(20, at: gateway, settings: Self.settings())
            world.run(for: .seconds(4 * 3_600))
            for account in accounts {
                let session = try #require(world.session(of: account))
                #expect(
                    trouble.quarantines.contains(session.quarantine),
                    "seed \(seed), account \(account): \(session.state)")
                // It goes on by itself, or a person is told why it does not.
                #expect(session.deadline != nil || session.quarantine?.healsByProbe == false)
            }
            world.setRenewals([.renewed(lifetime: nil)])
            world.plan(.weather(endpoint: gateway, .fair), after: .zero)
            for account in accounts { world.plan(.credentialChanged(account: account), after: .seconds(1)) }
            let isBack4 = world.runUntilAllConnected(within: .seconds(2 * 3_600)) != nil
            #expect(isBack4, "seed \(seed)")
            #expect(world.violations.isEmpty, world.verdict)
        }
    }
}
