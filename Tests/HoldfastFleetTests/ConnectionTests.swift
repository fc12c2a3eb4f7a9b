import HoldfastCore
import HoldfastLab
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("A fleet holds its sessions")
struct ConnectionTests {
    @Test("accounts register, beat and stay")
    func holds() async throws {
        try await FleetRig.run(accounts: 20) { rig in
            try await rig.everybodyConnected()
            #expect(await rig.gateway.wait { $0.heartbeats >= 60 })
            let statistics = rig.gateway.statistics()
            #expect(statistics.registrations == 20)
            #expect(statistics.maxLivePerAccount == 1)
            let account = try await rig.account { $0.lastHeartbeatReplyAt != nil }
            #expect(account.state == .connected)
            #expect(account.lastConnectedAt != nil && account.replyMilliseconds != nil)
            #expect(account.url == "\(rig.gateway.url)/account-0")
            #expect(rig.fleet.readiness().isEmpty)
        }
    }

    @Test("a push is acknowledged once, and counted")
    func acknowledges() async throws {
        try await FleetRig.run { rig in
            try await rig.account { $0.state == .connected }
            try rig.gateway.push(PushRequest(account: "account-0", count: 500))
            #expect(await rig.gateway.wait { $0.acked == 500 })
            #expect(rig.gateway.statistics().unknownAcks == 0)
            let account = try await rig.account { $0.lastMessageAt != nil }
            #expect(account.state == .connected)
        }
    }

    @Test("compressed pushes are read and acknowledged as plain ones are")
    func compressed() async throws {
        try await FleetRig.run(deflate: DeflateOptions()) { rig in
            try await rig.account { $0.state == .connected }
            let text = String(repeating: "again and again ", count: 500)
            try rig.gateway.push(PushRequest(account: "account-0", count: 50, text: text))
            #expect(await rig.gateway.wait { $0.acked == 50 })
            let statistics = rig.gateway.statistics()
            #expect(statistics.unknownAcks == 0 && statistics.violations == 0)
        }
    }

    @Test("a rejected registration is never shown as connected")
    func rejected() async throws {
        let settings = SessionSettings.make { _, retry, _ in retry.other.cap = .milliseconds(20) }
        try await FleetRig.run(settings: settings) { rig in
            try await rig.gateway.setFaults([Fault(.rejectRegister)])
            try await rig.fleet.perform(.reconnect, on: "account-0")
            let account = try await rig.account { $0.quarantine == .auth }
            #expect(account.state == .failed)
            #expect(account.status == .quarantined)
            #expect(account.lastFailure?.code == "auth.register_401")
            #expect(account.lastFailure?.message.contains("token") == true)
            let timeline = try #require(await rig.fleet.timeline("account-0", limit: 50))
            #expect(timeline.first?.failureClass == .auth)
            #expect(timeline.first?.record?.chain.isEmpty == false)
            // What is rejected twice is left alone, and the gate does not wait for it either.
            let connects = rig.gateway.statistics(lists: false).connectsTotal
            try await rig.fleet.perform(.reset, matching: AccountFilter())
            #expect(rig.gateway.statistics(lists: false).connectsTotal == connects)
        }
    }

    @Test(
        "each fault is survived, and healed when it is over",
        arguments: [
            (Fault(.reset), "dropped.reset"), (Fault(.eof), "dropped.eof"),
            (Fault(.close, code: 1001), "dropped.close_1001"), (Fault(.close, code: 1011), "server.close_1011"),
            (Fault(.blackhole), "network.heartbeat_dead"), (Fault(.mute), "network.heartbeat_dead"),
            (Fault(.oversize), "protocol.frame_too_large"), (Fault(.garbage, code: 1002), "protocol."),
            (Fault(.upgradeStatus, status: 503), "server.upgrade_503"), (Fault(.refuse), "network.refused"),
            (Fault(.ignoreRegister), "network.timeout_register"),
        ])
    func faults(fault: Fault, code: String) async throws {
        let settings = SessionSettings.make { _, _, recovery in recovery.climb = [] }
        try await FleetRig.run(settings: settings) { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([fault])
            if fault.kind == .upgradeStatus || fault.kind == .refuse || fault.kind == .ignoreRegister {
                try await rig.fleet.perform(.reconnect, on: "account-0")
            }
            try await rig.account { $0.lastFailure != nil }
            // The first failure is what the fault did to an open session; by now there may be others, of attempts.
            let timeline = try #require(await rig.fleet.timeline("account-0", limit: 50))
            let first = try #require(timeline.compactMap(\.failureCode).last)
            #expect(first.hasPrefix(code), "\(first)")
            try await rig.gateway.clearFaults()
            try await rig.account { $0.state == .connected && $0.failures == 0 }
            #expect(rig.gateway.statistics(lists: false).maxLivePerAccount == 1)
        }
    }

    @Test("text that means nothing is counted, and heartbeats decide")
    func garbage() async throws {
        try await FleetRig.run { rig in
            let before = try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.garbage)])
            try await rig.wait { rig.fleet.metrics().malformedFrames >= 20 }
            let after = try await rig.account { _ in true }
            #expect(after.generation == before.generation)
        }
    }

    @Test("one account's trouble is not another's")
    func isolated() async throws {
        try await FleetRig.run(accounts: 2) { rig in
            try await rig.everybodyConnected()
            let before = try #require(await rig.fleet.account("account-1"))
            try await rig.gateway.setFaults([Fault(.close, for: "account-0")])
            try await rig.account { $0.failures >= 3 }
            let after = try #require(await rig.fleet.account("account-1"))
            #expect(after.state == .connected && after.generation == before.generation)
        }
    }
}
