import HoldfastFleet
import HoldfastWire

@testable import HoldfastConsole

/// Runs `body` with a console over a fleet that runs: five accounts, switched off, of a gateway that is not there.
func withRunningFleet(
    limits: ConsoleLimits = ConsoleLimits(), _ body: (ConsoleUnderTest) async throws -> Void
) async throws {
    let accounts = try (1...5).map { number in
        AccountConfiguration(
            id: "shop-\(number)", target: try LinkTarget(url: "ws://127.0.0.1:9/shop-\(number)?key=hidden"),
            dialect: .lwp(LWP(accountID: "shop-\(number)", appKey: "444")), isEnabled: false)
    }
    let fleet = Fleet(FleetConfiguration(accounts: accounts, lanes: 1), logger: .silent)
    try await fleet.start()
    do {
        try await body(ConsoleUnderTest(fleet: fleet, limits: limits))
    } catch {
        await fleet.shutdown()
        throw error
    }
    await fleet.shutdown()
}
