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

        static let refused = "refused"

        /// The handler has said what it has to say.
        var isTheHandlers: Bool {
            switch self {
            case .replies, .letter(code: Self.refused, _): true
            case .unmatched, .letter, .abandoned: false
            }
        }
    }

    /// Asked before each try: what is declared otherwise meanwhile holds for the next one.
    var answerer: @Sendable (Delivery) -> Answerer?
    /// Set when the process is about to end: what fails now is left for the next one.
    var ending = EndingFlag()
    var firstDelay = Duration.seconds(1)
    var longestDelay = Duration.seconds(60)
    /// After so long the messages become letters.
    var givesUpAfter = Duration.seconds(86_400)

    func run(_ delivery: Delivery) async -> Answer {
        var trouble: HandlerTrouble?
        let answer = await tries(delivery, &trouble)
        trouble?.ended(delivery, isAnswered: answer.isTheHandlers)
        return answer
    }

    /// - Parameter trouble: of the handler that failed last.
    private func tries(_ delivery: Delivery, _ trouble: inout HandlerTrouble?) async -> Answer {
        let began = ProcessClock.instant
        var ceiling = firstDelay
        var tries = 0
        while true {
            guard let answerer = answerer(delivery) else { return .unmatched }
            tries += 1
            let failure: (reason: String, after: Duration?)
            do {
                return .replies(try await answerer.route.handler.handle(delivery))
            } catch HandlerFailure.refused(let reason) {
                return .letter(code: Answer.refused, detail: reason)
            } catch HandlerFailure.later(let reason, let after) {
                failure = (reason, after)
            } catch {
                failure = ("\(error)", nil)
            }
            if Task.isCancelled || ending.isSet { return .abandoned }
            guard ProcessClock.instant.since(began) < givesUpAfter else {
                return .letter(code: "given_up", detail: "\(tries) tries; the last: \(failure.reason)")
            }
            if trouble !== answerer.trouble { trouble?.ended(delivery, isAnswered: false) }
            trouble = answerer.trouble
            answerer.trouble.failed(delivery, failure.reason)
            // Drawn evenly from the upper half, so that those who failed together do not come back together.
            let drawn = ceiling.inSeconds * Double.random(in: 0.5...1)
            let delay = max(.milliseconds(Int64(drawn * 1_000)), min(failure.after ?? .zero, Self.longestAfter))
            // Whoever ends the process does not wait for the next try.
            await ending.nap(for: delay)
            if Task.isCancelled || ending.isSet { return .abandoned }
            ceiling = min(ceiling * 2, longestDelay)
        }
    }

    /// The longest rest that a handler can ask for.
    private static let longestAfter = Duration.seconds(3_600)
}

/// A route with what is known of its handler.
struct Answerer: Sendable {
    var route: HandlerRoute
    let trouble: HandlerTrouble
}

/// Says in the log that a handler fails, and that it works again: once, and not for each of a thousand deliveries. It fails as
/// long as there is a delivery that it failed with and has not answered since, whatever it does with others meanwhile.
final class HandlerTrouble: Sendable {
    private struct State {
        var place: Int
        var since: Instant?
        var failures = 0
        /// The ids of deliveries that are tried again; no more than there are handlers at work.
        var failing: Set<String> = []
    }

    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter place: of the handler among the declared ones, from 1 on.
    init(of place: Int, logger: Logger) {
        state = Mutex(State(place: place))
        self.logger = logger
    }

    /// The same handler has another place among the declared ones.
    func move(to place: Int) {
        state.withLock { $0.place = place }
    }

    func failed(_ delivery: Delivery, _ reason: String) {
        let firstAt = state.withLock { state -> Int? in
            state.failures += 1
            state.failing.insert(delivery.id)
            guard state.since == nil else { return nil }
            state.since = ProcessClock.instant
            return state.place
        }
        guard let place = firstAt else { return }
        logger.warning(
            "a handler fails and will be called again until it works",
            metadata: [
                "handler": .stringConvertible(place), "account": "\(delivery.account)", "delivery": "\(delivery.id)",
                "error": "\(reason)",
            ])
    }

    /// A delivery that it failed with is tried no more.
    func ended(_ delivery: Delivery, isAnswered: Bool) {
        let over = state.withLock { state -> State? in
            guard state.failing.remove(delivery.id) != nil, state.failing.isEmpty else { return nil }
            defer { state = State(place: state.place) }
            return state
        }
        guard let over, let since = over.since, isAnswered else { return }
        logger.notice(
            "a handler works again",
            metadata: [
                "handler": .stringConvertible(over.place), "failures": .stringConvertible(over.failures),
                "after_ms": .stringConvertible(ProcessClock.instant.since(since).wholeMilliseconds),
            ])
    }
}
