import NIOConcurrencyHelpers
import NIOCore

/// Messages between the event loop that reads them and the tasks that want them. Bounded: when it is full the loop stops
/// reading, and goes on when half of it was taken.
final class ClientInbox: Sendable {
    private struct State {
        var messages = CircularBuffer<WebSocketMessage>()
        var bytes = 0
        var waiting = CircularBuffer<Awaited<WebSocketMessage?>>()
        var isFull = false
        /// What comes behind the last message, once it is known.
        var end: Result<WebSocketMessage?, any Error>?
    }

    private let state = NIOLockedValueBox(State())
    private let limit: Int
    private let limitBytes: Int

    init(limit: Int, limitBytes: Int) {
        self.limit = max(1, limit)
        self.limitBytes = max(1, limitBytes)
    }

    /// Returns whether it is full now, and nothing more must be put in until `take` says so.
    func put(_ message: WebSocketMessage) -> Bool {
        state.withLockedValue { state in
            while let waiting = state.waiting.popFirst() {
                if waiting.answer(.success(message)) { return false }
            }
            state.messages.append(message)
            state.bytes += message.sizeBytes
            state.isFull = state.messages.count >= limit || state.bytes >= limitBytes
            return state.isFull
        }
    }

    /// Messages that wait to be taken.
    var unread: Int { state.withLockedValue { $0.messages.count } }

    /// There will be no more messages; those that are there can still be taken.
    func finish(_ end: Result<WebSocketMessage?, any Error>) {
        let waiting = state.withLockedValue { state in
            if state.end == nil { state.end = end }
            defer { state.waiting.removeAll() }
            return Array(state.waiting)
        }
        for one in waiting { one.answer(end) }
    }

    /// The next message, or nil behind the last one.
    ///
    /// - Parameter whenRoom: called if this made room in a full inbox.
    func take(whenRoom: () -> Void) async throws -> WebSocketMessage? {
        let waiting = Awaited<WebSocketMessage?>()
        let hasRoomAgain = state.withLockedValue { state in
            if let message = state.messages.popFirst() {
                waiting.answer(.success(message))
                state.bytes -= message.sizeBytes
                guard state.isFull, state.messages.count <= limit / 2, state.bytes <= limitBytes / 2 else {
                    return false
                }
                state.isFull = false
                return true
            }
            if let end = state.end {
                waiting.answer(end)
            } else {
                // Those that were cancelled must not pile up while no message comes.
                state.waiting.removeAll(where: \.isAnswered)
                state.waiting.append(waiting)
            }
            return false
        }
        if hasRoomAgain { whenRoom() }
        return try await waiting.value()
    }
}
