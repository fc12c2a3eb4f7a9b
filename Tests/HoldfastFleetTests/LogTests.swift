import HoldfastCore
import HoldfastLab
import HoldfastWire
import Logging
import Testing

@testable import HoldfastFleet

@Suite("What a fleet says in its log")
struct LogTests {
    @Test("an outage is two lines: one when it begins, one when it ends")
    func outage() async throws {
        let settings = SessionSettings.make { _, retry, recovery in recovery.climb = [] }
        try await FleetRig.run(settings: settings) { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.eof)])
            try await rig.account { $0.failures >= 3 }
            try await rig.gateway.clearFaults()
            try await rig.account { $0.state == .connected && $0.failures == 0 }
            await rig.fleet.shutdown()
            let began = try #require(rig.log.lines("connection lost").first)
            #expect(rig.log.lines("connection lost").count == 1)
            #expect(began.level == .warning)
            #expect(began.metadata["account"] == "account-0")
            #expect(began.metadata["class"] == "dropped" && began.metadata["code"] == "dropped.eof")
            #expect(began.metadata["delay_ms"] != nil)
            #expect(rig.log.lines("connected again").count == 1)
        }
    }

    @Test("an account that never connected has lost nothing: it cannot connect")
    func neverConnected() async throws {
        try await FleetRig.run { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.refuse)])
            _ = try await rig.fleet.apply(
                FleetConfiguration(
                    accounts: [try .test("account-0", rig.gateway), try .test("late", rig.gateway)], gate: .open))
            try await rig.account("late") { $0.failures >= 6 }
            await rig.fleet.shutdown()
            let lines = rig.log.lines.filter { $0.metadata["account"] == "late" }
            // Each of them once, however many attempts there were.
            #expect(lines.map(\.message) == ["cannot connect", "session failed"])
            #expect(lines.first?.level == .error && lines.first?.metadata["code"] == "network.refused")
            #expect(lines.last?.metadata["failures"] == "5" && lines.last?.metadata["to"] == "failed")
        }
    }

    @Test("when it can connect at last, it is connected, and not \"again\"")
    func firstConnection() async throws {
        try await FleetRig.run(accounts: 0) { rig in
            try await rig.gateway.setFaults([Fault(.eof)])
            _ = try await rig.fleet.apply(
                FleetConfiguration(accounts: [try .test("late", rig.gateway)], gate: .open))
            try await rig.account("late") { $0.failures >= 1 }
            try await rig.gateway.clearFaults()
            try await rig.account("late") { $0.state == .connected && $0.failures == 0 }
            await rig.fleet.shutdown()
            let lines = rig.log.lines.filter { $0.metadata["account"] == "late" }.map(\.message)
            #expect(lines.first == "cannot connect" && lines.last == "connected")
        }
    }

    @Test("that a session failed is said before what is done about it")
    func order() async throws {
        let settings = SessionSettings.make { _, retry, _ in retry.maxFailures = 2 }
        try await FleetRig.run(settings: settings) { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.eof)])
            try await rig.account { $0.quarantine != nil }
            await rig.fleet.shutdown()
            let lines = rig.log.lines.map(\.message).filter { !$0.hasPrefix("connect") }
            #expect(lines == ["session failed", "instance restarted", "account quarantined"])
        }
    }

    @Test("many accounts of one endpoint are one line")
    func many() async throws {
        try await FleetRig.run(accounts: 60) { rig in
            try await rig.everybodyConnected()
            try await rig.gateway.setFaults([Fault(.eof)])
            try await rig.wait { !rig.log.lines("many accounts: connection lost").isEmpty }
            #expect(rig.log.lines("connection lost").count <= OutageLog.individually)
            let line = try #require(rig.log.lines("many accounts: connection lost").first)
            #expect(line.metadata["accounts"].flatMap { Int($0) } ?? 0 > OutageLog.individually)
            #expect(line.metadata["account"] == nil && line.metadata["example"] != nil)
        }
    }

    @Test("a healthy idle account says nothing after it has connected")
    func quiet() async throws {
        try await FleetRig.run { rig in
            #expect(await rig.gateway.wait { $0.heartbeats >= 10 })
            await rig.fleet.shutdown()
            #expect(rig.log.lines.map(\.message) == ["connected"])
        }
    }
}
