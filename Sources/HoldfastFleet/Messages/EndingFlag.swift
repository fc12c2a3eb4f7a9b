import Synchronization

/// Set once, read from anywhere, and wakes those who rest.
final class EndingFlag: Sendable {
    private struct State {
        var isSet = false
        /// No more than there are handlers at work.
        var naps: [UInt64: Task<Void, any Error>] = [:]
        var nextNap: UInt64 = 0
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() {
        let naps = state.withLock { state in
            state.isSet = true
            defer { state.naps = [:] }
            return state.naps
        }
        for nap in naps.values { nap.cancel() }
    }

    /// Returns after so long; at once if the flag is set or the task is cancelled.
    func nap(for duration: Duration) async {
        let nap = Task { try await Task.sleep(for: duration) }
        let number = state.withLock { state -> UInt64? in
            guard !state.isSet else { return nil }
            state.nextNap += 1
            state.naps[state.nextNap] = nap
            return state.nextNap
        }
        guard let number else { return nap.cancel() }
        await withTaskCancellationHandler {
            _ = await nap.result
        } onCancel: {
            nap.cancel()
        }
        state.withLock { $0.naps[number] = nil }
    }
}
