import Dispatch
import HoldfastCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastWire

@Suite("Look-ups that many share", .timeLimit(.minutes(3)))
struct SharedLookUpTests {
    private typealias Lengths = SharedLookUp<String, Int>

    private struct Missing: Error {}

    /// A look-up that counts, that knows no name beginning with "x", and that has its own time.
    private struct Rig: Sendable {
        let counts = NIOLockedValueBox<[String: Int]>([:])
        let now = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(1 << 40))
        let isDown = NIOLockedValueBox(false)
        let lookUp: Lengths
        let loop = MultiThreadedEventLoopGroup.singleton.next()

        init(
            limit: Int = 10, keptFor: Duration = .seconds(30), failureKeptFor: Duration = .zero,
            staleFor: Duration = .zero, freshFor: Duration = .zero
        ) {
            let terms = Lengths.Terms(
                limit: limit, keptFor: keptFor, failureKeptFor: failureKeptFor, staleFor: staleFor, freshFor: freshFor)
            lookUp = Lengths(
                terms, threads: .singleton, now: { [now] in now.withLockedValue { $0 } }, mayBeStale: { _ in true },
                find: { [counts, isDown] key in
                    counts.withLockedValue { $0[key, default: 0] += 1 }
                    if key.hasPrefix("x") || isDown.withLockedValue({ $0 }) { throw Missing() }
                    return key.utf8.count
                })
        }

        func value(_ key: String) async throws -> Int { try await lookUp.value(for: key, on: loop) }

        func pass(_ time: Duration) {
            now.withLockedValue { $0 = $0 + TimeAmount(time) }
        }
    }

    @Test("one search in flight for all that wait, on all loops")
    func singleFlight() async throws {
        let searching = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        let searches = NIOLockedValueBox(0)
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let lookUp = Lengths(.init(limit: 1, keptFor: .seconds(600)), threads: threads) { _ in
            searches.withLockedValue { $0 += 1 }
            searching.put(())
            goOn.wait()
            return 5
        }
        let loops = MultiThreadedEventLoopGroup.singleton
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5000 {
                let loop = loops.next()
                group.addTask { try await lookUp.value(for: "name", on: loop) }
            }
            try await searching.next()
            goOn.signal()
            for try await value in group { #expect(value == 5) }
        }
        #expect(searches.withLockedValue { $0 } == 1)
        #expect(lookUp.counts.searches == 1)
        #expect(lookUp.counts.shared == 4999)
        try await threads.shutdownGracefully()
    }

    @Test("a value is kept for its time, and until it is forgotten")
    func kept() async throws {
        let rig = Rig()
        for _ in 0..<3 { #expect(try await rig.value("ab") == 2) }
        #expect(rig.counts.withLockedValue { $0 } == ["ab": 1])
        rig.lookUp.forget("ab")
        rig.lookUp.forget("nothing")
        #expect(try await rig.value("ab") == 2)
        rig.pass(.seconds(29))
        #expect(try await rig.value("ab") == 2)
        #expect(rig.counts.withLockedValue { $0 } == ["ab": 2])
        rig.pass(.seconds(1))
        #expect(try await rig.value("ab") == 2)
        #expect(rig.counts.withLockedValue { $0 } == ["ab": 3])
    }

    @Test("a value found a moment ago is not forgotten: a thousand restarts at once cost one search")
    func fresh() async throws {
        let rig = Rig(freshFor: .seconds(1))
        for _ in 0..<3 {
            #expect(try await rig.value("ab") == 2)
            rig.lookUp.forget("ab")
        }
        #expect(rig.counts.withLockedValue { $0 } == ["ab": 1])
        rig.pass(.seconds(1))
        rig.lookUp.forget("ab")
        #expect(try await rig.value("ab") == 2)
        #expect(rig.counts.withLockedValue { $0 } == ["ab": 2])
    }

    @Test("a failure is kept for its own time")
    func failure() async throws {
        let rig = Rig(failureKeptFor: .seconds(2))
        for _ in 0..<3 { await #expect(throws: Missing.self) { try await rig.value("x") } }
        #expect(rig.counts.withLockedValue { $0 } == ["x": 1])
        #expect(rig.lookUp.counts.failures == 1)
        rig.pass(.seconds(2))
        await #expect(throws: Missing.self) { try await rig.value("x") }
        #expect(rig.counts.withLockedValue { $0 } == ["x": 2])
    }

    @Test("an older value stands in for one that cannot be found, for a time")
    func stale() async throws {
        let rig = Rig(failureKeptFor: .seconds(2), staleFor: .seconds(60))
        #expect(try await rig.value("ab") == 2)
        rig.isDown.withLockedValue { $0 = true }
        rig.pass(.seconds(40))
        for _ in 0..<3 { #expect(try await rig.value("ab") == 2) }
        #expect(rig.lookUp.counts.stale == 1)
        #expect(rig.counts.withLockedValue { $0 } == ["ab": 2])
        #expect(rig.lookUp.staleValue(for: "ab") == 2)
        rig.pass(.seconds(50))
        #expect(rig.lookUp.staleValue(for: "ab") == nil)
        await #expect(throws: Missing.self) { try await rig.value("ab") }
        rig.isDown.withLockedValue { $0 = false }
        rig.pass(.seconds(2))
        #expect(try await rig.value("ab") == 2)
    }

    @Test("no more values are kept than the limit, and no more searches are begun")
    func limit() async throws {
        let rig = Rig(limit: 2)
        for key in ["a", "b", "c", "c", "a"] { _ = try await rig.value(key) }
        #expect(rig.counts.withLockedValue { $0 } == ["a": 2, "b": 1, "c": 1])
        #expect(rig.lookUp.counts.kept <= 2)

        let goOn = DispatchSemaphore(value: 0)
        let lookUp = Lengths(.init(limit: 1, keptFor: .seconds(600)), threads: .singleton) { _ in
            goOn.wait()
            return 1
        }
        async let first = lookUp.value(for: "a", on: rig.loop)
        while lookUp.counts.searches == 0 { await Task.yield() }
        await #expect(throws: Lengths.Overfull.self) { try await lookUp.value(for: "b", on: rig.loop) }
        #expect(lookUp.counts.refused == 1)
        goOn.signal()
        #expect(try await first == 1)
    }

    @Test("whoever has cancelled is not told, and its loop may be gone by then")
    func cancelled() async throws {
        let searching = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let lookUp = Lengths(.init(limit: 1, keptFor: .seconds(600)), threads: threads) { _ in
            searching.put(())
            goOn.wait()
            return 5
        }
        let own = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = own.next()
        try await loop.submit {
            let answer = lookUp.value(for: "name", on: loop) { _ in Issue.record("told after all") }
            if case .pending(let wait) = answer { wait.cancel() } else { Issue.record("known already") }
        }.get()
        try await searching.next()
        try await own.shutdownGracefully()
        goOn.signal()
        #expect(try await lookUp.value(for: "name", on: MultiThreadedEventLoopGroup.singleton.next()) == 5)
        try await threads.shutdownGracefully()
    }
}

extension SharedLookUp {
    /// For a test that stands on no event loop.
    func value(for key: Key, on loop: any EventLoop) async throws -> Value {
        let promise = loop.makePromise(of: Value.self)
        loop.execute {
            let answer = self.value(for: key, on: loop) { promise.completeWith($0) }
            if case .known(let result) = answer { promise.completeWith(result) }
        }
        return try await promise.futureResult.get()
    }
}
