import HoldfastCore
import HoldfastLab
import HoldfastWire
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastFleet

@Suite("Accounts behind a proxy", .timeLimit(.minutes(3)))
struct ProxyTests {
    /// Takes connections and says nothing, as a proxy that hangs does.
    private func silentListener() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
    }

    @Test("a proxy that hangs is named, and keeps nobody out who goes to the same gateway without it")
    func hangs() async throws {
        let gateway = try await Gateway.start()
        let listener = try await silentListener()
        let proxy = try Proxy(url: "http://127.0.0.1:\(listener.localAddress?.port ?? 0)")
        let short = SessionSettings.short
        var phases = short.phases
        phases.connect = .milliseconds(200)
        let settings = SessionSettings(
            heartbeat: short.heartbeat, phases: phases, retry: short.retry, recovery: short.recovery)
        let behind = try (0..<12).map { number in
            AccountConfiguration(
                id: "behind-\(number)", target: try LinkTarget(url: "\(gateway.url)/b\(number)", proxy: proxy),
                dialect: AccountDialect(Ping()), settings: settings)
        }
        let direct = AccountConfiguration(
            id: "direct", target: try LinkTarget(url: "\(gateway.url)/direct"), dialect: AccountDialect(Ping()),
            settings: settings, isEnabled: false)
        var gate = GateSettings.open
        gate.breaker.openAt = 0.5
        gate.breaker.probeEvery = .seconds(3600)
        let log = LogRecorder()
        let fleet = Fleet(
            FleetConfiguration(accounts: behind + [direct], gate: gate, lanes: 1), logger: log.logger)
        try await fleet.start()
        let rig = FleetRig(gateway: gateway, fleet: fleet, log: log)
        for account in behind { try await rig.account(account.id, atMost: .seconds(60)) { $0.failures >= 2 } }
        let hung = try await rig.account("behind-0") { $0.state != .connecting }
        #expect(hung.lastFailure?.code == "network.proxy_timeout")
        #expect(hung.lastFailure?.message.contains(proxy.shown) == true, "\(hung.lastFailure?.message ?? "")")
        #expect(!hung.reasons.contains { $0.code == .breakerOpen })
        try await fleet.perform(.enable, on: "direct")
        try await rig.account("direct", atMost: .seconds(60)) { $0.state == .connected }
        await fleet.shutdown()
        await gateway.shutdown()
        try await listener.close().get()
    }
}
