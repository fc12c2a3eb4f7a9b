import HoldfastCore
import HoldfastStore
import Logging

/// Calls a handler until it has handled, refused, or failed for too long. The delivery keeps its place meanwhile, and its
/// chat's order; a handler that is down therefore gets at most as many calls at once as chats may be handled at once, and
/// everything else waits in the journal.
struct HandlerRetries {
    enum Answer: Sendable {
        case replies([String])
        case letter(code: String, detail: String)
        /// The process is going down.
        case abandoned
    }

    var logger: Logger
    /// The process is about to end: what fails now is left for the next one.
    var isDraining: @Sendable () -> Bool = { false }
    var firstDelay = Duration.seconds(1)
    var longestDelay = Duration.seconds(60)
    /// After so long the messages become letters.
    var givesUpAfter = Duration.seconds(86_400)

    func run(_ handler: any MessageHandler, _ delivery: Delivery) async -> Answer {
        let began = ProcessClock.instant
        var ceiling = firstDelay
        var tries = 0
        while true {
            tries += 1
            let failure: (reason: String, after: Duration?)
            do {
                return .replies(try await handler.handle(delivery))
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
            if tries == 1 {
                logger.notice(
                    "a handler failed and will be called again",
                    metadata: [
                        "account": "\(delivery.account)", "delivery": "\(delivery.id)", "error": "\(failure.reason)",
                    ])
            }
            // Drawn evenly from the upper half, so that those who failed together do not come back together.
            let drawn = ceiling.inSeconds * Double.random(in: 0.5...1)
            let delay = max(.milliseconds(Int64(drawn * 1_000)), min(failure.after ?? .zero, Self.longestAfter))
            let next = ProcessClock.instant + delay
            while ProcessClock.instant < next {
                // In short naps: whoever ends the process does not wait for the next try.
                try? await Task.sleep(for: min(.milliseconds(200), next.since(ProcessClock.instant)))
                if Task.isCancelled || isDraining() { return .abandoned }
            }
            ceiling = min(ceiling * 2, longestDelay)
        }
    }

    /// The longest rest that a handler can ask for.
    private static let longestAfter = Duration.seconds(3_600)
}
