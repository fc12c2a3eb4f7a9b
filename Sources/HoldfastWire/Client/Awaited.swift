import NIOConcurrencyHelpers

/// An answer that one task waits for. It is given once, by whoever is first: the other side, or the task's cancellation.
final class Awaited<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Value, any Error>)
        case answered(Result<Value, any Error>)
    }

    private let state = NIOLockedValueBox(State.open)

    /// Whether nobody waits for an answer any more.
    var isAnswered: Bool {
        state.withLockedValue { if case .answered = $0 { true } else { false } }
    }

    /// Gives the answer. Returns false, and changes nothing, if there is one already.
    @discardableResult
    func answer(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, waiting) = state.withLockedValue { state in
            switch state {
            case .answered:
                return (false, CheckedContinuation<Value, any Error>?.none)
            case .open:
                state = .answered(result)
                return (true, nil)
            case .waiting(let continuation):
                state = .answered(result)
                return (true, continuation)
            }
        }
        waiting?.resume(with: result)
        return isFirst
    }

    /// The answer, when it is there. Called once. Throws `CancellationError` if the task is cancelled first.
    func value() async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLockedValue { state -> Result<Value, any Error>? in
                    if case .answered(let answer) = state { return answer }
                    state = .waiting(continuation)
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            answer(.failure(CancellationError()))
        }
    }
}
