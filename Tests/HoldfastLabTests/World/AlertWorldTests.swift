import HoldfastCore
import HoldfastLab
import Testing

/// What people are told of what befalls a fleet. That every call is paired with its end, that nothing is told twice, kills of
/// the process included, and that nobody who is sick is overlooked, is judged by the world after each second.
@Suite("Alerts, in virtual time")
struct AlertWorldTests {
    /// A fleet that has been up for ten minutes, at one gateway.
    static func fleet(seed: UInt64, accounts: Int, settings: SessionSettings = SessionSettings()) -> World {
        var world = World(seed: seed)
        world.addAccounts(accounts, at: world.addEndpoint(), settings: settings)
        world.run(for: .seconds(600))
        #expect(world.notifications.isEmpty)
        return world
    }

    static func takeDown(_ world: inout World) {
        world.plan(.weather(endpoint: 0, Weather(connecting: .refuse)), after: .zero)
        world.plan(.drop(endpoint: 0, share: 1, .endOfStream), after: .zero)
    }

    static func bringUp(_ world: inout World) { world.plan(.weather(endpoint: 0, .fair), after: .zero) }

    @Test("a gateway goes, flaps five times in ten minutes and comes back: one cause, one recovery", arguments: [1, 2])
    func flap(seed: UInt64) {
        var world = Self.fleet(seed: seed, accounts: 500)
        Self.takeDown(&world)
        world.run(for: .seconds(300))
        for _ in 0..<5 {
            Self.bringUp(&world)
            world.run(for: .seconds(60))
            Self.takeDown(&world)
            world.run(for: .seconds(60))
        }
        Self.bringUp(&world)
        world.run(for: .seconds(1_500))
        #expect(world.connected == 500)
        #expect(world.notifications.map(\.kind) == [.firing, .resolved], "\(world.notifications)")
        #expect(world.notifications.allSatisfy { $0.rule == .connectedShare })
        #expect(world.openAlerts.isEmpty)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("a gateway that is restarted and back within a minute is nobody's business")
    func gatewayRestart() {
        var world = Self.fleet(seed: 3, accounts: 500)
        Self.takeDown(&world)
        world.run(for: .seconds(40))
        Self.bringUp(&world)
        world.run(for: .seconds(900))
        #expect(world.connected == 500)
        #expect(world.notifications.isEmpty, "\(world.notifications)")
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("killed three times during an outage, with a slow disk: told once, and its end once", arguments: [4, 5])
    func killed(seed: UInt64) {
        var world = Self.fleet(seed: seed, accounts: 200)
        world.plan(.disk(isFull: false, delay: .seconds(3)), after: .zero)
        Self.takeDown(&world)
        for second in [290, 400, 900] { world.plan(.restart(after: .seconds(5)), after: .seconds(second)) }
        world.run(for: .seconds(1_800))
        #expect(world.notifications.map(\.kind) == [.firing], "\(world.notifications)")
        Self.bringUp(&world)
        world.run(for: .seconds(1_500))
        #expect(world.notifications.map(\.kind) == [.firing, .resolved], "\(world.notifications)")
        #expect(Set(world.notifications.map(\.alert)).count == 1)
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("an account that needs a person is found during the outage of its gateway, over a kill, too")
    func sickDuringOutage() {
        var recovery = RecoverySettings()
        recovery.canRenew = true
        var world = World(seed: 6)
        let endpoint = world.addEndpoint()
        world.addAccounts(100, at: endpoint, settings: SessionSettings(recovery: recovery))
        world.run(for: .seconds(600))
        world.setRenewals([.needsPerson])
        // One token goes, and its login leads nowhere; just then the gateway goes, and the process, too.
        world.plan(.expireTokens(endpoint: endpoint, share: 0.01), after: .zero)
        world.run(for: .seconds(20))
        let sick = world.quarantined
        #expect(sick > 0 && sick < 5)
        Self.takeDown(&world)
        world.plan(.restart(after: .seconds(1)), after: .milliseconds(500))
        world.run(for: .seconds(1_200))
        let told = world.notifications.filter { $0.kind == .firing }
        #expect(told.contains { $0.rule == .accountQuarantined && $0.affected == sick }, "\(told)")
        #expect(told.contains { $0.rule == .connectedShare }, "\(told)")
        #expect(told.count == 2, "\(told)")
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("so many are down that it might be their gateway, and too few for an alert of the gateway: they are told of")
    func between() {
        var world = Self.fleet(seed: 7, accounts: 200, settings: Policy.settings(climb: []))
        // Nothing in it speaks against the gateway, so that its breaker stays closed.
        var deaf = Weather(connecting: .drop)
        deaf.isSwallowing = true
        world.plan(.weatherForSome(endpoint: 0, share: 0.38, deaf), after: .zero)
        // Nearly a third would be an alert of the gateway; somewhat fewer stay away.
        world.plan(.weatherForSome(endpoint: 0, share: 0.26, deaf), after: .seconds(70))
        world.run(for: .seconds(1_900))
        let told = world.notifications
        #expect(told.contains { $0.kind == .firing && $0.rule == .accountDown && $0.affected > 35 }, "\(told)")
        #expect(world.violations.isEmpty, world.verdict)
    }

    @Test("while the disk is full people are told all the same, and of the disk")
    func fullDisk() {
        var world = Self.fleet(seed: 8, accounts: 50)
        world.plan(.disk(isFull: true, delay: .zero), after: .zero)
        Self.takeDown(&world)
        world.run(for: .seconds(600))
        #expect(Set(world.notifications.map(\.rule)) == [.storeDown, .connectedShare])
        world.plan(.disk(isFull: false, delay: .zero), after: .zero)
        Self.bringUp(&world)
        world.run(for: .seconds(10))
        world.plan(.restart(after: .seconds(1)), after: .zero)
        world.run(for: .seconds(1_200))
        #expect(world.notifications.count { $0.kind == .firing } == 2, "\(world.notifications)")
        #expect(world.notifications.count { $0.kind == .resolved } == 2, "\(world.notifications)")
        #expect(world.violations.isEmpty, world.verdict)
    }
}
