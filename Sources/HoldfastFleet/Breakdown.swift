import Synchronization

/// Why the fleet cannot go on, if it cannot (F11): told once, to all who wait for it.
final class Breakdown: Sendable {
    private struct State {
        var reason: String?
        var isOver = false
        var listeners: [AsyncStream<String>.Continuation] = []
    }

    private let state = Mutex(State())

    /// The first reason counts.
    func report(_ reason: String) {
        let listeners = state.withLock { state in
            guard state.reason == nil, !state.isOver else { return [AsyncStream<String>.Continuation]() }
            state.reason = reason
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners {
            listener.yield(reason)
            listener.finish()
        }
    }

    /// Nothing can break down any more.
    func finish() {
        let listeners = state.withLock { state in
            state.isOver = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener.finish() }
    }

    /// Waits for a reason. Nil if the fleet ends without one, or the task is cancelled.
    func reason() async -> String? {
        let (reasons, listener) = AsyncStream.makeStream(of: String.self)
        state.withLock { state in
            if let reason = state.reason {
                listener.yield(reason)
                listener.finish()
            } else if state.isOver {
                listener.finish()
            } else {
                state.listeners.append(listener)
            }
        }
        for await reason in reasons { return reason }
        return nil
    }
}
