import HoldfastCore
import HoldfastStore
import Logging
import Synchronization

/// Calls a handler until it has handled, refused, or failed for too long. The delivery keeps its place meanwhile, and its
/// chat's order; a handler that is down therefore gets at most as many calls at once as chats may be handled at once, and
/// everything else waits in the journal.
struct HandlerRetries {
    enum Answer: Sendable, Hashable {
        case replies([String])
        /// No handler wants it.
        case unmatched
        case letter(code: String, detail: String)
        /// The process is going down.
        case abandoned
    }

    var trouble: HandlerTrouble
    /// Asked before each try: what is declared otherwise meanwhile holds for the next one.
    var handler: @Sendable (Delivery) -> (any MessageHandler)?
    /// The process is about to end: what fails now is left for the next one.
    var isDraining: @Sendable () -> Bool = { false }
    var firstDelay = Duration.seconds(1)
    var longestDelay = Duration.seconds(60)
    /// After so long the messages become letters.
    var givesUpAfter = Duration.seconds(86_400)

    func run(_ delivery: Delivery) async -> Answer {
        let began = ProcessClock.instant
        var ceiling = firstDelay
        var tries = 0
        while true {
            guard let handler = handler(delivery) else { return .unmatched }
            tries += 1
            let failure: (reason: String, after: Duration?)
            do {
                let replies = try await handler.handle(delivery)
                trouble.worked()
                return .replies(replies)
            } catch HandlerFailure.refused(let reason) {
                return .letter(code: "refused", detail: reason)
            } catch HandlerFailure.later(let reason, let after) {
                failure = (reason, after)
            } catch {
                failure = ("\(error)", nil)
            }
            if Task.isCancelled || isDraining() { return .abandoned }
            guard ProcessClock.instant.since(began) < givesUpAfter else {
                return .letter(code: "given_up", detail: "\(tries) tries; the last: \(failure.reason)")
            }
            trouble.failed(delivery, failure.reason)
            // Drawn evenly from the upper half, so that those who failed together do not come back together.
            let drawn = ceiling.inSeconds * Double.random(in: 0.5...1)
            let delay = max(.milliseconds(Int64(drawn * 1_000)), min(failure.after ?? .zero, Self.longestAfter))
            guard await rest(until: ProcessClock.instant + delay) else { return .abandoned }
            ceiling = min(ceiling * 2, longestDelay)
        }
    }

    /// False if the process is going down. In short naps: whoever ends the process does not wait for the next try.
    private func rest(until next: Instant) async -> Bool {
        while ProcessClock.instant < next {
            try? await Task.sleep(for: min(.milliseconds(200), next.since(ProcessClock.instant)))
            if Task.isCancelled || isDraining() { return false }
        }
        return true
    }

    /// The longest rest that a handler can ask for.
    private static let longestAfter = Duration.seconds(3_600)
}

/// Says in the log that handlers fail, and that they work again: once, and not for each of a thousand deliveries.
final class HandlerTrouble: Sendable {
    private struct State {
        var since: Instant?
        var failures = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) {
        self.logger = logger
    }

    func failed(_ delivery: Delivery, _ reason: String) {
        let isFirst = state.withLock { state in
            defer { if state.since == nil { state.since = ProcessClock.instant } }
            state.failures += 1
            return state.since == nil
        }
        guard isFirst else { return }
        logger.warning(
            "a handler fails and will be called again until it works",
            metadata: ["account": "\(delivery.account)", "delivery": "\(delivery.id)", "error": "\(reason)"])
    }

    func worked() {
        let ended = state.withLock { state -> State? in
            guard state.since != nil else { return nil }
            defer { state = State() }
            return state
        }
        guard let ended, let since = ended.since else { return }
        logger.notice(
            "handlers work again",
            metadata: [
                "failures": .stringConvertible(ended.failures),
                "after_ms": .stringConvertible(ProcessClock.instant.since(since).wholeMilliseconds),
            ])
    }
}
