import HoldfastCore
import HoldfastStore
import Logging
import Synchronization

/// Makes durable what the alert desk has decided, and then hands the messages over: in this order, so that a process that is
/// killed in between neither repeats a message nor forgets one. Never in the way of a session: it works in a task of its own,
/// and what waits for a slow disk is bounded.
final class AlertKeeper: Sendable {
    private struct State {
        var alerts = WaitingAlerts()
        var messages: [AlertNotification] = []
        var lost = 0
        var work: Task<Void, Never>?
        var isFinishing = false
    }

    /// Messages that may wait for the disk; beyond it the oldest goes.
    static let limit = 1_000
    private static let retryAfter = Duration.seconds(5)

    private let register: Register?
    private let outlet: (any NotificationOutlet)?
    private let logger: Logger
    private let state = Mutex(State())

    init(register: Register?, outlet: (any NotificationOutlet)?, logger: Logger) {
        self.register = register
        self.outlet = outlet
        self.logger = logger
    }

    /// Messages lost because nothing took them: the disk was too slow, or a channel's queue was full. And alerts that ended, and
    /// are missing in the history, because the disk took nothing for too long.
    var lost: Int { state.withLock { $0.lost } }

    func take(_ outcome: AlertOutcome) {
        guard !outcome.changed.isEmpty || !outcome.notifications.isEmpty else { return }
        state.withLock { state in
            for alert in outcome.changed { state.alerts.add(alert) }
            state.lost += state.alerts.shorten()
            state.messages += outcome.notifications
            let over = max(0, state.messages.count - Self.limit)
            state.messages.removeFirst(over)
            state.lost += over
            if state.work == nil { state.work = Task { await self.run() } }
        }
    }

    /// Returns when nothing waits any more, or the disk has not taken it.
    func finish() async {
        let work = state.withLock { state in
            state.isFinishing = true
            return state.work
        }
        // Ends its rest, if it has one; a commit goes on.
        work?.cancel()
        await work?.value
    }

    private func run() async {
        while true {
            let (alerts, messages) = state.withLock { state -> ([Alert], [AlertNotification]) in
                defer {
                    state.alerts = WaitingAlerts()
                    state.messages = []
                }
                if state.alerts.isEmpty, state.messages.isEmpty { state.work = nil }
                return (state.alerts.inOrder, state.messages)
            }
            if alerts.isEmpty, messages.isEmpty { return }
            let isKept = await keep(alerts, messages)
            for message in messages { log(message) }
            guard isKept else {
                // What people are to be told has been handed over; the alerts themselves are tried again with the next change,
                // or a little later.
                guard putBack(alerts) else { return }
                try? await Task.sleep(for: Self.retryAfter)
                continue
            }
        }
    }

    /// False if there is no time to try again.
    private func putBack(_ alerts: [Alert]) -> Bool {
        state.withLock { state in
            for alert in alerts { state.alerts.putBack(alert) }
            state.lost += state.alerts.shorten()
            if state.isFinishing { state.work = nil }
            return !state.isFinishing
        }
    }

    /// False if the disk has not taken it; the messages have been handed over all the same.
    private func keep(_ alerts: [Alert], _ messages: [AlertNotification]) async -> Bool {
        let addressed = messages.map { ($0, outlet?.channels(for: $0) ?? []) }
        guard let register else {
            for (message, channels) in addressed where !channels.isEmpty { outlet?.send(message, on: channels) }
            return true
        }
        let now = ProcessClock.wall
        let queue = addressed.flatMap { message, channels in
            channels.map { QueuedNotification(channel: $0, notification: message, queuedAt: now, dueAt: now) }
        }
        do throws(StoreError) {
            let lost = try await register.keep(alerts, queueing: queue)
            for (channel, count) in lost.sorted(by: { $0.key < $1.key }) {
                logger.error(
                    "the queue of a channel is full: its oldest messages are lost",
                    metadata: ["channel": "\(channel)", "messages": .stringConvertible(count)])
                state.withLock { $0.lost += count }
            }
        } catch {
            logger.error("alerts cannot be kept", metadata: ["error": "\(error)"])
            for (message, channels) in addressed where !channels.isEmpty { outlet?.send(message, on: channels) }
            return false
        }
        let channels = Set(queue.map(\.channel)).sorted()
        if !channels.isEmpty { outlet?.queued(on: channels) }
        return true
    }

    private func log(_ message: AlertNotification) {
        var metadata: Logger.Metadata = [
            "alert": "\(message.alert)", "rule": "\(message.rule.rawValue)", "severity": "\(message.severity.rawValue)",
            "scope": "\(message.scope.name)", "affected": .stringConvertible(message.affected),
        ]
        if !message.cause.endpoint.isEmpty { metadata["endpoint"] = "\(message.cause.endpoint)" }
        if case .account(let id) = message.scope { metadata["account"] = "\(id)" }
        if !message.detail.isEmpty { metadata["code"] = "\(message.detail)" }
        switch message.kind {
        case .firing: logger.log(level: message.severity == .critical ? .error : .warning, "alert", metadata: metadata)
        case .repeat: logger.warning("alert lasts", metadata: metadata)
        case .resolved: logger.info("alert is over", metadata: metadata)
        }
    }
}
