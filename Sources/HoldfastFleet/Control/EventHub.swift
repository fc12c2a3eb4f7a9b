import Synchronization

/// Hands events to those who watch. Each subscriber has a bounded buffer; what happened just before can be had again.
final class EventHub: Sendable {
    private struct State {
        var nextID: UInt64 = 1
        /// The newest events; a ring once it is full.
        var kept: [FleetEvent] = []
        var subscribers: [UInt64: AsyncStream<FleetEvent>.Continuation] = [:]
        var nextSubscriber: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())
    private let missed = Atomic<UInt64>(0)

    /// Events that slow subscribers did not get.
    var dropped: UInt64 { missed.load(ordering: .relaxed) }

    /// The id of the newest event; 0 before the first one.
    var lastID: UInt64 { state.withLock { $0.nextID - 1 } }

    func publish(_ kind: FleetEvent.Kind) {
        state.withLock { state in
            let event = FleetEvent(id: state.nextID, kind: kind)
            state.nextID += 1
            if state.kept.count < FleetEvent.kept {
                state.kept.append(event)
            } else {
                // Ids begin at 1.
                state.kept[Int((event.id - 1) % UInt64(FleetEvent.kept))] = event
            }
            for subscriber in state.subscribers.values {
                if case .dropped = subscriber.yield(event) { missed.add(1, ordering: .relaxed) }
            }
        }
    }

    func subscribe(after id: UInt64?) -> AsyncStream<FleetEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: FleetEvent.self, bufferingPolicy: .bufferingNewest(FleetEvent.kept))
        state.withLock { state in
            if let id {
                for event in state.kept.sorted(by: { $0.id < $1.id }) where event.id > id { continuation.yield(event) }
            }
            guard !state.isFinished else { return continuation.finish() }
            let number = state.nextSubscriber
            state.nextSubscriber += 1
            state.subscribers[number] = continuation
            continuation.onTermination = { [weak self] _ in self?.unsubscribe(number) }
        }
        return stream
    }

    func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        // Outside the lock: finishing calls `onTermination`.
        for subscriber in subscribers { subscriber.finish() }
    }

    private func unsubscribe(_ number: UInt64) {
        state.withLock { $0.subscribers[number] = nil }
    }
}
