import DequeModule
import HoldfastCore
public import HoldfastStore
import Logging
import Synchronization

/// Hands deliveries to a program of the operator's that stays: one line of JSON for each delivery on its standard input, one
/// line for each answer on its standard output.
///
/// In: `{"delivery","account","chat","messages":[…]}`, as a webhook gets it. Out: `{"delivery":…}` with `"replies":[{"text":…}…]`
/// if there are any, or with `"error":"later"` or `"refused"` and a `"detail"`. Lines that name no open delivery are passed over.
/// What it writes on its standard error goes to the log of the fleet, at the level info, 20 lines in 10 seconds at most.
///
/// The program is started for the first delivery, and again for the next one when it has ended: at most `restarts` times within
/// `window`. One that does not answer in time is killed, with all that it has started.
public final class CommandHandler: MessageHandler {
    public struct Configuration: Sendable, Hashable {
        /// The program, and its arguments.
        public var command: [String]
        /// From the line in to the line out.
        public var timeout = Duration.seconds(10)
        /// Deliveries that the program has at once; it may answer them in any order. The others wait.
        public var concurrency = 1
        /// How often it is started within `window`.
        public var restarts = 5
        public var window = Duration.seconds(60)

        public init(command: [String]) {
            self.command = command
        }
    }

    public let configuration: Configuration
    private let state = Mutex(State())

    private struct State {
        var program: WorkerProgram?
        /// The latest starts, oldest first.
        var starts: Deque<Instant> = []
        /// Deliveries that the program has, or that are about to be handed to it.
        var open = 0
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
        var isClosed = false
        /// Of the fleet that it works for.
        var logger = Logger(label: "holdfast", factory: { _ in SwiftLogNoOpLogHandler() })
    }

    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    public func handle(_ delivery: Delivery) async throws -> [String] {
        await turn()
        defer { giveTurn() }
        let answer = try await program().ask(delivery, within: configuration.timeout)
        let detail = answer.detail.map { String($0.prefix(200)) } ?? "no detail"
        switch answer.error {
        case nil: return answer.replies
        case "refused": throw HandlerFailure.refused(reason: "the program said: \(detail)")
        case let word?: throw HandlerFailure.later(reason: "the program said \(word): \(detail)")
        }
    }

    /// From its next start on the program's remarks go there.
    func log(to logger: Logger) {
        state.withLock { $0.logger = logger }
    }

    /// Ends the program. What it has open fails, to be handed to whoever comes next.
    func close() {
        let program = state.withLock { state in
            state.isClosed = true
            return state.program.take()
        }
        program?.end("the program is not wanted any more")
    }

    // MARK: Turns

    private func turn() async {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                guard state.open >= max(1, configuration.concurrency) else {
                    state.open += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isIn { continuation.resume() }
        }
    }

    /// The place of one that is done goes to the one that has waited longest.
    private func giveTurn() {
        let next = state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.open -= 1 }
            return next
        }
        next?.resume()
    }

    /// The one that runs, or a new one.
    private func program() throws(HandlerFailure) -> WorkerProgram {
        let now = ProcessClock.instant
        let result = state.withLock { state -> Result<WorkerProgram, HandlerFailure> in
            guard !state.isClosed else { return .failure(.later(reason: "the program is not wanted any more")) }
            if let program = state.program, !program.hasEnded { return .success(program) }
            while let oldest = state.starts.first, oldest + configuration.window <= now { state.starts.removeFirst() }
            if state.starts.count >= max(1, configuration.restarts), let oldest = state.starts.first {
                let ended = state.program?.ending ?? "it ended"
                let rest = (oldest + configuration.window).since(now)
                return .failure(
                    .later(reason: "started \(state.starts.count) times in a short time; \(ended)", after: rest))
            }
            state.starts.append(now)
            let program = WorkerProgram(configuration.command, logger: state.logger)
            state.program = program
            return .success(program)
        }
        return try result.get()
    }
}
