import Glibc
import HoldfastCore
import NIOCore
import NIOPosix
import Testing

@testable import HoldfastWire

@Suite("A link with several addresses", .timeLimit(.minutes(3)))
struct LinkRaceTests {
    private func options(_ addresses: [AddressFamily: [String]]) -> LinkOptions {
        var options = LinkOptions()
        options.resolver = NameResolver { _, family in
            try (addresses[family] ?? []).map { try SocketAddress(ipAddress: $0, port: 0) }
        }
        return options
    }

    /// Listeners that do not answer on two more addresses of the port, with their queues filled.
    private func deafNeighbours(of port: Int) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for host in ["127.0.0.2", "127.0.0.3"] {
            channels.append(try await deafListener(host: host, port: port))
            for _ in 0..<2 {
                channels.append(
                    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .connectTimeout(.milliseconds(100)).connect(host: host, port: port).get())
            }
        }
        return channels
    }

    @Test("an address that does not answer holds up nobody, and the socket to it does not survive")
    func passedOver() async throws {
        let server = try await TestServer.start()
        var neighbours: [any Channel] = []
        do { neighbours = try await deafNeighbours(of: server.port) } catch is ChannelError {}
        let target = try LinkTarget(url: "ws://gateway.test:\(server.port)/")
        let client = try await TestClient.open(
            target, options: options([.v4: ["127.0.0.2", "127.0.0.3", "127.0.0.1"]]))
        _ = try await client.reports.next { $0 == .entered(.connect) }
        let candidates = try await client.with { NIOLoopBound($0.attempt?.candidates ?? [], eventLoop: $0.loop) }
        try await client.opened()
        let survivors = try await client.with { link in
            (candidates.value.count { $0.channel?.isActive == true }, link.context?.channel.remoteAddress?.ipAddress)
        }
        #expect(survivors.1 == "127.0.0.1" ? survivors.0 == 0 : survivors.0 == 1)
        for channel in neighbours { try? await channel.close().get() }
        try await server.stop()
    }

    @Test(
        "a family that cannot be reached is passed over at once",
        arguments: [["127.0.0.1"], ["127.0.0.9", "127.0.0.1"]])
    func unreachableFamily(v4: [String]) async throws {
        let server = try await TestServer.start()
        // The documentation prefix (RFC 3849) leads nowhere.
        let client = try await TestClient.open(
            try LinkTarget(url: "ws://gateway.test:\(server.port)/"),
            options: options([.v6: ["2001:db8::1"], .v4: v4]))
        try await client.opened()
        #expect(try await client.with { $0.context?.channel.remoteAddress?.ipAddress } == "127.0.0.1")
        try await server.stop()
    }

    @Test("abort during the race leaves no socket")
    func abort() async throws {
        let server = try await TestServer.start()
        var neighbours: [any Channel] = []
        do { neighbours = try await deafNeighbours(of: server.port) } catch is ChannelError {}
        let client = try await TestClient.open(
            try LinkTarget(url: "ws://gateway.test:\(server.port)/"),
            options: options([.v4: ["127.0.0.2", "127.0.0.3"]]))
        _ = try await client.reports.next { $0 == .entered(.connect) }
        let open = try await client.with { link in
            let channels = link.attempt?.candidates.compactMap(\.channel) ?? []
            link.abort()
            return channels.count { $0.isActive }
        }
        #expect(open == 0)
        #expect(client.reports.pending.allSatisfy { $0 == .entered(.upgrade) || $0 == .opened })
        for channel in neighbours { try? await channel.close().get() }
        try await server.stop()
    }

    @Test("a literal address is not looked up")
    func literal() async throws {
        let server = try await TestServer.start()
        let options = options([:])
        let client = try await TestClient.open(try server.target(), options: options)
        try await client.opened()
        #expect(options.resolver.counts.lookUps == 0)
        try await server.stop()
    }

    @Test("sockets are set up as told")
    func socketOptions() async throws {
        let server = try await TestServer.start()
        var tcp = TCPSettings()
        tcp.keepAlive = .seconds(30)
        tcp.userTimeout = .seconds(45)
        tcp.localAddress = "127.0.0.7"
        let client = try await TestClient.open(try LinkTarget(url: "ws://127.0.0.1:\(server.port)/", tcp: tcp))
        try await client.opened()
        func option(_ level: NIOBSDSocket.OptionLevel, _ name: CInt) async throws -> Int? {
            try await client.with { link in
                let option = ChannelOptions.Types.SocketOption(level: level, name: .init(rawValue: name))
                return (try? link.context?.channel.syncOptions?.getOption(option)).map { Int($0) }
            }
        }
        #expect(try await option(.socket, SO_KEEPALIVE) == 1)
        #expect(try await option(.tcp, TCP_NODELAY) == 1)
        #expect(try await option(.tcp, TCP_KEEPIDLE) == 30)
        #expect(try await option(.tcp, TCP_KEEPINTVL) == 10)
        #expect(try await option(.tcp, TCP_USER_TIMEOUT) == 45_000)
        let localPortRange: CInt = 51
        let range = try await option(.ip, localPortRange)
        #expect(range == nil || range == 0xFFFF_0001, "nil where the kernel is older than 6.3")
        #expect(try await client.with { $0.context?.channel.localAddress?.ipAddress } == "127.0.0.7")
        let mostBytesRead = try await client.with { link in
            let allocator = try? link.context?.channel.syncOptions?.getOption(.recvAllocator)
            return allocator?.buffer(allocator: ByteBufferAllocator()).capacity
        }
        #expect(mostBytesRead == 64 << 10, "reads are small only until the link is open")
        try await server.stop()
    }

    @Test(
        "a local address that is of the other family, or not of this machine, is told as what it is",
        arguments: [("::1", "family"), ("192.0.2.77", "no address of this machine")])
    func badLocalAddress(address: String, words: String) async throws {
        let server = try await TestServer.start()
        var tcp = TCPSettings()
        tcp.localAddress = address
        let client = try await TestClient.open(try LinkTarget(url: "ws://127.0.0.1:\(server.port)/", tcp: tcp))
        let error = try await client.end()
        #expect(error.cause == .localAddress)
        #expect(error.description.contains("tcp.local_address") && error.description.contains(words), "\(error)")
        try await server.stop()
    }
}
