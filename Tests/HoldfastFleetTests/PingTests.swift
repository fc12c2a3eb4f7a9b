import HoldfastCore
import HoldfastLab
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("A fleet that speaks ping")
struct PingTests {
    @Test("an account is connected once its first ping is answered, and stays by the next")
    func holds() async throws {
        try await FleetRig.run(accounts: 3, dialect: AccountDialect(Ping())) { rig in
            try await rig.everybodyConnected()
            let account = try await rig.account { $0.lastHeartbeatReplyAt != nil }
            #expect(account.dialect == "ping")
            #expect(account.state == .connected && account.failures == 0)
            #expect(rig.gateway.statistics().registrations == 0)
        }
    }

    @Test("a server that goes silent is found out by its missing pongs")
    func findsSilence() async throws {
        try await FleetRig.run(dialect: AccountDialect(Ping())) { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.blackhole)])
            try await rig.account { $0.lastFailure != nil }
            // Its last failure may be the one of the next attempt by now.
            let entries = try #require(await rig.fleet.timeline("account-0", limit: 50))
            #expect(entries.last { $0.failureCode != nil }?.failureCode == "network.heartbeat_dead")
            try await rig.gateway.clearFaults()
            try await rig.account { $0.state == .connected && $0.failures == 0 }
        }
    }
}
