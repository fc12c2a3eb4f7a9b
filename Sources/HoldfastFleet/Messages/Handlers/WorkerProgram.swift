import Glibc
import HoldfastCore
import HoldfastStore
import Logging
import NIOCore
import NIOPosix
import Subprocess
import Synchronization

/// One life of a program that answers deliveries, from its start to its end. What is open when it ends fails, and can be
/// handed to the next one.
///
/// Its standard input and output are one socket, so that writing to a program that has gone is an error and no signal. It has
/// a session of its own, which is killed as a whole.
final class WorkerProgram: Sendable {
    private typealias Waiter = CheckedContinuation<Result<HandlerAnswer, HandlerFailure>, Never>

    private struct State {
        var open: [String: Waiter] = [:]
        /// Why it has ended.
        var ending: String?
        /// How the process ended.
        var exit: String?
        /// Nothing more will be read of it.
        var isSilent = false
        var channel: (any Channel)?
        /// Lines that wait for the channel.
        var early: [ByteBuffer] = []
        /// Its standard error.
        var remarks: (any Channel)?
    }

    private let state = Mutex(State())
    private let session = ProgramSession()

    /// Bytes of a line that is read.
    static let lineLimitBytes = 1 << 20

    var ending: String? { state.withLock { $0.ending } }
    var hasEnded: Bool { ending != nil }

    /// Begins to start it. If that fails it has ended soon.
    ///
    /// - Parameter logger: gets what the program writes on its standard error (`ProgramRemarks`).
    init(_ command: [String], logger: Logger) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            end(Self.notStarted(errno))
            return
        }
        let (ours, theirs) = (ends[0], ends[1])
        // For its output; the input is `theirs` itself. The child's copies are made by the start.
        let output = fcntl(theirs, F_DUPFD_CLOEXEC, 3)
        // A pipe and no socket: a shell opens /dev/stderr, which of a socket it cannot. A program that is started elsewhere in
        // this instant does not get it: the start closes whatever is not meant for the child.
        var pipeEnds: [Int32] = [-1, -1]
        guard output >= 0, pipe(&pipeEnds) == 0 else {
            end(Self.notStarted(errno))
            for descriptor in [ours, theirs, output] where descriptor >= 0 { Glibc.close(descriptor) }
            return
        }
        let (remarks, error) = (pipeEnds[0], pipeEnds[1])
        Task { [self] in await run(command, theirs, output, error) }
        listen(to: remarks, logger, program: command.first ?? "")
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WorkerLines(self))
                }
            }
            .withConnectedSocket(ours)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): opened(channel)
                case .failure(let error): end("the program cannot be reached: \(error)")
                }
            }
    }

    private static func notStarted(_ number: Int32) -> String {
        "the program cannot be started: \(String(cString: strerror(number)))"
    }

    /// Hands a delivery over and waits for the answer, at most so long: then the program is taken for stuck, and killed.
    func ask(_ delivery: Delivery, within timeout: Duration) async throws(HandlerFailure) -> HandlerAnswer {
        var line = ByteBuffer()
        DeliveryJSON.write(delivery, id: true, into: &line)
        line.writeStaticString("\n")
        let timer = Task {
            try await Task.sleep(for: timeout)
            end("the program did not answer within \(timeout.inWords) and was killed")
        }
        defer { timer.cancel() }
        let result = await withCheckedContinuation { (waiter: Waiter) in
            let (problem, channel) = state.withLock { state -> (String?, (any Channel)?) in
                if let ending = state.ending { return (ending, nil) }
                // Cannot be: a chat's next delivery waits for this one.
                guard state.open[delivery.id] == nil else { return ("the program has this delivery already", nil) }
                state.open[delivery.id] = waiter
                if state.channel == nil { state.early.append(line) }
                return (nil, state.channel)
            }
            if let problem { waiter.resume(returning: .failure(.later(reason: problem))) }
            channel?.writeAndFlush(line, promise: nil)
        }
        return try result.get()
    }

    /// Kills it, and all that it has started.
    func end(_ reason: String) {
        let (open, channel, remarks) = state.withLock { state -> ([Waiter], (any Channel)?, (any Channel)?) in
            if state.ending == nil { state.ending = reason }
            defer {
                state.open = [:]
                state.early = []
                state.channel = nil
                state.remarks = nil
            }
            return (Array(state.open.values), state.channel, state.remarks)
        }
        session.kill()
        channel?.close(promise: nil)
        remarks.map(Self.closeSoon)
        for waiter in open { waiter.resume(returning: .failure(.later(reason: reason))) }
    }

    // MARK: The program

    private func run(_ command: [String], _ input: Int32, _ output: Int32, _ error: Int32) async {
        guard let program = command.first else { return end("no program is named") }
        var options = PlatformOptions()
        options.createSession = true
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(.init(program)) : .name(program),
                arguments: Arguments(Array(command.dropFirst())), platformOptions: options,
                input: .fileDescriptor(.init(rawValue: input), closeAfterSpawningProcess: true),
                output: .fileDescriptor(.init(rawValue: output), closeAfterSpawningProcess: true),
                error: .fileDescriptor(.init(rawValue: error), closeAfterSpawningProcess: true)
            ) { execution in session.began(execution.processIdentifier.value) }
            switch result.terminationStatus {
            case .exited(let code): exited("the program ended with status \(code)")
            case .signaled(let signal): exited("the program was ended by signal \(signal)")
            }
        } catch {
            end("the program cannot be started: \(error)")
        }
    }

    // A life is over when the process has ended and all that it wrote has been read. The one follows the other at once, unless
    // it has closed its output and goes on, or another process holds that open.

    private func exited(_ reason: String) {
        let isSilent = state.withLock { state in
            state.exit = reason
            return state.isSilent
        }
        if isSilent { end(reason) } else { endSoon(reason) }
    }

    fileprivate func fellSilent() {
        let exit = state.withLock { state in
            state.isSilent = true
            return state.exit
        }
        if let exit { end(exit) } else { endSoon("the program closed its output") }
    }

    private func endSoon(_ reason: String) {
        Task { [self] in
            // Long enough for a machine that is busy with other things to tell that the process has ended.
            try? await Task.sleep(for: .seconds(5))
            end(reason)
        }
    }

    // MARK: Its standard error

    private func listen(to descriptor: Int32, _ logger: Logger, program: String) {
        NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProgramRemarks(of: program, logger: logger))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .whenComplete { [self] result in
                guard case .success(let channel) = result else {
                    Glibc.close(descriptor)
                    return
                }
                let hasEnded = state.withLock { state in
                    state.remarks = channel
                    return state.ending != nil
                }
                if hasEnded { Self.closeSoon(channel) }
            }
    }

    /// Its last words are the ones that matter. After them nobody listens, though another process may hold its end open.
    private static func closeSoon(_ remarks: any Channel) {
        remarks.eventLoop.scheduleTask(in: .seconds(1)) { remarks.close(promise: nil) }
    }

    // MARK: The channel

    private func opened(_ channel: any Channel) {
        let early = state.withLock { state -> [ByteBuffer]? in
            guard state.ending == nil else { return nil }
            state.channel = channel
            defer { state.early = [] }
            return state.early
        }
        guard let early else { return channel.close(promise: nil) }
        for line in early { channel.write(line, promise: nil) }
        channel.flush()
    }

    fileprivate func said(_ line: ByteBuffer) {
        guard let answer = HandlerAnswer(line), let delivery = answer.delivery else { return }
        state.withLock { $0.open.removeValue(forKey: delivery) }?.resume(returning: .success(answer))
    }
}

/// Cuts what the program says into lines.
private final class WorkerLines: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let program: WorkerProgram
    private var unread = ByteBuffer()

    init(_ program: WorkerProgram) {
        self.program = program
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        unread.writeBuffer(&part)
        while let length = unread.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - unread.readerIndex }),
            let line = unread.readSlice(length: length)
        {
            unread.moveReaderIndex(forwardBy: 1)
            program.said(line)
        }
        unread.discardReadBytes()
        if unread.readableBytes > WorkerProgram.lineLimitBytes {
            program.end("the program wrote a line of more than \(WorkerProgram.lineLimitBytes) bytes and was killed")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        program.fellSilent()
    }

    /// It has gone without having read all: how it ended is told by the process.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
