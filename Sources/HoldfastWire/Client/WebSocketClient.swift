import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// A WebSocket connection for Swift concurrency: connect, iterate over the messages, send, close.
///
/// ```swift
/// let client = try await WebSocketClient.connect(to: "wss://echo.example.org/")
/// try await client.send("hello")
/// for try await message in client.messages {
///     print(message)
/// }
/// await client.close()
/// ```
///
/// It may be used from several tasks at once. When the last reference to it is gone, the socket is dropped.
public final class WebSocketClient: Sendable {
    /// What is known without asking the event loop.
    final class Shared: Sendable {
        struct Opened {
            var subprotocol: String?
            var isCompressed = false
        }

        let opened = NIOLockedValueBox(Opened())
        let ending = NIOLockedValueBox<LinkError?>(nil)
    }

    let engine: NIOLoopBound<ClientEngine>
    let inbox: ClientInbox
    private let shared: Shared

    private init(_ engine: NIOLoopBound<ClientEngine>, _ inbox: ClientInbox, _ shared: Shared) {
        self.engine = engine
        self.inbox = inbox
        self.shared = shared
    }

    deinit {
        withEngine { $0.drop(LinkError(.closed(code: nil), "nobody uses the connection any more")) }
    }

    /// Connects, and returns when messages can be sent.
    ///
    /// - Parameters:
    ///   - target: URL, headers, subprotocols, TLS.
    ///   - options: limits, compression, and how long to wait.
    ///   - group: of `MultiThreadedEventLoopGroup`; one of its loops carries the connection.
    /// - Throws: `LinkError`, whose `cause` says why it failed; `CancellationError` if the task is cancelled, and then the
    ///   attempt is dropped.
    public static func connect(
        to target: LinkTarget,
        options: WebSocketClientOptions = WebSocketClientOptions(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> WebSocketClient {
        let loop = group.next()
        let inbox = ClientInbox(limit: options.unreadMessages, limitBytes: options.unreadBytes)
        let shared = Shared()
        let opened = Awaited<Void>()
        let engine = try await loop.submit {
            let engine = ClientEngine(loop: loop, inbox: inbox, shared: shared, opened: opened)
            engine.open(target, options)
            return NIOLoopBound(engine, eventLoop: loop)
        }.get()
        // If this throws, the client goes, and the attempt with it.
        let client = WebSocketClient(engine, inbox, shared)
        try await opened.value()
        return client
    }

    /// Connects to a URL, without headers or subprotocols, trusting the system's certificates.
    ///
    /// - Throws: also `InvalidLinkTarget`, which says what is wrong with the URL.
    public static func connect(
        to url: String, options: WebSocketClientOptions = WebSocketClientOptions()
    ) async throws -> WebSocketClient {
        try await connect(to: try LinkTarget(url: url), options: options)
    }

    /// The subprotocol that the server chose; nil for none.
    public var subprotocol: String? { shared.opened.withLockedValue(\.subprotocol) }

    /// Whether the server agreed to compression.
    public var isCompressed: Bool { shared.opened.withLockedValue(\.isCompressed) }

    /// How the connection ended; nil while it lasts, and while messages that came before its end wait outside a full inbox.
    /// `cause` has the close code of an orderly end.
    public var ending: LinkError? { shared.ending.withLockedValue { $0 } }

    /// The messages of the peer, each given to one iterator only. See ``WebSocketMessages``.
    public var messages: WebSocketMessages { WebSocketMessages(client: self) }

    /// Sends a message, and returns when the operating system has taken all of it. Several calls at once wait for each
    /// other.
    ///
    /// - Throws: `LinkError` if the connection ends first; `CancellationError` if the task is cancelled. Then the message
    ///   has not left, unless its turn had come already: half a message cannot be taken back.
    public func send(_ message: WebSocketMessage) async throws {
        let done = Awaited<Void>()
        withEngine { $0.send(message, done) }
        try await done.value()
    }

    /// Sends a text.
    public func send(_ text: String) async throws {
        try await send(.text(text))
    }

    /// Sends bytes.
    public func send(_ bytes: ByteBuffer) async throws {
        try await send(.binary(bytes))
    }

    /// Asks the peer for a sign of life, and returns how long it took. There is no deadline: cancel the task for that.
    /// Nothing is heard while reading pauses for a slow consumer (see ``WebSocketMessages``).
    ///
    /// - Throws: `LinkError` if the connection ends first; `CancellationError`.
    @discardableResult
    public func ping() async throws -> Duration {
        let done = Awaited<Duration>()
        withEngine { $0.ping(done) }
        return try await done.value()
    }

    /// Closes the connection in order: what was sent leaves first, then a close frame, and the peer has
    /// `LinkOptions.closeTimeout` to answer it. Returns when the socket is gone, which ``messages`` see as their end;
    /// ``ending`` then says what the peer answered. If the task is cancelled, the socket is dropped at once.
    ///
    /// - Parameters:
    ///   - code: one that may be sent (RFC 6455 §7.4); any other leaves the close frame empty.
    ///   - reason: for people; of which 123 bytes are sent at most.
    public func close(code: UInt16 = 1000, reason: String = "") async {
        let done = Awaited<Void>()
        withEngine { $0.close(CloseFrame(code: code, reason: reason), done) }
        do {
            try await done.value()
        } catch {
            withEngine { $0.drop(LinkError(.closed(code: nil), "the connection was dropped by us")) }
        }
    }

    func next() async throws -> WebSocketMessage? {
        let engine = engine
        return try await inbox.take { engine.eventLoop.execute { engine.value.goOnReading() } }
    }

    private func withEngine(_ body: @escaping @Sendable (ClientEngine) -> Void) {
        let engine = engine
        engine.eventLoop.execute { body(engine.value) }
    }
}

/// The messages that arrive at a client, in their order.
///
/// Back-pressure is real: when ``WebSocketClientOptions/unreadMessages`` or ``WebSocketClientOptions/unreadBytes`` wait to
/// be taken, reading from the socket stops, the buffers of both systems fill, and the peer has to wait. It goes on when
/// half of them were taken.
///
/// The sequence ends when the connection was closed by us, or by the peer with 1000, 1001 or no code; any other end is
/// thrown, as a `LinkError`. In a task that is cancelled `CancellationError` is thrown, and the connection stays.
public struct WebSocketMessages: AsyncSequence, Sendable {
    public typealias Element = WebSocketMessage

    let client: WebSocketClient

    public func makeAsyncIterator() -> Iterator { Iterator(client: client) }

    /// Takes messages one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let client: WebSocketClient

        /// The next message, or nil behind the last one.
        public func next() async throws -> WebSocketMessage? {
            try await client.next()
        }
    }
}
