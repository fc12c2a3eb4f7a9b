import HoldfastCore
import Logging
import NIOCore

/// Puts what a handler's program writes on its standard error into the log, line by line, at the level info. A long line is cut,
/// and of a flood only so many lines are logged; how many were left out is said at the end of each window.
///
/// What is not logged is read all the same: no program stands still because nobody listens to it.
final class ProgramRemarks: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Lines that are logged in each window, and bytes of a line.
    static let linesLimit = 20
    static let window = Duration.seconds(10)
    static let lineLimitBytes = 1_000

    private let program: String
    private let logger: Logger
    private var line: [UInt8] = []
    private var isCut = false
    private var windowEndsAt = Instant(nanoseconds: .min)
    private var logged = 0
    private var leftOut = 0
    /// Runs while lines have been left out that nobody has been told of.
    private var alarm: Scheduled<Void>?

    init(of program: String, logger: Logger) {
        self.program = program
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var rest = unwrapInboundIn(data).readableBytesView
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            endLine(context.eventLoop)
            rest = rest[rest.index(after: end)...]
        }
        add(rest)
    }

    func channelInactive(context: ChannelHandlerContext) {
        endLine(context.eventLoop)
        tellLeftOut()
    }

    private func add(_ bytes: ByteBufferView) {
        let room = Self.lineLimitBytes - line.count
        line.append(contentsOf: bytes.prefix(room))
        if bytes.count > room { isCut = true }
    }

    private func endLine(_ loop: any EventLoop) {
        defer {
            line.removeAll(keepingCapacity: true)
            isCut = false
        }
        guard !line.isEmpty else { return }
        let now = ProcessClock.instant
        if now >= windowEndsAt {
            tellLeftOut()
            windowEndsAt = now + Self.window
            logged = 0
        }
        guard logged < Self.linesLimit else {
            leftOut += 1
            guard alarm == nil else { return }
            // The flood may be over, and no line come any more to say it with.
            alarm = loop.assumeIsolated().scheduleTask(in: TimeAmount(windowEndsAt.since(now))) { self.tellLeftOut() }
            return
        }
        logged += 1
        let text = String(decoding: line, as: UTF8.self) + (isCut ? "…" : "")
        logger.info("a handler's program says", metadata: ["program": "\(program)", "text": "\(text)"])
    }

    private func tellLeftOut() {
        alarm?.cancel()
        alarm = nil
        guard leftOut > 0 else { return }
        logger.info(
            "a handler's program said more than is logged",
            metadata: ["program": "\(program)", "lines": .stringConvertible(leftOut)])
        leftOut = 0
    }
}
