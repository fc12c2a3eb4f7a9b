import NIOConcurrencyHelpers

/// What happened, in order, for a test that waits for the next thing to happen. A wait ends with an error when the test's
/// time is up.
final class Mailbox<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiting: CheckedContinuation<Value, any Error>?
        var isCancelled = false
    }

    private let state = NIOLockedValueBox(State())

    func put(_ value: Value) {
        let waiting = state.withLockedValue { state in
            if state.waiting == nil { state.values.append(value) }
            return state.waiting.take()
        }
        waiting?.resume(returning: value)
    }

    func next() async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Value, any Error>? = state.withLockedValue { state in
                    if state.isCancelled { return .failure(CancellationError()) }
                    if !state.values.isEmpty { return .success(state.values.removeFirst()) }
                    state.waiting = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiting = state.withLockedValue { state in
                state.isCancelled = true
                return state.waiting.take()
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// The first value that passes; those before it are dropped.
    func next(where passes: (Value) -> Bool) async throws -> Value {
        while true {
            let value = try await next()
            if passes(value) { return value }
        }
    }

    /// What has happened and was not waited for yet.
    var pending: [Value] { state.withLockedValue(\.values) }
}
