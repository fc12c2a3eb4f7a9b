import HoldfastCore
import NIOCore
import NIOPosix

@testable import HoldfastWire

/// What a link reports, as values.
enum LinkReport: Hashable, Sendable {
    case entered(Phase)
    case opened
    case message(ByteBuffer, isText: Bool)
    case pong(ByteBuffer)
    case readCompleted
    case drained
    case closed(LinkError)

    static func text(_ text: String) -> LinkReport { .message(ByteBuffer(string: text), isText: true) }

    var cause: FailureCause? {
        if case .closed(let error) = self { error.cause } else { nil }
    }
}

/// A link and what it reports, for a test that stands on no event loop.
final class TestClient: Sendable {
    static let tag = LinkTag(slot: 7, generation: 3)

    let loop: any EventLoop
    let reports: Mailbox<LinkReport>
    private let link: NIOLoopBound<Link>

    /// Called on the loop with each report, before it is put into `reports`.
    typealias Reaction = @Sendable (LinkReport, Link) -> Void

    /// - Parameters:
    ///   - hearsReads: also puts `readCompleted` into `reports`.
    ///   - loop: one of its own; by default any.
    static func open(
        _ target: LinkTarget,
        options: LinkOptions = LinkOptions(),
        hearsReads: Bool = false,
        on loop: any EventLoop = newLoop(),
        react: @escaping Reaction = { _, _ in }
    ) async throws -> TestClient {
        let reports = Mailbox<LinkReport>()
        let link = try await loop.submit {
            let recorder = Recorder(reports, hearsReads: hearsReads, react: react)
            let link = Link.open(target, options: options, tag: tag, delegate: recorder, on: loop)
            recorder.link = link
            return NIOLoopBound(link, eventLoop: loop)
        }.get()
        return TestClient(loop, reports, link)
    }

    static func newLoop() -> any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }

    private init(_ loop: any EventLoop, _ reports: Mailbox<LinkReport>, _ link: NIOLoopBound<Link>) {
        self.loop = loop
        self.reports = reports
        self.link = link
    }

    /// Does something with the link, on its loop.
    @discardableResult
    func with<Value: Sendable>(_ body: @escaping @Sendable (Link) -> Value) async throws -> Value {
        try await loop.submit { body(self.link.value) }.get()
    }

    func send(_ text: String) async throws {
        try await with { link in
            link.write(ByteBuffer(string: text), opcode: .text)
            link.flush()
        }
    }

    /// How the link ended; everything it reports before that is dropped.
    func end() async throws -> LinkError {
        guard case .closed(let error) = try await reports.next(where: { $0.cause != nil }) else {
            return LinkError(.handlerFailed)
        }
        return error
    }

    /// Waits for the upgrade; the phases before it are dropped.
    func opened() async throws {
        _ = try await reports.next { $0 == .opened || $0.cause != nil }
    }

    /// The next message; other reports before it are dropped.
    func message() async throws -> LinkReport {
        try await reports.next {
            if case .message = $0 { true } else { $0.cause != nil }
        }
    }

    final class Recorder: LinkDelegate {
        let reports: Mailbox<LinkReport>
        let hearsReads: Bool
        let react: Reaction
        var link: Link?

        init(
            _ reports: Mailbox<LinkReport>, hearsReads: Bool = false, react: @escaping Reaction = { _, _ in }
        ) {
            self.reports = reports
            self.hearsReads = hearsReads
            self.react = react
        }

        private func note(_ tag: LinkTag, _ report: LinkReport) {
            if let link { react(report, link) }
            if report == .readCompleted, !hearsReads { return }
            // A wrong tag must not go unseen: no test expects this.
            reports.put(tag == TestClient.tag ? report : .closed(LinkError(.handlerFailed, "wrong tag")))
            if report.cause != nil { link = nil }
        }

        func link(_ tag: LinkTag, entered phase: Phase) { note(tag, .entered(phase)) }
        func linkOpened(_ tag: LinkTag) { note(tag, .opened) }
        func link(_ tag: LinkTag, received message: ByteBuffer, isText: Bool) {
            note(tag, .message(message, isText: isText))
        }
        func link(_ tag: LinkTag, receivedPong payload: ByteBuffer) { note(tag, .pong(payload)) }
        func linkReadCompleted(_ tag: LinkTag) { note(tag, .readCompleted) }
        func linkDrained(_ tag: LinkTag) { note(tag, .drained) }
        func linkClosed(_ tag: LinkTag, _ error: LinkError) { note(tag, .closed(error)) }
    }
}
