import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Finds values that take long to find: off the event loops, one search in flight for each key however many wait for it,
/// and what was found is kept for a time. Failures are not kept.
final class SharedLookUp<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        /// Nil while the search is in flight.
        var value: Value?
        var waiting: [EventLoopPromise<Value>] = []
        var keptUntil: NIODeadline = .uptimeNanoseconds(0)
    }

    private let entries = NIOLockedValueBox<[Key: Entry]>([:])
    private let limit: Int
    private let keptFor: TimeAmount
    private let threads: NIOThreadPool
    private let find: @Sendable (Key) throws -> Value

    /// - Parameters:
    ///   - limit: how many values are kept at most; beyond it all are forgotten.
    ///   - keptFor: how long a value is kept.
    ///   - threads: where `find` runs; it may block.
    init(limit: Int, keptFor: Duration, threads: NIOThreadPool, find: @escaping @Sendable (Key) throws -> Value) {
        self.limit = limit
        self.keptFor = TimeAmount(keptFor)
        self.threads = threads
        self.find = find
    }

    /// The value for a key: at once if it is kept, else when the search is done.
    func value(for key: Key, on loop: any EventLoop) -> EventLoopFuture<Value> {
        let promise = loop.makePromise(of: Value.self)
        let (kept, isFirst) = entries.withLockedValue { entries -> (Value?, Bool) in
            if let entry = entries[key] {
                if entry.value == nil {
                    entries[key]?.waiting.append(promise)
                    return (nil, false)
                }
                if entry.keptUntil > .now() { return (entry.value, false) }
            }
            entries[key] = Entry(waiting: [promise])
            return (nil, true)
        }
        if let kept { promise.succeed(kept) }
        if isFirst { threads.submit { self.search(key, isActive: $0 == .active) } }
        return promise.futureResult
    }

    /// Forgets the value for a key. A search in flight goes on.
    func forget(_ key: Key) {
        entries.withLockedValue { entries in
            if entries[key]?.value != nil { entries[key] = nil }
        }
    }

    /// Forgets all values. Searches in flight go on.
    func forgetAll() {
        entries.withLockedValue { entries in entries = entries.filter { $0.value.value == nil } }
    }

    private func search(_ key: Key, isActive: Bool) {
        let result = Result {
            guard isActive else { throw ChannelError.ioOnClosedChannel }  // the process is stopping
            return try find(key)
        }
        entries.withLockedValue { entries in
            let waiting = entries.removeValue(forKey: key)?.waiting ?? []
            if case .success(let value) = result {
                if entries.count >= limit { entries = entries.filter { $0.value.value == nil } }
                entries[key] = Entry(value: value, keptUntil: .now() + keptFor)
            }
            // Within the lock, so that after `abandon` nothing is on its way to that loop that is not in its queue already.
            for promise in waiting { promise.completeWith(result) }
        }
    }

    /// Lets go of all that wait on this loop: they fail now, and nothing comes to the loop any more. For a loop that is about
    /// to end.
    func abandon(_ loop: any EventLoop) {
        let abandoned = entries.withLockedValue { entries in
            var abandoned: [EventLoopPromise<Value>] = []
            for key in entries.keys {
                abandoned += entries[key]?.waiting.filter { $0.futureResult.eventLoop === loop } ?? []
                entries[key]?.waiting.removeAll { $0.futureResult.eventLoop === loop }
            }
            return abandoned
        }
        for promise in abandoned { promise.fail(ChannelError.ioOnClosedChannel) }
    }
}
