import Dispatch
import HoldfastCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastWire

@Suite("Look-ups that many share", .timeLimit(.minutes(1)))
struct SharedLookUpTests {
    private struct Missing: Error {}

    /// A look-up that counts, and that knows no name beginning with "x".
    private func counting(limit: Int = 10, keptFor: Duration = .seconds(600)) -> (
        SharedLookUp<String, Int>, NIOLockedValueBox<[String: Int]>
    ) {
        let counts = NIOLockedValueBox<[String: Int]>([:])
        let lookUp = SharedLookUp<String, Int>(limit: limit, keptFor: keptFor, threads: .singleton) { key in
            counts.withLockedValue { $0[key, default: 0] += 1 }
            if key.hasPrefix("x") { throw Missing() }
            return key.utf8.count
        }
        return (lookUp, counts)
    }

    private let loops = MultiThreadedEventLoopGroup.singleton

    @Test("one search in flight for all that wait, on all loops")
    func singleFlight() async throws {
        let searching = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        let searches = NIOLockedValueBox(0)
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let lookUp = SharedLookUp<String, Int>(limit: 1, keptFor: .seconds(600), threads: threads) { _ in
            searches.withLockedValue { $0 += 1 }
            searching.put(())
            goOn.wait()
            return 5
        }
        let futures = (0..<5000).map { _ in lookUp.value(for: "name", on: loops.next()) }
        try await searching.next()
        goOn.signal()
        for future in futures { #expect(try await future.get() == 5) }
        #expect(try await lookUp.value(for: "name", on: loops.next()).get() == 5)
        #expect(searches.withLockedValue { $0 } == 1)
        try await threads.shutdownGracefully()
    }

    @Test("a value is kept until it is forgotten")
    func kept() async throws {
        let (lookUp, counts) = counting()
        for _ in 0..<3 { #expect(try await lookUp.value(for: "ab", on: loops.next()).get() == 2) }
        #expect(counts.withLockedValue { $0 } == ["ab": 1])
        lookUp.forget("ab")
        lookUp.forget("nothing")
        #expect(try await lookUp.value(for: "ab", on: loops.next()).get() == 2)
        #expect(counts.withLockedValue { $0 } == ["ab": 2])
    }

    @Test("a value is not kept beyond its time")
    func expired() async throws {
        let (lookUp, counts) = counting(keptFor: .zero)
        for _ in 0..<3 { #expect(try await lookUp.value(for: "ab", on: loops.next()).get() == 2) }
        #expect(counts.withLockedValue { $0 } == ["ab": 3])
    }

    @Test("a failure is not kept")
    func failure() async throws {
        let (lookUp, counts) = counting()
        for _ in 0..<2 {
            await #expect(throws: Missing.self) { try await lookUp.value(for: "x", on: loops.next()).get() }
        }
        #expect(counts.withLockedValue { $0 } == ["x": 2])
    }

    @Test("whoever waits on a loop that is abandoned fails at once; the others still get the value")
    func abandoned() async throws {
        let searching = Mailbox<Void>()
        let goOn = DispatchSemaphore(value: 0)
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let lookUp = SharedLookUp<String, Int>(limit: 1, keptFor: .seconds(600), threads: threads) { _ in
            searching.put(())
            goOn.wait()
            return 5
        }
        let ending = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let left = lookUp.value(for: "name", on: ending.next())
        let waiting = lookUp.value(for: "name", on: loops.next())
        try await searching.next()
        lookUp.abandon(ending.next())
        await #expect(throws: ChannelError.ioOnClosedChannel) { try await left.get() }
        try await ending.shutdownGracefully()
        goOn.signal()
        #expect(try await waiting.get() == 5)
        try await threads.shutdownGracefully()
    }

    @Test("no more values are kept than the limit")
    func limit() async throws {
        let (lookUp, counts) = counting(limit: 2)
        for key in ["a", "b", "c", "c", "a"] { _ = try await lookUp.value(for: key, on: loops.next()).get() }
        #expect(counts.withLockedValue { $0 } == ["a": 2, "b": 1, "c": 1])
    }

    @Test("a resolver looks up names only, and gives every address the port asked for")
    func resolver() async throws {
        let resolver = NameResolver { host in
            guard host == "two.test" else { return [] }
            return [try SocketAddress(ipAddress: "127.0.0.1", port: 1), try SocketAddress(ipAddress: "::1", port: 2)]
        }
        let loop = loops.next()
        let two = try await resolver.addresses(of: "two.test", port: 80, on: loop).get()
        #expect(
            two == [try SocketAddress(ipAddress: "127.0.0.1", port: 80), try SocketAddress(ipAddress: "::1", port: 80)])
        let literal = try await resolver.addresses(of: "::2", port: 81, on: loop).get()
        #expect(literal == [try SocketAddress(ipAddress: "::2", port: 81)])
        await #expect(throws: NameResolver.Failure.notFound) {
            try await resolver.addresses(of: "none.test", port: 80, on: loop).get()
        }
    }
}
