import HoldfastFleet
import HoldfastStore
import Synchronization

/// A handler that writes down what it gets, and answers as it is told.
final class DeliveryLog: MessageHandler {
    private let seen = Mutex<[Delivery]>([])
    private let answer: @Sendable (Delivery, Int) async throws -> [String]

    /// - Parameter answer: gets the delivery and how many came before it.
    init(_ answer: @escaping @Sendable (Delivery, Int) async throws -> [String] = { _, _ in [] }) {
        self.answer = answer
    }

    func handle(_ delivery: Delivery) async throws -> [String] {
        let before = seen.withLock { seen in
            defer { seen.append(delivery) }
            return seen.count
        }
        return try await answer(delivery, before)
    }

    var deliveries: [Delivery] { seen.withLock { $0 } }
    var messages: [JournalMessage] { deliveries.flatMap(\.messages) }
    var texts: [String] { messages.compactMap(\.text) }
}

/// A gate that handlers wait at until the test opens it.
final class Turnstile: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var waiting: Int { state.withLock { $0.waiting.count } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }
}
