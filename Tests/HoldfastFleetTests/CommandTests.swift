import HoldfastCore
import HoldfastLab
import HoldfastWire
import Testing

@testable import HoldfastFleet

@Suite("What people ask of a fleet")
struct CommandTests {
    @Test("disable closes the session politely, enable brings it back")
    func disableAndEnable() async throws {
        try await FleetRig.run { rig in
            try await rig.account { $0.state == .connected }
            let disabled = try await rig.fleet.perform(.disable, on: "account-0")
            #expect(!disabled.isEnabled && disabled.status == .disabled)
            try await rig.account { $0.state == .disconnected }
            #expect(await rig.gateway.wait { $0.live == 0 })
            let enabled = try await rig.fleet.perform(.enable, on: "account-0")
            #expect(enabled.isEnabled)
            try await rig.account { $0.state == .connected && $0.incarnation == 2 }
        }
    }

    @Test("reconnect ends a wait at once")
    func reconnect() async throws {
        let settings = SessionSettings.make { _, retry, _ in
            retry.jitter = .none
            retry.dropped = .init(step: .seconds(3_600), cap: .seconds(3_600))
        }
        try await FleetRig.run(settings: settings) { rig in
            try await rig.account { $0.state == .connected }
            try await rig.gateway.setFaults([Fault(.eof)])
            let waiting = try await rig.account { $0.state == .reconnecting }
            #expect(waiting.nextAttemptAt != nil)
            try await rig.gateway.clearFaults()
            try await rig.fleet.perform(.reconnect, on: "account-0")
            try await rig.account { $0.state == .connected }
        }
    }

    @Test("restart begins a new incarnation")
    func restart() async throws {
        try await FleetRig.run { rig in
            let before = try await rig.account { $0.state == .connected }
            try await rig.fleet.perform(.restart, on: "account-0")
            try await rig.account { $0.state == .connected && $0.incarnation == before.incarnation + 1 }
            #expect(rig.gateway.statistics(lists: false).maxLivePerAccount == 1)
        }
    }

    @Test("quarantine holds until it is released, and enable does not lift it")
    func quarantine() async throws {
        try await FleetRig.run { rig in
            try await rig.account { $0.state == .connected }
            let held = try await rig.fleet.perform(.quarantine, on: "account-0")
            #expect(held.status == .quarantined)
            try await rig.account { $0.state == .disconnected }
            let refusal = await #expect(throws: CommandRefusal.self) {
                try await rig.fleet.perform(.reconnect, on: "account-0")
            }
            #expect(refusal?.code == "quarantined")
            try await rig.fleet.perform(.enable, on: "account-0")
            #expect(await rig.fleet.account("account-0")?.status == .quarantined)
            try await rig.fleet.perform(.release, on: "account-0")
            try await rig.account { $0.state == .connected }
        }
    }

    @Test("a command for nobody, and one before the start, say so")
    func refused() async throws {
        try await FleetRig.run { rig in
            let refusal = await #expect(throws: CommandRefusal.self) {
                try await rig.fleet.perform(.reset, on: "nobody")
            }
            #expect(refusal == .notFound)
        }
        let idle = Fleet(FleetConfiguration(), logger: LogRecorder().logger)
        let refusal = await #expect(throws: CommandRefusal.self) { try await idle.perform(.reset, on: "nobody") }
        #expect(refusal == .notRunning)
        #expect(idle.readiness().map(\.code) == [.starting])
        await idle.shutdown()
        #expect(idle.readiness().map(\.code) == [.draining])
    }

    @Test("a command to a selection reaches those that match")
    func many() async throws {
        try await FleetRig.run(accounts: 12) { rig in
            try await rig.everybodyConnected()
            let (matched, applied) = try await rig.fleet.perform(.disable, matching: AccountFilter(text: "ACCOUNT-1"))
            #expect(matched == 3 && applied == 3)
            try await rig.totals { $0.enabled == 9 && $0[.connected] == 9 && $0[AccountStatus.disabled] == 3 }
            let again = try await rig.fleet.perform(.reconnect, matching: AccountFilter(status: .disabled))
            #expect(again.matched == 3 && again.applied == 0)
        }
    }

    @Test("pages are cut by id and follow on each other")
    func pages() async throws {
        try await FleetRig.run(accounts: 25) { rig in
            try await rig.everybodyConnected()
            var ids: [String] = []
            var cursor: String?
            repeat {
                let page = await rig.fleet.accounts(AccountQuery(cursor: cursor, limit: 10))
                #expect(page.totals.accounts == 25)
                ids += page.accounts.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(ids == (0..<25).map { "account-\($0)" }.sorted())
            let one = await rig.fleet.accounts(AccountQuery(filter: AccountFilter(state: .connected, text: "t-24")))
            #expect(one.accounts.map(\.id) == ["account-24"] && one.next == nil)
            let none = await rig.fleet.accounts(AccountQuery(filter: AccountFilter(state: .failed)))
            #expect(none.accounts.isEmpty)
        }
    }

    @Test("whoever watches sees each change with its number, and can take up where it left")
    func events() async throws {
        try await FleetRig.run { rig in
            try await rig.account { $0.state == .connected }
            var ids: [UInt64] = []
            var seen: [SessionState] = []
            for await event in rig.fleet.events(after: 0) {
                ids.append(event.id)
                if case .transition("account-0", let entry) = event.kind { seen.append(entry.to) }
                if seen.last == .connected { break }
            }
            #expect(seen == [.connecting, .connected])
            #expect(ids == Array(1...UInt64(ids.count)))
        }
    }
}
