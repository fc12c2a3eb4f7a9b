import HoldfastCore
import HoldfastStore
import Logging
import Synchronization

/// Has what people are to be told brought to them: one courier for each channel, so that a mail server that is down holds up no chat.
/// Nothing here is in the path of a session.
final class NotificationDesk: NotificationOutlet {
    private struct State {
        var couriers: [String: Courier] = [:]
        var console: String?
        var isStopped = false
        var sweep: Task<Void, Never>?
    }

    private let register: Register?
    private let logger: Logger
    private let terms: CourierTerms
    private let state = Mutex(State())

    init(register: Register?, logger: Logger, terms: CourierTerms = CourierTerms()) {
        self.register = register
        self.logger = logger
        self.terms = terms
    }

    /// From now on these channels. A channel that is as before is not touched; of one that has changed the queue stays, and of one
    /// that is gone it is dropped.
    func apply(_ channels: [String: ChannelConfiguration], console: String?) {
        let (register, logger, terms) = (register, logger, terms)
        let gone = state.withLock { state -> [Courier] in
            guard !state.isStopped else { return [] }
            let isMoved = state.console != console
            var couriers: [String: Courier] = [:]
            for (name, configuration) in channels {
                let old = state.couriers[name]
                if let old, old.configuration == configuration, !isMoved {
                    couriers[name] = old
                } else {
                    couriers[name] = Courier(
                        name, configuration, console: console, register: register, after: old, terms: terms,
                        logger: logger)
                }
            }
            let gone = state.couriers.filter { channels[$0.key] == nil }.values
            state.couriers = couriers
            state.console = console
            return Array(gone)
        }
        for courier in gone { Task { await courier.stop() } }
        startSweeping()
    }

    /// Those that want messages this weighty.
    func channels(for notification: AlertNotification) -> [String] {
        state.withLock { state in
            state.couriers.filter { $0.value.configuration.minimumSeverity <= notification.severity }.keys.sorted()
        }
    }

    func queued(on channels: [String]) {
        for courier in couriers(channels) { courier.wake() }
    }

    func send(_ notification: AlertNotification, on channels: [String]) {
        for courier in couriers(channels) { courier.keep(notification) }
    }

    /// Sends a message that says it is a test, at once and beside the queue.
    func test(_ channel: String) async throws(ChannelTestFailure) {
        let found = state.withLock { ($0.couriers[channel], $0.couriers.keys.sorted()) }
        guard let courier = found.0 else { throw .unknown(known: found.1) }
        do throws(ChannelFailure) {
            try await courier.test()
        } catch {
            throw .failed(error.reason)
        }
    }

    var figures: [ChannelFigures] {
        state.withLock { $0.couriers.values.map(\.figures) }.sorted { $0.channel < $1.channel }
    }

    /// Ends after what is being sent now, or after a few seconds without it. What waits is in the register.
    func stop() async {
        let (couriers, sweep) = state.withLock { state in
            state.isStopped = true
            return (Array(state.couriers.values), state.sweep.take())
        }
        sweep?.cancel()
        await withTaskGroup(of: Void.self) { group in
            for courier in couriers { group.addTask { await courier.stop() } }
        }
    }

    private func couriers(_ names: [String]) -> [Courier] {
        state.withLock { state in names.compactMap { state.couriers[$0] } }
    }

    /// Rows of channels that are gone, and those that nobody came for, leave the queue.
    private func startSweeping() {
        guard let register else { return }
        let sweep = Task { [weak self] in
            while !Task.isCancelled {
                guard let names = self?.state.withLock({ Set($0.couriers.keys) }) else { return }
                let dropped = try? await register.pruneNotifications(at: ProcessClock.wall, channels: names)
                for (channel, count) in dropped ?? [:] { self?.couriers([channel]).first?.countDropped(count) }
                try? await Task.sleep(for: .seconds(3_600))
            }
        }
        let old = state.withLock { state -> Task<Void, Never>? in
            guard !state.isStopped else { return sweep }
            defer { state.sweep = sweep }
            return state.sweep
        }
        old?.cancel()
    }
}

/// What became of the messages of one channel since the process began.
public struct ChannelFigures: Sendable, Hashable {
    public var channel: String
    /// `webhook`, `command`, `email`, or the name of a chat.
    public var kind: String
    /// The other side has them.
    public var sent: UInt64 = 0
    /// Tries that failed.
    public var failed: UInt64 = 0
    /// Messages that were given up.
    public var dropped: UInt64 = 0
    /// Why the last try failed; nil if it did not.
    public var problem: String?

    public init(channel: String, kind: String) {
        self.channel = channel
        self.kind = kind
    }
}

/// Why a test of a channel came to nothing.
public enum ChannelTestFailure: Error, Hashable {
    /// The fleet is starting or stopping.
    case notRunning
    /// There is no such channel; there are these.
    case unknown(known: [String])
    /// The other side did not take it.
    case failed(String)
}
