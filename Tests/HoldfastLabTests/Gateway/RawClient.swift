import HoldfastCore
import HoldfastWire
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import HoldfastLab

/// A client that does nothing by itself: it shows what the gateway does, and says what a test wants.
final class RawClient: Sendable {
    enum Event: Hashable, Sendable {
        /// The answer to the upgrade: its status and its `Retry-After`.
        case answer(status: Int, retryAfter: String?)
        case text(String)
        case pong(String)
        case close(UInt16?)
        case violation(ProtocolViolation)
        /// The gateway ended the stream.
        case end
        /// The gateway reset the connection.
        case reset
    }

    private let channel: any Channel
    private let events: Events

    private init(channel: any Channel, events: Events) {
        self.channel = channel
        self.events = events
    }

    /// Connects and asks for the upgrade; does not wait for the answer.
    static func connect(to gateway: Gateway, path: String = "/", trusting certificate: NIOSSLCertificate? = nil)
        async throws -> RawClient
    {
        let (stream, continuation) = AsyncStream<Event>.makeStream()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let certificate {
                        var tls = TLSConfiguration.makeClientConfiguration()
                        tls.trustRoots = .certificates([certificate])
                        let context = try NIOSSLContext(configuration: tls)
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(RawHandler(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: gateway.port).get()
        let client = RawClient(channel: channel, events: Events(stream))
        let handshake = Handshake(key: "AQIDBAUGBwgJCgsMDQ4PEA==")
        try await channel.writeAndFlush(handshake.request(host: "gateway", target: path))
        return client
    }

    /// Connects, and expects the upgrade to be accepted.
    static func open(_ gateway: Gateway, account: String = "shop-1") async throws -> RawClient {
        let client = try await connect(to: gateway, path: "/\(account)")
        try #require(await client.next() == .answer(status: 101, retryAfter: nil))
        return client
    }

    /// Connects and registers, and expects both to be accepted.
    static func register(_ gateway: Gateway, account: String = "shop-1", token: String = "token-1") async throws
        -> RawClient
    {
        let client = try await open(gateway, account: account)
        try await client.register(token: token)
        try #require(await client.next() == .registered)
        return client
    }

    /// The next thing that the gateway does; nil if there is none in time.
    func next(atMost limit: Duration = .seconds(60)) async -> Event? { await events.next(atMost: limit) }

    /// Whether the gateway does nothing for a while. Not to be used where an event can be awaited instead.
    func isQuiet(for time: Duration = .milliseconds(150)) async -> Bool { await events.next(atMost: time) == nil }

    func register(token: String = "token-1") async throws {
        try await say(
            #"{"lwp":"/reg","headers":{"cache-header":"app-key token ua wv","token":"\#(token)","did":"d","mid":"1 0"}}"#
        )
    }

    func beat(_ mid: String = "7 0") async throws {
        try await say(#"{"lwp":"/!","headers":{"mid":"\#(mid)"}}"#)
    }

    func acknowledge(_ mid: String) async throws {
        try await say(#"{"code":200,"headers":{"mid":"\#(mid)","sid":""}}"#)
    }

    func say(_ text: String) async throws {
        try await send(ByteBuffer(string: text), opcode: .text)
    }

    func send(_ payload: ByteBuffer, opcode: Opcode) async throws {
        var frame = ByteBuffer()
        FrameEncoder.encode(payload, opcode: opcode, maskKey: MaskKey(0x1234_5678), into: &frame)
        try await write(frame)
    }

    /// Bytes as they are.
    func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(bytes)
    }

    /// Closes the socket without a word.
    func drop() async throws {
        try await channel.close()
    }
}

extension RawClient.Event {
    static let registered = Self.text(#"{"code":200,"headers":{"mid":"1 0"}}"#)
    static let beatAnswered = Self.text(#"{"code":200,"headers":{"mid":"7 0"}}"#)

    /// The push in a text frame; nil if it is none.
    var push: ReceivedPush? {
        guard case .text(let text) = self else { return nil }
        return ReceivedPush(text)
    }
}

/// The events of one client, for one reader.
private actor Events {
    private var waiting: [RawClient.Event] = []
    private var reader: CheckedContinuation<RawClient.Event?, Never>?
    private var readerNumber = 0

    init(_ stream: AsyncStream<RawClient.Event>) {
        Task {
            for await event in stream { await self.add(event) }
        }
    }

    func next(atMost limit: Duration = .seconds(5)) async -> RawClient.Event? {
        if !waiting.isEmpty { return waiting.removeFirst() }
        readerNumber += 1
        let number = readerNumber
        let timer = Task {
            // tidy: the limit of a wait for an event, not a wait for time to pass
            try await Task.sleep(for: limit)
            self.giveUp(number)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { reader = $0 }
    }

    private func add(_ event: RawClient.Event) {
        if let reader {
            self.reader = nil
            reader.resume(returning: event)
        } else {
            waiting.append(event)
        }
    }

    private func giveUp(_ number: Int) {
        guard number == readerNumber else { return }
        reader?.resume(returning: nil)
        reader = nil
    }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let events: AsyncStream<RawClient.Event>.Continuation
    private var parser: HTTPHeadParser? = HTTPHeadParser(.response)
    private var assembler = MessageAssembler(role: .client, frameLimitBytes: 1 << 20, messageLimitBytes: 4 << 20)
    private var isOpen = false
    private var wasReset = false

    init(_ events: AsyncStream<RawClient.Event>.Continuation) {
        self.events = events
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        do throws(ProtocolViolation) {
            try read(&input)
        } catch {
            events.yield(.violation(error))
            context.close(promise: nil)
        }
    }

    private func read(_ input: inout ByteBuffer) throws(ProtocolViolation) {
        if let head = try parser?.next(from: &input), case .response(let status, _) = head.startLine {
            parser = nil
            isOpen = status == 101
            events.yield(.answer(status: status, retryAfter: head.values(of: "retry-after").first))
        }
        while isOpen, input.readableBytes > 0, let event = try assembler.next(from: &input) {
            switch event {
            case .message(let message, _): events.yield(.text(String(buffer: message)))
            case .ping: break
            case .pong(let payload): events.yield(.pong(String(buffer: payload)))
            case .close(let frame): events.yield(.close(frame.code))
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if (error as? IOError)?.errnoCode == ECONNRESET { wasReset = true }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        events.yield(wasReset ? .reset : .end)
        events.finish()
    }
}

extension RawClient.Event {
    static func registrationRefused(_ code: Int) -> Self {
        .text(#"{"code":\#(code),"headers":{"mid":"1 0"},"body":{"reason":"registration refused"}}"#)
    }
}

extension Gateway {
    /// What the gateway answers to these bytes on a connection of their own, until it closes it.
    func answer(to text: String) async throws -> String {
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CollectingHandler(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: text))
        var answer = ""
        for await part in stream { answer += String(buffer: part) }
        return answer
    }
}

private final class CollectingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let parts: AsyncStream<ByteBuffer>.Continuation

    init(_ parts: AsyncStream<ByteBuffer>.Continuation) {
        self.parts = parts
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parts.yield(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        parts.finish()
    }
}
