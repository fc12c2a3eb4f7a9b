import HoldfastCore
import HoldfastStore
import Testing

@Suite("Alerts in the register")
struct AlertTablesTests {
    private let now = WallTime(milliseconds: 1_700_000_000_000)

    private func alert(_ endpoint: String, at time: WallTime) -> Alert {
        var alert = Alert(
            cause: AlertCause(.endpoint, endpoint: endpoint), scope: .endpoint(endpoint),
            figures: [AlertFigure(.connectedShare, value: 0.25, threshold: 0.7, samples: 812)], startsAt: time)
        alert.affected = 609
        alert.sample = ["shop-1", "shop-2"]
        alert.told = Alert.Told(at: time, severity: .critical)
        return alert
    }

    private func message(_ number: Int, about alert: Alert, on channel: String) -> QueuedNotification {
        let notification = AlertNotification(
            id: "\(alert.id)-\(number)", alert: alert.id, kind: .firing, severity: alert.severity, rule: alert.rule,
            figures: alert.figures, scope: alert.scope, cause: alert.cause, affected: 609, accounts: 812,
            sample: alert.sample, labels: ["rule": "connected_share"], startsAt: alert.startsAt, at: now)
        return QueuedNotification(channel: channel, notification: notification, queuedAt: now, dueAt: now)
    }

    @Test("an alert and the messages about it are there together after a restart")
    func survives() async throws {
        let folder = try Folder()
        let first = try Register(folder: folder.path)
        let alert = alert("ws://a:80", at: now)
        try await first.keep(
            [alert], queueing: [message(1, about: alert, on: "ops"), message(1, about: alert, on: "chat")])
        await first.close()

        let second = try Register(folder: folder.path)
        #expect(try await second.activeAlerts() == [alert])
        #expect(try await second.nextNotification(on: "ops") == message(1, about: alert, on: "ops"))
        #expect(try await second.waitingNotifications() == ["ops": 1, "chat": 1])
        await second.close()
    }

    @Test("an alert that is over is history, the latest first")
    func history() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        var alerts = (0..<3).map { alert("ws://\($0):80", at: now + .seconds($0)) }
        try await register.keep(alerts)
        alerts[1].endsAt = now + .seconds(60)
        try await register.keep([alerts[1]])
        #expect(try await register.activeAlerts() == [alerts[0], alerts[2]])
        let page = try await register.alerts(limit: 2)
        #expect(page.map(\.alert) == [alerts[2], alerts[1]])
        #expect(try await register.alerts(before: page.last?.number, limit: 2).map(\.alert) == [alerts[0]])
        #expect(try await register.alerts(isActive: false, limit: 9).map(\.alert) == [alerts[1]])
        #expect(try await register.alert(alerts[2].id) == alerts[2])
        await register.close()
    }

    @Test("messages leave a channel in their order, and one that is tried again holds up those behind it")
    func order() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        let alert = alert("ws://a:80", at: now)
        let messages = (1...2).map { message($0, about: alert, on: "ops") }
        try await register.keep([alert], queueing: messages)
        try await register.keep([], queueing: messages)
        #expect(try await register.waitingNotifications() == ["ops": 2], "the same message waits once")
        let id = messages[0].notification.id
        try await register.notificationFailed(id, on: "ops", because: "refused", retryAt: now + .seconds(30))
        let again = try #require(try await register.nextNotification(on: "ops"))
        #expect(again.notification.id == id)
        #expect(again.attempts == 1)
        #expect(again.problem == "refused")
        #expect(again.dueAt == now + .seconds(30))
        try await register.notificationDone(id, on: "ops")
        #expect(try await register.nextNotification(on: "ops") == messages[1])
        await register.close()
    }

    @Test("a full queue loses its oldest message, and says so")
    func full() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        let alert = alert("ws://a:80", at: now)
        let limit = QueuedNotification.limitPerChannel
        try await register.keep([], queueing: (1...limit).map { message($0, about: alert, on: "ops") })
        let lost = try await register.keep([], queueing: (1...3).map { message(limit + $0, about: alert, on: "ops") })
        #expect(lost == ["ops": 3])
        #expect(try await register.nextNotification(on: "ops")?.notification.id == "\(alert.id)-4")
        #expect(try await register.waitingNotifications() == ["ops": limit])
        await register.close()
    }

    @Test("messages that waited too long, and those of a channel that is gone, are given up")
    func pruned() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        let alert = alert("ws://a:80", at: now)
        var old = message(1, about: alert, on: "ops")
        old.queuedAt = now - QueuedNotification.longestWait - .seconds(1)
        try await register.keep(
            [], queueing: [old, message(2, about: alert, on: "ops"), message(2, about: alert, on: "gone")])
        #expect(try await register.pruneNotifications(at: now, channels: ["ops"]) == ["ops": 1, "gone": 1])
        #expect(try await register.nextNotification(on: "ops") == message(2, about: alert, on: "ops"))
        await register.close()
    }

    @Test("silences are kept until they are over or taken back")
    func silences() async throws {
        let folder = try Folder()
        let first = try Register(folder: folder.path)
        let silences = (1...3).map { number in
            Silence(
                id: "s\(number)", match: Silence.Match(rule: .accountDown, account: "shop-*"), startsAt: now,
                endsAt: now + .seconds(60 * number), author: "ops", comment: "moving house")
        }
        for silence in silences { try await first.keep(silence) }
        try await first.removeSilence("s2")
        await first.close()
        let second = try Register(folder: folder.path)
        #expect(try await second.silences(at: now) == [silences[0], silences[2]])
        #expect(try await second.silences(at: now + .seconds(60)) == [silences[2]])
        await second.close()
    }

    @Test("alerts that are over are kept for 90 days")
    func retention() async throws {
        let folder = try Folder()
        let register = try Register(folder: folder.path)
        let age = RetentionSettings().alertAge
        var (old, recent) = (alert("ws://a:80", at: now), alert("ws://b:80", at: now))
        old.endsAt = now - age - .seconds(1)
        recent.endsAt = now - age + .seconds(1)
        let lasting = alert("ws://c:80", at: now - age - age)
        try await register.keep([old, recent, lasting])
        try await register.sweep(at: now, RetentionSettings(), pause: .zero)
        #expect(try await register.alerts(limit: 9).map(\.alert) == [lasting, recent])
        await register.close()
    }
}
