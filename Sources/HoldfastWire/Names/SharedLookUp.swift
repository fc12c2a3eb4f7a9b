import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Finds values that take long to find: off the event loops, one search in flight for each key however many wait for it.
/// What was found is kept for a time, and what could not be found for a shorter one, so that a crowd that asks again at
/// once does not repeat the question.
///
/// Whoever waits can stop waiting (`cancel`); its event loop is then left alone, even if the search ends much later.
final class SharedLookUp<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// How much is kept, and for how long.
    struct Terms: Sendable {
        /// Values kept and searches in flight, together. Beyond it values are forgotten; if all are searches, a new one is
        /// refused.
        var limit: Int
        var keptFor: Duration
        var failureKeptFor: Duration = .zero
        /// How long beyond its time a value may stand in for one that cannot be found now.
        var staleFor: Duration = .zero
        /// A value found so shortly ago is not forgotten on request: nobody could find a newer one.
        var freshFor: Duration = .zero
    }

    /// What became of questions.
    struct Counts: Sendable {
        var searches: UInt64 = 0
        /// Questions that needed no search of their own.
        var shared: UInt64 = 0
        var failures: UInt64 = 0
        /// Failures that an older value stood in for, and older values handed out because the search took too long.
        var stale: UInt64 = 0
        var refused: UInt64 = 0
        var kept = 0
    }

    enum Answer {
        case known(Result<Value, any Error>)
        case pending(Wait)
    }

    /// Too many searches are in flight.
    struct Overfull: Error {}

    /// Somebody on an event loop who waits for an answer.
    ///
    /// Sendable although it has mutable state: `take` is touched on `loop` only, `isWanted` only under the lock of the look-up.
    final class Wait: @unchecked Sendable {
        fileprivate let loop: any EventLoop
        fileprivate var take: ((Result<Value, any Error>) -> Void)?
        fileprivate var isWanted = true
        fileprivate let entries: NIOLockedValueBox<Entries>

        fileprivate init(
            _ loop: any EventLoop, _ entries: NIOLockedValueBox<Entries>,
            _ take: @escaping (Result<Value, any Error>) -> Void
        ) {
            self.loop = loop
            self.entries = entries
            self.take = take
        }

        /// The answer is not wanted any more. Called on the loop; afterwards nothing is put on it.
        func cancel() {
            take = nil
            entries.withLockedValue { _ in isWanted = false }
        }
    }

    fileprivate struct Entry {
        var value: Value?
        var failure: (any Error)?
        var foundAt: NIODeadline = .uptimeNanoseconds(0)
        /// The answer, value or failure, is given without a search until then.
        var keptUntil: NIODeadline = .uptimeNanoseconds(0)
        var isSearching = false
        var waiting: [Wait] = []

        var answer: Result<Value, any Error>? {
            if let failure { return .failure(failure) }
            return value.map(Result.success)
        }
    }

    fileprivate struct Entries {
        var all: [Key: Entry] = [:]
        var counts = Counts()
    }

    private let entries = NIOLockedValueBox(Entries())
    private let terms: Terms
    private let threads: NIOThreadPool
    private let now: @Sendable () -> NIODeadline
    private let mayBeStale: @Sendable (any Error) -> Bool
    private let find: @Sendable (Key) throws -> Value

    /// - Parameters:
    ///   - threads: where `find` runs; it may block.
    ///   - now: the clock that times are measured by.
    ///   - mayBeStale: whether an older value may stand in for this failure.
    init(
        _ terms: Terms, threads: NIOThreadPool, now: @escaping @Sendable () -> NIODeadline = { .now() },
        mayBeStale: @escaping @Sendable (any Error) -> Bool = { _ in false },
        find: @escaping @Sendable (Key) throws -> Value
    ) {
        self.terms = terms
        self.threads = threads
        self.now = now
        self.mayBeStale = mayBeStale
        self.find = find
    }

    /// The value for a key, or why there is none: at once if that is known, else when the search is done.
    ///
    /// - Parameters:
    ///   - loop: the event loop this is called on.
    ///   - take: called on the loop, later, if the answer is `pending`.
    func value(
        for key: Key, on loop: any EventLoop, _ take: @escaping (Result<Value, any Error>) -> Void
    ) -> Answer {
        let wait = Wait(loop, entries, take)
        let (answer, isFirst) = entries.withLockedValue { entries -> (Answer, Bool) in
            let now = now()
            if let entry = entries.all[key] {
                if entry.isSearching {
                    entries.counts.shared &+= 1
                    entries.all[key]?.waiting.append(wait)
                    return (.pending(wait), false)
                }
                if entry.keptUntil > now, let answer = entry.answer {
                    entries.counts.shared &+= 1
                    return (.known(answer), false)
                }
            } else {
                guard makeRoom(&entries, at: now) else {
                    entries.counts.refused &+= 1
                    return (.known(.failure(Overfull())), false)
                }
            }
            entries.counts.searches &+= 1
            entries.all[key, default: Entry()].isSearching = true
            entries.all[key]?.waiting = [wait]
            return (.pending(wait), true)
        }
        if isFirst { threads.submit { self.search(key, isActive: $0 == .active) } }
        return answer
    }

    /// A value that is still good enough while a search for a newer one takes too long.
    func staleValue(for key: Key) -> Value? {
        entries.withLockedValue { entries in
            guard let entry = entries.all[key], let value = entry.value, isUsable(entry, at: now()) else { return nil }
            entries.counts.stale &+= 1
            return value
        }
    }

    /// Forgets the value for a key, so that the next one to ask has it searched anew. A search in flight goes on.
    func forget(_ key: Key) {
        let now = now()
        entries.withLockedValue { entries in
            guard let entry = entries.all[key], !entry.isSearching,
                entry.foundAt + TimeAmount(terms.freshFor) <= now
            else { return }
            // It may still stand in if the next search fails.
            entries.all[key]?.keptUntil = now
        }
    }

    /// Forgets all that is kept. Searches in flight go on.
    func forgetAll() {
        entries.withLockedValue { entries in entries.all = entries.all.filter { $0.value.isSearching } }
    }

    var counts: Counts {
        entries.withLockedValue { entries in
            var counts = entries.counts
            counts.kept = entries.all.count
            return counts
        }
    }

    private func isUsable(_ entry: Entry, at now: NIODeadline) -> Bool {
        entry.foundAt + TimeAmount(terms.keptFor) + TimeAmount(terms.staleFor) > now
    }

    private func makeRoom(_ entries: inout Entries, at now: NIODeadline) -> Bool {
        guard entries.all.count >= terms.limit else { return true }
        entries.all = entries.all.filter { $0.value.isSearching || $0.value.keptUntil > now }
        guard entries.all.count >= terms.limit else { return true }
        entries.all = entries.all.filter { $0.value.isSearching }
        return entries.all.count < terms.limit
    }

    private func search(_ key: Key, isActive: Bool) {
        let result = Result {
            guard isActive else { throw ChannelError.ioOnClosedChannel }  // the process is stopping
            return try find(key)
        }
        entries.withLockedValue { entries in
            guard var entry = entries.all[key] else { return }
            let waiting = entry.waiting
            entry.isSearching = false
            entry.waiting = []
            settle(&entry, result, &entries.counts)
            let answer = entry.answer ?? result
            if entry.keptUntil > now() || entry.value != nil {
                entries.all[key] = entry
            } else {
                entries.all[key] = nil
            }
            // Under the lock, so that whoever has cancelled is sure that its loop is not touched any more.
            Self.deliver(answer, to: waiting)
        }
    }

    private func settle(_ entry: inout Entry, _ result: Result<Value, any Error>, _ counts: inout Counts) {
        let now = now()
        switch result {
        case .success(let value):
            (entry.value, entry.failure, entry.foundAt) = (value, nil, now)
            entry.keptUntil = now + TimeAmount(terms.keptFor)
        case .failure(let error):
            counts.failures &+= 1
            entry.keptUntil = now + TimeAmount(terms.failureKeptFor)
            if entry.value != nil, mayBeStale(error), isUsable(entry, at: now) {
                entry.failure = nil
                counts.stale &+= 1
            } else {
                (entry.value, entry.failure) = (nil, error)
            }
        }
    }

    /// One hop per loop, however many of it wait.
    private static func deliver(_ answer: Result<Value, any Error>, to waiting: [Wait]) {
        var rest = waiting.filter(\.isWanted)
        while let loop = rest.first?.loop {
            let group = rest.filter { $0.loop === loop }
            rest.removeAll { $0.loop === loop }
            loop.execute {
                for wait in group {
                    let take = wait.take.take()
                    take?(answer)
                }
            }
        }
    }
}
