import HoldfastCore
import HoldfastLab
import HoldfastStore
import Synchronization
import Testing

@testable import HoldfastFleet

@Suite("The alert desk")
struct FleetAlertTests {
    /// An outlet with one channel, that notes what it hears.
    private final class Notes: NotificationOutlet {
        private let state = Mutex<(queued: [[String]], sent: [AlertNotification], asked: [AlertNotification])>(
            ([], [], []))

        var queued: [[String]] { state.withLock { $0.queued } }
        var sent: [AlertNotification] { state.withLock { $0.sent } }
        /// Everything people were to be told.
        var asked: [AlertNotification] { state.withLock { $0.asked } }

        func channels(for notification: AlertNotification) -> [String] {
            state.withLock { $0.asked.append(notification) }
            return ["ops"]
        }

        func queued(on channels: [String]) { state.withLock { $0.queued.append(channels) } }

        func send(_ notification: AlertNotification, on channels: [String]) {
            state.withLock { $0.sent.append(notification) }
        }
    }

    /// Rules that do not wait.
    private static var quick: AlertSettings {
        var settings = AlertSettings()
        settings.groupWait = .zero
        settings.recoverAfter = .zero
        settings.accountDownAfter = .milliseconds(500)
        // Where the machine is slow an account fails often enough to make its endpoint suspect.
        settings.minSamples = 10_000
        return settings
    }

    @Test("an account that is down is told of once, over restarts, and its recovery once, by the same id")
    func restart() async throws {
        try await StoredFleet.run { rig in
            let notes = Notes()
            rig.configuration.alerts = Self.quick
            rig.configuration.outlet = notes
            try await rig.gateway.setFaults([Fault(.upgradeStatus, for: "a", status: 503)])
            let accounts = [try AccountConfiguration.test("a", rig.gateway), try .test("b", rig.gateway)]
            try await rig.start(accounts)
            try await rig.wait { !notes.queued.isEmpty }
            #expect(notes.asked.map(\.kind) == [.firing])
            #expect(notes.asked.first?.scope == .account("a"))
            #expect(notes.asked.first?.detail == "server.upgrade_503")
            #expect(rig.fleet.metrics().activeAlerts == [.critical: 1])
            for _ in 0..<2 {
                try await rig.restart(accounts)
                #expect(rig.fleet.activeAlerts().map(\.id) == [notes.asked.first?.alert])
                try await rig.wait { await rig.fleet.account("a")?.failures ?? 0 > 1 }
            }
            try await rig.gateway.setFaults([])
            // Heard when it is durable.
            try await rig.wait { notes.queued.count > 1 }
            #expect(notes.asked.map(\.kind) == [.firing, .resolved])
            #expect(Set(notes.asked.map(\.alert)).count == 1)
            try await rig.wait { rig.fleet.activeAlerts().isEmpty }
            let page = try await rig.fleet.alerts(limit: 10)
            #expect(page.alerts.map(\.isActive) == [false])
            #expect(page.alerts.first?.told?.messages == 2)
            await rig.stop()
            let register = try Register(folder: rig.folder)
            #expect(try await register.waitingNotifications() == ["ops": 2], "the channel has taken none yet")
            await register.close()
        }
    }

    @Test("a shutdown is no outage and no recovery")
    func shutdown() async throws {
        try await StoredFleet.run { rig in
            let notes = Notes()
            rig.configuration.alerts = Self.quick
            rig.configuration.outlet = notes
            try await rig.gateway.setFaults([Fault(.refuse, for: "a")])
            try await rig.start([try .test("a", rig.gateway), try .test("b", rig.gateway)])
            try await rig.wait { !notes.queued.isEmpty }
            await rig.stop()
            #expect(notes.asked.map(\.kind) == [.firing])
        }
    }

    @Test("a store that takes nothing keeps nobody from being told")
    func storeDown() async throws {
        try await StoredFleet.run { rig in
            let notes = Notes()
            rig.configuration.alerts = Self.quick
            rig.configuration.outlet = notes
            try await rig.start([try .test("a", rig.gateway)])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            let register = try #require(rig.fleet.state.withLock { $0.store }).register
            try register.refuseWrites(true)
            // It is in force, and not written.
            _ = try? await rig.fleet.perform(.quarantine, on: "a")
            try await rig.wait { notes.sent.contains { $0.rule == .accountQuarantined } }
            #expect(notes.queued.isEmpty)
            try register.refuseWrites(false)
        }
    }

    @Test("silences are kept over restarts, and taken back")
    func silences() async throws {
        try await StoredFleet.run { rig in
            let notes = Notes()
            rig.configuration.alerts = Self.quick
            rig.configuration.outlet = notes
            let account = try AccountConfiguration.test("a", rig.gateway)
            try await rig.gateway.setFaults([Fault(.refuse, for: "a")])
            try await rig.start([account])
            let silence = try await rig.fleet.silence(
                Silence.Match(account: "*"), until: ProcessClock.wall + .seconds(3_600), comment: "test")
            try await rig.restart([account])
            #expect(rig.fleet.silences() == [silence])
            try await rig.wait { rig.fleet.activeAlerts().first?.suppression == .silenced(by: silence.id) }
            #expect(notes.asked.allSatisfy { $0.at < silence.startsAt })
            try await rig.fleet.removeSilence(silence.id)
            try await rig.wait { notes.asked.contains { $0.at >= silence.startsAt } }
            await #expect(throws: SilenceRefusal.notFound) { try await rig.fleet.removeSilence(silence.id) }
            let audit = try await rig.fleet.audit(limit: 10).map(\.action)
            #expect(audit == ["unsilence", "silence"])
        }
    }

    @Test(
        "a silence that cannot be is refused",
        arguments: [Duration.seconds(-1), .zero, .seconds(367 * 86_400)])
    func refused(length: Duration) async throws {
        try await StoredFleet.run { rig in
            try await rig.start([])
            await #expect(throws: SilenceRefusal.self) {
                try await rig.fleet.silence(Silence.Match(), until: ProcessClock.wall + length)
            }
        }
    }

    // MARK: Windows

    private func wall(_ text: String) throws -> WallTime { try #require(WallTime(rfc3339: text)) }

    @Test("a window of the week is a silence on its days, in its time zone, over midnight too")
    func windows() throws {
        // 2026-03-01 is a Sunday.
        let night = MaintenanceWindow(
            time: .weekly(days: [.sun], from: 23 * 60, until: 60, zone: "Asia/Shanghai"), comment: "nightly")
        let silences = night.silences(number: 3, around: try wall("2026-03-01T12:00:00Z"))
        #expect(silences.map(\.startsAt) == [try wall("2026-03-01T15:00:00Z")])
        #expect(silences.map(\.endsAt) == [try wall("2026-03-01T17:00:00Z")])
        #expect(silences.first?.comment == "nightly")
        let after = night.silences(number: 3, around: try wall("2026-03-01T16:30:00Z"))
        #expect(after == silences, "it is in force beyond midnight")
        #expect(night.silences(number: 3, around: try wall("2026-03-01T17:00:00Z")).isEmpty)
        #expect(night.silences(number: 3, around: try wall("2026-03-03T12:00:00Z")).isEmpty)
    }

    @Test("a window that is once is that")
    func once() throws {
        let (from, until) = (try wall("2026-03-01T12:00:00Z"), try wall("2026-03-01T13:00:00Z"))
        let window = MaintenanceWindow(time: .once(from: from, until: until))
        #expect(window.silences(number: 0, around: from - .seconds(3_600)).map(\.startsAt) == [from])
        #expect(window.silences(number: 0, around: until).isEmpty)
    }

    // MARK: Health over time

    @Test("how reliable an account was is known from its timeline")
    func availability() async throws {
        try await StoredFleet.run { rig in
            try await rig.start([try .test("a", rig.gateway)])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            try await rig.gateway.setFaults([Fault(.close, for: "a")])
            try await rig.wait { await rig.fleet.account("a")?.failures ?? 0 > 0 }
            try await rig.gateway.setFaults([])
            try await rig.wait { await rig.fleet.account("a")?.state == .connected }
            try await rig.wait { await rig.fleet.availability("a")?.week.repairs ?? 0 > 0 }
            let view = try #require(await rig.fleet.availability("a"))
            #expect(view.hour == view.day && view.day == view.week)
            #expect(view.week.losses > 0)
            #expect(view.week.meanTimeToRepair ?? .zero > .zero)
            let share = try #require(view.week.share)
            #expect(share > 0 && share < 1)
            #expect(await rig.fleet.availability("nobody") == nil)
        }
    }
}
