import HoldfastCore
import HoldfastWire
import NIOCore
import NIOPosix

/// A WebSocket server on loopback that says what it is told to: for tests of a dialect against the protocol of a gateway as
/// its documentation has it.
///
/// ```
/// let server = try await ScriptedServer.start { said in
///     switch said.what {
///     case .opened: [.text(#"{"op":10}"#)]
///     case .text(let text) where text.contains("login"): [.text(#"{"ok":true}"#)]
///     default: []
///     }
/// }
/// ```
public final class ScriptedServer: Sendable {
    /// Something that a client did.
    public struct Said: Sendable {
        /// Which connection: the first is 0.
        public var connection: Int
        public var what: What
    }

    public enum What: Hashable, Sendable {
        /// It has connected, to this path with its query.
        case opened(path: String)
        case text(String)
        case binary([UInt8])
        case ping(String)
        case pong(String)
        case closed(code: UInt16?)
    }

    /// What the server does.
    public enum Step: Hashable, Sendable {
        case text(String)
        case pong(String)
        /// A close frame, and the end.
        case close(code: UInt16)
        /// The end, without a farewell.
        case cut
    }

    /// Where it listens, such as `ws://127.0.0.1:40001`.
    public let url: String

    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup

    private init(_ channel: any Channel, _ group: MultiThreadedEventLoopGroup) {
        self.channel = channel
        self.group = group
        url = "ws://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    /// Starts it on a free port. The script runs on one loop, one call at a time; pings that it does not answer stay
    /// unanswered.
    public static func start(_ script: @escaping @Sendable (Said) -> [Step]) async throws -> ScriptedServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let numbers = Numbers()
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ScriptedConnection(number: numbers.next(), script)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedServer(channel, group)
    }

    public func shutdown() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    /// Sendable although it counts: all of it happens on the one loop.
    private final class Numbers: @unchecked Sendable {
        private var count = 0

        func next() -> Int {
            defer { count += 1 }
            return count
        }
    }
}

/// One client's connection.
private final class ScriptedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let script: (ScriptedServer.Said) -> [ScriptedServer.Step]
    private var parser: HTTPHeadParser? = HTTPHeadParser(.request)
    private var assembler = MessageAssembler(role: .server, frameLimitBytes: 1 << 20, messageLimitBytes: 4 << 20)
    private var input = ByteBuffer()
    private var hasEnded = false

    init(number: Int, _ script: @escaping (ScriptedServer.Said) -> [ScriptedServer.Step]) {
        self.number = number
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        do throws(ProtocolViolation) {
            if parser != nil { try readHead(context) }
            while parser == nil, !hasEnded, let event = try assembler.next(from: &input) { take(event, context) }
        } catch {
            end(context)
        }
        context.flush()
    }

    private func readHead(_ context: ChannelHandlerContext) throws(ProtocolViolation) {
        guard let head = try parser?.next(from: &input) else { return }
        parser = nil
        guard case .upgrade(let upgrade) = ServerHandshake.read(head) else { return end(context) }
        context.write(wrapOutboundOut(ServerHandshake.accept(key: upgrade.key)), promise: nil)
        tell(.opened(path: upgrade.target), context)
    }

    private func take(_ event: WebSocketEvent, _ context: ChannelHandlerContext) {
        switch event {
        case .message(let message, isText: true): tell(.text(String(buffer: message)), context)
        case .message(let message, isText: false): tell(.binary(Array(message.readableBytesView)), context)
        case .ping(let payload): tell(.ping(String(buffer: payload)), context)
        case .pong(let payload): tell(.pong(String(buffer: payload)), context)
        case .close(let frame):
            tell(.closed(code: frame.code), context)
            if !hasEnded { carryOut(.close(code: frame.code ?? CloseCode.normal), context) }
        }
    }

    private func tell(_ what: ScriptedServer.What, _ context: ChannelHandlerContext) {
        for step in script(ScriptedServer.Said(connection: number, what: what)) where !hasEnded {
            carryOut(step, context)
        }
    }

    private func carryOut(_ step: ScriptedServer.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .text(let text): write(ByteBuffer(string: text), .text, context)
        case .pong(let payload): write(ByteBuffer(string: payload), .pong, context)
        case .close(let code):
            write(CloseFrame(code: code).payload, .close, context)
            end(context)
        case .cut: end(context)
        }
    }

    private func write(_ payload: ByteBuffer, _ opcode: Opcode, _ context: ChannelHandlerContext) {
        var output = ByteBuffer()
        FrameEncoder.encode(payload, opcode: opcode, maskKey: nil, into: &output)
        context.write(wrapOutboundOut(output), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext) {
        hasEnded = true
        context.flush()
        context.close(promise: nil)
    }
}
