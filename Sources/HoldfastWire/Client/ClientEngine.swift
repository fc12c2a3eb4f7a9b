import HoldfastCore
import NIOConcurrencyHelpers
import NIOCore

/// A client's half on the event loop: hears the link, and carries out what tasks want of it. Confined to its loop.
final class ClientEngine: LinkDelegate {
    private struct Send {
        var message: WebSocketMessage
        var done: Awaited<Void>
    }

    private struct Ping {
        var number: UInt64
        var began: ContinuousClock.Instant
        var done: Awaited<Duration>
    }

    private let loop: any EventLoop
    private let inbox: ClientInbox
    private let shared: WebSocketClient.Shared
    private let opened: Awaited<Void>
    private var link: Link?
    private var phase = Phase.resolve
    private var deadline: Scheduled<Void>?
    private var isClosedByUs = false
    private var ended: LinkError?
    /// Messages that wait for the socket to take those before them.
    private var sends = CircularBuffer<Send>()
    /// The message that was handed over, and that the socket has not wholly taken yet.
    private var leaving: Awaited<Void>?
    private var pings = CircularBuffer<Ping>()
    private var pingNumber: UInt64 = 0
    private var closings: [Awaited<Void>] = []

    init(loop: any EventLoop, inbox: ClientInbox, shared: WebSocketClient.Shared, opened: Awaited<Void>) {
        self.loop = loop
        self.inbox = inbox
        self.shared = shared
        self.opened = opened
    }

    func open(_ target: LinkTarget, _ options: WebSocketClientOptions) {
        var linkOptions = options.link
        // Sending waits for the socket, one message at a time: what is queued cannot grow, whatever one message's size.
        linkOptions.maxBufferedBytes = .max
        link = Link.open(target, options: linkOptions, tag: LinkTag(slot: 0, generation: 0), delegate: self, on: loop)
        deadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(options.connectTimeout)) { [weak self] in
            guard let self else { return }
            self.drop(
                LinkError(.timeout(self.phase), "connecting to \(target.endpoint)", "not within the time allowed"))
        }
    }

    /// A message waits for the socket to take it.
    var isSending: Bool { leaving != nil }

    /// Reading pauses until messages are taken.
    var isPaused: Bool { link?.isPaused ?? false }

    // MARK: What tasks want

    func send(_ message: WebSocketMessage, _ done: Awaited<Void>) {
        if let refusal { return _ = done.answer(.failure(refusal)) }
        sends.append(Send(message: message, done: done))
        pump()
    }

    func ping(_ done: Awaited<Duration>) {
        if let refusal { return _ = done.answer(.failure(refusal)) }
        guard let link else { return _ = done.answer(.failure(Self.closedByUs)) }
        pings.removeAll(where: \.done.isAnswered)
        pingNumber &+= 1
        pings.append(Ping(number: pingNumber, began: .now, done: done))
        link.writeControl(.ping, payload: ByteBuffer(integer: pingNumber))
        link.flush()
    }

    func close(_ frame: CloseFrame, _ done: Awaited<Void>) {
        guard ended == nil, let link else { return _ = done.answer(.success(())) }
        closings.append(done)
        guard !isClosedByUs else { return }
        isClosedByUs = true
        failSends(Self.closedByUs)
        link.close(code: frame.code ?? 0, reason: frame.reason)
    }

    func goOnReading() {
        link?.resumeReading()
    }

    /// Drops the socket, without a farewell.
    func drop(_ error: LinkError) {
        guard ended == nil else { return }
        link?.abort()
        over(error)
    }

    private static let closedByUs = LinkError(.closed(code: nil), "the connection was closed by us")

    /// Why nothing can be sent; nil if it can.
    var refusal: LinkError? {
        ended ?? (isClosedByUs ? Self.closedByUs : link?.closing)
    }

    /// Hands over messages as long as the socket takes them whole.
    private func pump() {
        while let link, link.isOpen, leaving == nil, link.bufferedBytes == 0, let next = sends.popFirst() {
            guard !next.done.isAnswered else { continue }
            link.write(next.message.payload, opcode: next.message.opcode)
            link.flush()
            // Where the flush found the connection broken, the end will tell.
            if link.isOpen, link.bufferedBytes == 0 { next.done.answer(.success(())) } else { leaving = next.done }
        }
    }

    private func failSends(_ error: LinkError) {
        leaving?.answer(.failure(error))
        leaving = nil
        for send in sends { send.done.answer(.failure(error)) }
        sends.removeAll()
    }

    private func over(_ error: LinkError) {
        guard ended == nil else { return }
        ended = error
        link = nil
        deadline?.cancel()
        shared.ending.withLockedValue { $0 = error }
        opened.answer(.failure(error))
        failSends(error)
        for ping in pings { ping.done.answer(.failure(error)) }
        pings.removeAll()
        inbox.finish(isClosedByUs || error.isOrderly ? .success(nil) : .failure(error))
        for closing in closings { closing.answer(.success(())) }
        closings = []
    }

    // MARK: What the link reports

    func link(_ tag: LinkTag, entered phase: Phase) {
        self.phase = phase
    }

    func linkOpened(_ tag: LinkTag) {
        deadline?.cancel()
        shared.opened.withLockedValue {
            $0 = .init(subprotocol: link?.subprotocol, isCompressed: link?.isCompressed ?? false)
        }
        // Nobody waits any more if the task was cancelled; then the client is about to be dropped.
        opened.answer(.success(()))
    }

    func link(_ tag: LinkTag, received message: ByteBuffer, isText: Bool) {
        if inbox.put(WebSocketMessage(message, isText: isText)) { link?.pauseReading() }
    }

    func link(_ tag: LinkTag, receivedPong payload: ByteBuffer) {
        guard payload.readableBytes == 8, let number = payload.getInteger(at: payload.readerIndex, as: UInt64.self)
        else { return }
        // A peer may answer the last of several pings only (RFC 6455 §5.5.3).
        while let first = pings.first, first.number <= number {
            pings.removeFirst()
            first.done.answer(.success(.now - first.began))
        }
    }

    func linkReadCompleted(_ tag: LinkTag) {}

    func linkDrained(_ tag: LinkTag) {
        leaving?.answer(.success(()))
        leaving = nil
        pump()
    }

    func linkClosed(_ tag: LinkTag, _ error: LinkError) {
        over(error)
    }
}

extension LinkError {
    /// The peer closed in order, for no other reason than that it is done (RFC 6455 §7.4.1).
    fileprivate var isOrderly: Bool {
        switch cause {
        case .closed(code: nil), .closed(code: CloseCode.normal), .closed(code: CloseCode.goingAway): true
        default: false
        }
    }
}
