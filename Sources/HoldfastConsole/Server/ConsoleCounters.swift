import Synchronization

/// What the console counts about itself; every limit in `ConsoleLimits` has its counter here.
final class ConsoleCounters: Sendable {
    struct Values: Sendable, Equatable {
        /// Answers by status code.
        var requests: [Int: UInt64] = [:]
        /// Requests refused because there were too many of their caller.
        var requestsLimited: UInt64 = 0
        /// Viewers of the event stream now.
        var viewers: Int = 0
        /// Viewers turned away because there were enough.
        var viewersRefused: UInt64 = 0
        /// Viewers dropped because they did not keep up.
        var viewersDropped: UInt64 = 0
        /// Viewers that asked for events which were no longer kept.
        var eventGaps: UInt64 = 0
        /// Connections closed because a request did not end in time.
        var requestsTimedOut: UInt64 = 0
        /// Connections closed because the other side did not take what we sent.
        var connectionsStalled: UInt64 = 0
    }

    private let state = Mutex(Values())

    var values: Values { state.withLock { $0 } }

    func countRequest(status: Int) {
        state.withLock { $0.requests[status, default: 0] &+= 1 }
    }

    /// Counts a viewer in, if there is room.
    func admitViewer(limit: Int) -> Bool {
        state.withLock { values in
            guard values.viewers < limit else {
                values.viewersRefused &+= 1
                return false
            }
            values.viewers += 1
            return true
        }
    }

    func removeViewer() { state.withLock { $0.viewers = max(0, $0.viewers - 1) } }
    func countLimitedRequest() { state.withLock { $0.requestsLimited &+= 1 } }
    func countDroppedViewer() { state.withLock { $0.viewersDropped &+= 1 } }
    func countEventGap() { state.withLock { $0.eventGaps &+= 1 } }
    func countTimedOutRequest() { state.withLock { $0.requestsTimedOut &+= 1 } }
    func countStalledConnection() { state.withLock { $0.connectionsStalled &+= 1 } }
}
