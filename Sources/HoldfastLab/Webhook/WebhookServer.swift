import HoldfastCore
public import NIOCore
import NIOHTTP1
import NIOPosix

/// A web service on loopback that takes what is posted to it and answers as it is told: for tests of whoever calls one.
///
/// ```
/// let server = try await WebhookServer.start { request in
///     seen.append(request.header("Holdfast-Delivery"))
///     return .init(body: #"{"replies":[{"text":"hello"}]}"#)
/// }
/// ```
public final class WebhookServer: Sendable {
    public struct Request: Sendable {
        public var path: String
        public var body: ByteBuffer
        fileprivate var headers: HTTPHeaders

        /// The first header of this name, whatever the case of its letters.
        public func header(_ name: String) -> String? { headers.first(name: name) }
    }

    public struct Answer: Sendable {
        public var status: Int
        public var headers: [(name: String, value: String)]
        public var body: String
        /// How long the client waits for it.
        public var after: Duration
        /// The connection is closed instead.
        public var isCut: Bool
        /// The head is sent, and the body never ends.
        public var isEndless: Bool

        public init(
            _ status: Int = 200, headers: [(name: String, value: String)] = [], body: String = "",
            after: Duration = .zero, isCut: Bool = false, isEndless: Bool = false
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.after = after
            self.isCut = isCut
            self.isEndless = isEndless
        }

        public static let cut = Answer(isCut: true)
    }

    /// Such as `http://127.0.0.1:40001/`.
    public let url: String
    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup

    private init(_ channel: any Channel, _ group: MultiThreadedEventLoopGroup) {
        self.channel = channel
        self.group = group
        url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/"
    }

    /// - Parameters:
    ///   - port: 0 is a free one.
    ///   - script: called on one loop, one call at a time.
    public static func start(
        port: Int = 0, _ script: @escaping @Sendable (Request) -> Answer
    ) async throws -> WebhookServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 1_024)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(WebhookConnection(script))
                    }
                }
                .bind(host: "127.0.0.1", port: port).get()
            return WebhookServer(channel, group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Closes every connection, too.
    public func shutdown() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }
}

private final class WebhookConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let script: @Sendable (WebhookServer.Request) -> WebhookServer.Answer
    private var request: WebhookServer.Request?

    init(_ script: @escaping @Sendable (WebhookServer.Request) -> WebhookServer.Answer) {
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = WebhookServer.Request(path: head.uri, body: ByteBuffer(), headers: head.headers)
        case .body(var part):
            request?.body.writeBuffer(&part)
        case .end:
            guard let request = request.take() else { return }
            let answer = script(request)
            guard answer.after > .zero else { return send(answer, context) }
            context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(answer.after)) { [self] in
                send(answer, context)
            }
        }
    }

    private func send(_ answer: WebhookServer.Answer, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        guard !answer.isCut else { return context.close(promise: nil) }
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        if answer.isEndless {
            headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
        } else if answer.status != 204 {
            headers.replaceOrAdd(name: "Content-Length", value: String(answer.body.utf8.count))
        }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !answer.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        }
        guard !answer.isEndless else { return context.flush() }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
