import HoldfastCore
import HoldfastLab
import HoldfastWire
import NIOCore
import Synchronization
import Testing

@testable import HoldfastFleet

@Suite("Names of gateways", .timeLimit(.minutes(3)))
struct NameTests {
    /// What a resolver of a test's own was asked, and the time by which its answers grow old.
    private final class Names: Sendable {
        let asked = Mutex(0)
        let seconds = Atomic<Int>(1_000_000)

        func resolver() -> NameResolver {
            NameResolver(now: { [self] in .uptimeNanoseconds(UInt64(seconds.load(ordering: .relaxed)) * 1_000_000_000) }
            ) {
                [self] _, family in
                guard family == .v4 else { return [] }
                asked.withLock { $0 += 1 }
                return [try SocketAddress(ipAddress: "127.0.0.1", port: 0)]
            }
        }
    }

    @Test("a fleet that reconnects as a whole looks its gateway up once; a restart of an instance does it anew")
    func wave() async throws {
        let gateway = try await Gateway.start()
        let names = Names()
        let url = gateway.url.replacing("127.0.0.1", with: "gateway.test")
        var configuration = FleetConfiguration(
            accounts: try (0..<40).map { number in
                AccountConfiguration(
                    id: "account-\(number)", target: try LinkTarget(url: "\(url)/account-\(number)"),
                    dialect: .lwp(LWP(accountID: "account-\(number)", appKey: "444")), token: Secret("token"),
                    settings: .short)
            }, gate: .open)
        configuration.resolver = names.resolver()
        let log = LogRecorder()
        let rig = FleetRig(gateway: gateway, fleet: Fleet(configuration, logger: log.logger), log: log)
        try await rig.fleet.start()
        try await rig.everybodyConnected()
        for round in 1...3 {
            for number in 0..<40 { try await rig.fleet.perform(.reconnect, on: "account-\(number)") }
            for number in 0..<40 {
                try await rig.account("account-\(number)") { $0.state == .connected && $0.generation > round }
            }
        }
        #expect(names.asked.withLock { $0 } == 1)
        #expect(rig.fleet.metrics().names.lookUps == 2)
        #expect(rig.fleet.metrics().names.hits >= 2 * (4 * 40 - 1))

        names.seconds.add(2, ordering: .relaxed)
        let before = try await rig.account { $0.state == .connected }
        try await rig.fleet.perform(.restart, on: "account-0")
        try await rig.account { $0.state == .connected && $0.incarnation == before.incarnation + 1 }
        #expect(names.asked.withLock { $0 } == 2)
        await rig.fleet.shutdown()
        await gateway.shutdown()
    }
}
