import HoldfastCore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

@testable import HoldfastWire

/// What a server sees of its newest connection.
enum ServerEvent: Hashable, Sendable {
    case accepted
    case request(HTTPHead)
    case said(WebSocketEvent)
    case violation(ProtocolViolation)
    /// The client ended its half of the stream.
    case inputClosed
    case failed(errno: Int32)
    /// The client no longer takes what is written to it.
    case full
    case closed
}

/// A server on loopback that a test plays by hand. It reads by the codec's server role, and does nothing by itself but
/// accept the upgrade, unless told not to. One connection at a time is spoken to: the newest.
final class TestServer: Sendable {
    let events: Mailbox<ServerEvent>
    let port: Int
    private let listener: any Channel
    private let newest: NIOLockedValueBox<(any Channel)?>

    /// - Parameters:
    ///   - acceptsUpgrade: answers a request for an upgrade by itself.
    ///   - deflate: the compression it takes up when it is offered.
    ///   - reads: takes what the client sends; otherwise it piles up in the kernel.
    static func start(
        acceptsUpgrade: Bool = true, reads: Bool = true, deflate: DeflateOptions? = nil, tls: NIOSSLContext? = nil,
        host: String = "127.0.0.1"
    ) async throws -> TestServer {
        let newest = NIOLockedValueBox<(any Channel)?>(nil)
        let events = Mailbox<ServerEvent>()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: reads)
            .childChannelOption(.socketOption(.so_rcvbuf), value: reads ? 1 << 20 : 64 << 10)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    newest.withLockedValue { $0 = channel }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(events: events, acceptsUpgrade: acceptsUpgrade, deflate: deflate))
                }
            }
            .bind(host: host, port: 0).get()
        return TestServer(listener, newest, events)
    }

    private init(
        _ listener: any Channel, _ newest: NIOLockedValueBox<(any Channel)?>, _ events: Mailbox<ServerEvent>
    ) {
        self.listener = listener
        self.newest = newest
        self.events = events
        port = listener.localAddress?.port ?? 0
    }

    func target(_ path: String = "/", subprotocols: [String] = []) throws -> LinkTarget {
        try LinkTarget(url: "ws://127.0.0.1:\(port)\(path)", subprotocols: subprotocols)
    }

    func write(_ bytes: [UInt8]) async throws {
        try await write(ByteBuffer(bytes: bytes))
    }

    func write(_ buffer: ByteBuffer) async throws {
        try await newest.withLockedValue { $0 }?.writeAndFlush(buffer).get()
    }

    func say(_ text: String) async throws {
        try await write(frame(0x81, Array(text.utf8)))
    }

    /// Ends our half of the stream.
    func closeOutput() async throws {
        try await newest.withLockedValue { $0 }?.close(mode: .output).get()
    }

    /// Ends the connection; beneath TLS, so without its farewell.
    func close() async throws {
        let channel = newest.withLockedValue { $0 }
        try await channel?.eventLoop.submit {
            if let tls = try? channel?.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
                tls.close(promise: nil)
            } else {
                channel?.close(promise: nil)
            }
        }.get()
    }

    /// Ends the connection by a reset.
    func reset() async throws {
        let channel = newest.withLockedValue { $0 }
        try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await close()
    }

    /// The next frame of the client's; other events before it are dropped.
    func said() async throws -> WebSocketEvent {
        while true {
            switch try await events.next() {
            case .said(let event): return event
            case .closed: throw ChannelError.alreadyClosed
            default: continue
            }
        }
    }

    /// The client's request.
    func request() async throws -> HTTPHead {
        while true {
            if case .request(let head) = try await events.next() { return head }
        }
    }

    /// The key of the client's request.
    func key() async throws -> String {
        guard case .upgrade(let upgrade) = ServerHandshake.read(try await request()) else {
            throw ProtocolViolation.badUpgradeHeaders
        }
        return upgrade.key
    }

    /// Reads what there is, and then no more.
    func readOnce() async throws {
        let channel = newest.withLockedValue { $0 }
        channel?.read()
    }

    func startReading() async throws {
        try await newest.withLockedValue { $0 }?.setOption(.autoRead, value: true).get()
    }

    /// Reads until the client is open, and then no more.
    func startReading(untilUpgraded client: TestClient) async throws {
        _ = try await client.reports.next { $0 == .entered(.upgrade) }
        _ = try await events.next { $0 == .accepted }
        let channel = newest.withLockedValue { $0 }
        channel?.read()
        try await client.opened()
    }

    /// Returns when bytes of the client have come that are no request, such as the first ones of TLS.
    func hasReadSomething() async throws {
        _ = try await events.next { if case .violation = $0 { true } else { false } }
    }

    /// Returns when the connection's loop has done what it had to do.
    func finishRound() async throws {
        try await newest.withLockedValue { $0 }?.eventLoop.submit {}.get()
    }

    func stop() async throws {
        try? await close()
        try await listener.close().get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let events: Mailbox<ServerEvent>
        private let acceptsUpgrade: Bool
        private let deflate: DeflateOptions?
        private var parser = HTTPHeadParser(.request)
        private var isUpgraded = false
        private var assembler = MessageAssembler(
            role: .server, frameLimitBytes: 64 << 20, messageLimitBytes: 64 << 20)

        init(events: Mailbox<ServerEvent>, acceptsUpgrade: Bool, deflate: DeflateOptions?) {
            self.events = events
            self.deflate = deflate
            self.acceptsUpgrade = acceptsUpgrade
        }

        func channelActive(context: ChannelHandlerContext) { events.put(.accepted) }
        func channelInactive(context: ChannelHandlerContext) { events.put(.closed) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var input = unwrapInboundIn(data)
            do {
                if !isUpgraded, let head = try parser.next(from: &input) {
                    isUpgraded = true
                    events.put(.request(head))
                    if acceptsUpgrade, case .upgrade(let upgrade) = ServerHandshake.read(head) {
                        context.writeAndFlush(wrapOutboundOut(accept(upgrade)), promise: nil)
                    }
                }
                while isUpgraded, let event = try assembler.next(from: &input) { events.put(.said(event)) }
            } catch {
                events.put(.violation(error))
            }
        }

        private func accept(_ upgrade: ServerHandshake.Upgrade) -> ByteBuffer {
            let accepted = deflate?.accept(upgrade.extensions)
            if let accepted { assembler.use(Inflation(accepted.agreement, role: .server)) }
            return ServerHandshake.accept(
                key: upgrade.key, subprotocol: upgrade.subprotocols.first, extensions: accepted?.answer)
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            if !context.channel.isWritable { events.put(.full) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .inputClosed = event as? ChannelEvent { events.put(.inputClosed) }
            context.fireUserInboundEventTriggered(event)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let error = error as? IOError { events.put(.failed(errno: error.errnoCode)) }
        }
    }
}

/// A server, and a link to it that has just been opened.
func openPair(
    options: LinkOptions = LinkOptions(),
    reads: Bool = true,
    hearsReads: Bool = false,
    react: @escaping TestClient.Reaction = { _, _ in }
) async throws -> (TestServer, TestClient) {
    let server = try await TestServer.start(reads: reads)
    let client = try await TestClient.open(
        try server.target(), options: options, hearsReads: hearsReads, react: react)
    return (server, client)
}
