import DequeModule
import HoldfastCore
import HoldfastStore
import Logging
import Synchronization

/// How patient couriers are.
struct CourierTerms: Sendable {
    /// After the first failure; it doubles with each further one.
    var firstDelay = Duration.seconds(1)
    var longestDelay = Duration.seconds(300)
    /// After the first refusal: whoever refuses will do so again, unless somebody changes something there.
    var firstDelayAfterRefusal = Duration.seconds(15)
    /// A message that was refused so often is given up, so that it does not hold up the others.
    var refusals = 5
    /// How long a message is tried at all.
    var longestWait = QueuedNotification.longestWait
    /// How long a stop waits for what is being sent.
    var grace = Duration.seconds(5)
    /// Messages kept in memory, where there is no store.
    var memoryLimit = 100
}

/// Brings the messages of one channel to where people read them: in their order, no more in a minute than the channel bears, again
/// and again until the other side has them.
///
/// A message leaves the queue when the other side has it. If the process is killed between the two, that one message is sent again
/// after the restart, under the same id.
final class Courier: Sendable {
    let channel: String
    let configuration: ChannelConfiguration
    private let console: String?
    private let sender: any NotificationSender
    private let register: Register?
    private let terms: CourierTerms
    private let logger: Logger
    private let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let state: Mutex<State>

    private struct State {
        var figures: ChannelFigures
        var memory: Deque<QueuedNotification> = []
        var isStopping = false
        var task: Task<Void, Never>?
    }

    /// - Parameter predecessor: the courier of this channel until now; it ends before this one begins.
    init(
        _ channel: String, _ configuration: ChannelConfiguration, console: String?, register: Register?,
        after predecessor: Courier?, terms: CourierTerms, logger: Logger
    ) {
        self.channel = channel
        self.configuration = configuration
        self.console = console
        self.register = register
        self.terms = terms
        self.logger = logger
        sender = configuration.makeSender(channel: channel, console: console)
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        var figures = ChannelFigures(channel: channel, kind: configuration.target.kind)
        if let old = predecessor?.figures {
            (figures.sent, figures.failed, figures.dropped) = (old.sent, old.failed, old.dropped)
        }
        state = Mutex(State(figures: figures))
        let task = Task {
            if let predecessor {
                await predecessor.stop()
                self.inherit(predecessor)
            }
            await self.run()
        }
        state.withLock { $0.task = task }
    }

    var figures: ChannelFigures { state.withLock { $0.figures } }

    /// There is something in the register's queue.
    func wake() { wakeUp.yield() }

    /// Takes a message that the register could not take.
    func keep(_ notification: AlertNotification) {
        let now = ProcessClock.wall
        state.withLock { state in
            if state.memory.count >= terms.memoryLimit {
                state.memory.removeFirst()
                state.figures.dropped &+= 1
            }
            state.memory.append(
                QueuedNotification(channel: channel, notification: notification, queuedAt: now, dueAt: now))
        }
        wake()
    }

    func countDropped(_ count: Int) {
        state.withLock { $0.figures.dropped &+= UInt64(max(0, count)) }
    }

    func test() async throws(ChannelFailure) {
        let now = ProcessClock.wall
        try await send(.test(at: now))
        // Whoever keeps a list of what fires must not keep this.
        if case .webhook = configuration.target { try await send(.test(at: now, isOver: true)) }
    }

    /// Ends after what is being sent now; after the grace it is broken off.
    func stop() async {
        let task = state.withLock { state in
            state.isStopping = true
            return state.task
        }
        wake()
        let patience = Task { [terms] in
            try await Task.sleep(for: terms.grace)
            task?.cancel()
        }
        await task?.value
        patience.cancel()
        await sender.close()
    }

    // MARK: The round

    private func run() async {
        var wakes = wakes.makeAsyncIterator()
        var pace = configuration.pace
        // Sent, but the register could not be told so yet.
        var delivered: Set<String> = []
        while !isStopping {
            let (next, isRegisterSick) = await next(&delivered)
            guard let next else {
                await wait(isRegisterSick ? .seconds(5) : nil, &wakes)
                continue
            }
            let (message, isStored) = next
            let early = message.dueAt.since(ProcessClock.wall)
            // What is due later than any delay was put off by a clock that was wrong.
            if early > .zero, early <= terms.longestDelay + Self.longestRetryAfter {
                await wait(early, &wakes)
            } else if !pace.take(at: ProcessClock.instant) {
                await wait(pace.readyAt.since(ProcessClock.instant), &wakes)
            } else if let change = await deliver(message) {
                await note(change, of: message, isStored: isStored, &delivered)
            }
        }
    }

    /// What comes next, and whether it lies in the register; also whether the register could not be asked or told.
    private func next(
        _ delivered: inout Set<String>
    ) async -> (next: (QueuedNotification, isStored: Bool)?, isRegisterSick: Bool) {
        var isSick = false
        if let register {
            do throws(StoreError) {
                while let message = try await register.nextNotification(on: channel) {
                    guard delivered.contains(message.notification.id) else { return ((message, true), false) }
                    try await register.notificationDone(message.notification.id, on: channel)
                    delivered.remove(message.notification.id)
                }
            } catch {
                isSick = true
            }
        }
        return (state.withLock { $0.memory.first }.map { ($0, false) }, isSick)
    }

    private enum Change {
        case done
        case retry(at: WallTime, because: String)
    }

    /// Nil if it was broken off: then nothing is known, and it is tried again.
    private func deliver(_ message: QueuedNotification) async -> Change? {
        guard ProcessClock.wall.since(message.queuedAt) <= terms.longestWait else {
            return giveUp(message, because: "it has waited too long")
        }
        do throws(ChannelFailure) {
            try await send(message.notification)
            state.withLock { state in
                state.figures.sent &+= 1
                state.figures.problem = nil
            }
            return .done
        } catch {
            if Task.isCancelled { return nil }
            return failed(message, error)
        }
    }

    private func failed(_ message: QueuedNotification, _ failure: ChannelFailure) -> Change {
        state.withLock { state in
            state.figures.failed &+= 1
            state.figures.problem = failure.reason
        }
        if message.attempts == 0 {
            logger.warning(
                "a notification could not be sent and is tried again",
                metadata: [
                    "channel": "\(channel)", "notification": "\(message.notification.id)", "error": "\(failure.reason)",
                ])
        }
        var delay: Duration
        switch failure {
        case .refused(let reason):
            guard message.attempts + 1 < terms.refusals else { return giveUp(message, because: reason) }
            delay = Self.delay(terms.firstDelayAfterRefusal, after: message.attempts, terms.longestDelay)
        case .later(_, let after):
            delay = Self.delay(terms.firstDelay, after: message.attempts, terms.longestDelay)
            delay = max(delay, min(after ?? .zero, Self.longestRetryAfter))
        }
        return .retry(at: ProcessClock.wall + delay, because: failure.reason)
    }

    private func giveUp(_ message: QueuedNotification, because reason: String) -> Change {
        state.withLock { $0.figures.dropped &+= 1 }
        logger.error(
            "a notification was given up",
            metadata: ["channel": "\(channel)", "notification": "\(message.notification.id)", "error": "\(reason)"])
        return .done
    }

    private func note(
        _ change: Change, of message: QueuedNotification, isStored: Bool, _ delivered: inout Set<String>
    ) async {
        let id = message.notification.id
        guard isStored, let register else { return noteInMemory(change, id) }
        switch change {
        case .done:
            do {
                try await register.notificationDone(id, on: channel)
            } catch {
                delivered.insert(id)
            }
        case .retry(let at, let reason):
            // If it cannot be noted, it is tried again sooner: the pace still holds.
            try? await register.notificationFailed(id, on: channel, because: reason, retryAt: at)
        }
    }

    private func noteInMemory(_ change: Change, _ id: String) {
        state.withLock { state in
            guard let first = state.memory.first, first.notification.id == id else { return }
            switch change {
            case .done: state.memory.removeFirst()
            case .retry(let at, let reason):
                state.memory[0].attempts += 1
                state.memory[0].dueAt = at
                state.memory[0].problem = reason
            }
        }
    }

    private func send(_ notification: AlertNotification) async throws(ChannelFailure) {
        let text = NotificationText(notification, language: configuration.language, console: console)
        try await sender.send(notification, text)
    }

    // MARK: Parts

    /// The longest rest that the other side can ask for.
    private static let longestRetryAfter = Duration.seconds(3_600)

    /// Drawn evenly from the upper half of what doubles with each attempt.
    private static func delay(_ first: Duration, after attempts: Int, _ longest: Duration) -> Duration {
        let ceiling = min(first * (1 << min(max(attempts, 0), 20)), longest)
        return ceiling * Double.random(in: 0.5...1)
    }

    private var isStopping: Bool { Task.isCancelled || state.withLock { $0.isStopping } }

    /// Until somebody wakes us, or until then; for ever where nobody says how long.
    private func wait(_ duration: Duration?, _ wakes: inout AsyncStream<Void>.Iterator) async {
        let timer = duration.map { duration in
            Task {
                try await Task.sleep(for: duration)
                wake()
            }
        }
        _ = await wakes.next()
        timer?.cancel()
    }

    private func inherit(_ predecessor: Courier) {
        let waiting = predecessor.state.withLock { $0.memory }
        state.withLock { $0.memory = waiting + $0.memory }
    }
}
