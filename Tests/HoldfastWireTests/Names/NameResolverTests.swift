import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastWire

@Suite("Names are looked up once for all", .timeLimit(.minutes(3)))
struct NameResolverTests {
    @Test("5 000 reconnects by name, wave after wave, cost one look-up for each family")
    func wave() async throws {
        let lookUps = NIOLockedValueBox<[AddressFamily: Int]>([:])
        var options = LinkOptions()
        // A clock that stands still: a slow machine must not let the answer grow old.
        options.resolver = NameResolver(now: { .uptimeNanoseconds(1 << 40) }) { _, family in
            lookUps.withLockedValue { $0[family, default: 0] += 1 }
            return family == .v4 ? [try SocketAddress(ipAddress: "127.0.0.1", port: 0)] : []
        }
        let shared = options
        let target = try LinkTarget(url: "ws://gateway.test/")
        // Each link is followed to where its socket would be opened, and left there: what is counted is behind it.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5000 {
                if number >= 50 { try await group.next() }
                group.addTask {
                    let client = try await TestClient.open(target, options: shared) { report, link in
                        if report == .entered(.connect) { link.abort() }
                    }
                    _ = try await client.reports.next { $0 == .entered(.connect) }
                }
            }
            try await group.waitForAll()
        }
        #expect(lookUps.withLockedValue { $0 } == [.v6: 1, .v4: 1])
        #expect(options.resolver.counts.lookUps == 2)
        #expect(options.resolver.counts.hits == 2 * 4999)
    }

    @Test("while a name server does not answer, the addresses known last lead to the gateway")
    func stale() async throws {
        let server = try await TestServer.start()
        let now = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(1 << 40))
        let answers = NIOLockedValueBox(true)
        let goOn = DispatchSemaphore(value: 0)
        var options = LinkOptions()
        options.resolver = NameResolver(now: { now.withLockedValue { $0 } }) { _, family in
            if !answers.withLockedValue({ $0 }) {
                goOn.wait()
                throw NameResolver.Failure.unavailable("no answer")
            }
            return family == .v4 ? [try SocketAddress(ipAddress: "127.0.0.1", port: 0)] : []
        }
        let target = try LinkTarget(url: "ws://gateway.test:\(server.port)/")
        let first = try await TestClient.open(target, options: options)
        try await first.opened()
        answers.withLockedValue { $0 = false }
        now.withLockedValue { $0 = $0 + .minutes(10) }
        let second = try await TestClient.open(target, options: options)
        #expect(try await second.reports.next { $0 == .opened || $0.cause != nil } == .opened)
        #expect(options.resolver.counts.stale == 2)
        for _ in AddressFamily.allCases { goOn.signal() }
        try await server.stop()
    }

    @Test("an address known last stands in, too, where one family was answered and has none")
    func staleOfOneFamily() async throws {
        let server = try await TestServer.start()
        let now = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(1 << 40))
        let answers = NIOLockedValueBox(true)
        let goOn = DispatchSemaphore(value: 0)
        var options = LinkOptions()
        options.resolver = NameResolver(now: { now.withLockedValue { $0 } }) { _, family in
            if family == .v6 { return [] }
            if !answers.withLockedValue({ $0 }) {
                goOn.wait()
                throw NameResolver.Failure.unavailable("no answer")
            }
            return [try SocketAddress(ipAddress: "127.0.0.1", port: 0)]
        }
        let shared = options
        let target = try LinkTarget(url: "ws://gateway.test:\(server.port)/")
        let first = try await TestClient.open(target, options: shared)
        try await first.opened()
        answers.withLockedValue { $0 = false }
        now.withLockedValue { $0 = $0 + .minutes(10) }
        // The other family is known and kept before the link asks, so that one of the two answers is there at once.
        let loop = TestClient.newLoop()
        let known = loop.makePromise(of: Void.self)
        loop.execute {
            let answer = shared.resolver.addresses(of: "gateway.test", .v6, on: loop) { _ in known.succeed() }
            if case .known = answer { known.succeed() }
        }
        try await known.futureResult.get()
        let second = try await TestClient.open(target, options: shared)
        #expect(try await second.reports.next { $0 == .opened || $0.cause != nil } == .opened)
        #expect(shared.resolver.counts.stale == 1)
        goOn.signal()
        try await server.stop()
    }

    @Test("the system's look-up knows this machine, and says what it does not know")
    func system() throws {
        #expect(try NameResolver.getAddressInfo("localhost", .v4).first?.ipAddress == "127.0.0.1")
        #expect(throws: NameResolver.Failure.self) {
            try NameResolver.getAddressInfo("does-not-exist.invalid", .v4)
        }
    }
}
