import Foundation
import Synchronization

/// A `holdfast` in a process of its own. It is killed when the scope that started it is left, however that happens.
///
/// ```swift
/// try await HoldfastProcess.scope(["run", "--config", path]) { holdfast in
///     let api = try await holdfast.api()
///     …
///     holdfast.signal(SIGTERM)
///     #expect(try await holdfast.exit() == 0)
/// }
/// ```
final class HoldfastProcess: Sendable {
    let id: pid_t
    /// Lines of standard output.
    let output: Lines
    /// Lines of standard error: the log.
    let log: Lines
    private let status: Mutex<Status> = Mutex(.running([]))

    private enum Status {
        case running([CheckedContinuation<Int32, Never>])
        case ended(Int32)
    }

    /// Starts the binary, runs `body`, kills what is left.
    static func scope<Result>(
        _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil,
        _ body: (HoldfastProcess) async throws -> Result
    ) async throws -> Result {
        let process = try HoldfastProcess(arguments, environment: environment, folder: folder)
        defer { process.signal(SIGKILL) }
        do {
            return try await body(process)
        } catch {
            // What it said last is what one wants to know.
            let said = process.log.all.suffix(20).joined(separator: "\n")
            throw Failed(arguments: arguments, error: error, said: said)
        }
    }

    /// Starts a line of bash, in which the arguments are `$0`, `$1` …; it must end in the process that is meant (`exec`).
    static func scope<Result>(
        shell command: String, _ arguments: [String], _ body: (HoldfastProcess) async throws -> Result
    ) async throws -> Result {
        let process = try HoldfastProcess(
            ["-c", "exec " + command] + arguments, binary: "/bin/bash", environment: [:], folder: nil)
        defer { process.signal(SIGKILL) }
        return try await body(process)
    }

    /// Runs the binary to its end and returns all it said.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> (exit: Int32, output: [String], errors: [String]) {
        try await scope(arguments, environment: environment, in: folder) { process in
            let exit = try await process.exit(within: limit)
            await process.output.ended()
            await process.log.ended()
            return (exit, process.output.all, process.log.all)
        }
    }

    private init(
        _ arguments: [String], binary: String = Binary.path, environment: [String: String], folder: String?
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = arguments
        // Nothing of the tester's own settings may reach it.
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HOLDFAST") }
        process.environment = inherited.merging(environment) { _, own in own }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        process.standardInput = FileHandle.nullDevice
        output = Lines(reading: out.fileHandleForReading)
        log = Lines(reading: err.fileHandleForReading)
        let ended = Ended()
        process.terminationHandler = { ended.report($0) }
        try process.run()
        id = process.processIdentifier
        ended.tell { [self] code in end(code) }
    }

    /// Sends a signal, if the process still runs.
    func signal(_ number: Int32) {
        status.withLock { status in
            if case .running = status { kill(id, number) }
        }
    }

    /// Waits for the end. A process that was ended by a signal has the signal's number, negative.
    func exit(within limit: Duration = .seconds(60)) async throws -> Int32 {
        try await within(limit, "the end of the process") { [self] in
            await withCheckedContinuation { continuation in
                let code: Int32? = status.withLock { status in
                    switch status {
                    case .ended(let code): return code
                    case .running(let waiters):
                        status = .running(waiters + [continuation])
                        return nil
                    }
                }
                if let code { continuation.resume(returning: code) }
            }
        }
    }

    private func end(_ code: Int32) {
        let waiters: [CheckedContinuation<Int32, Never>] = status.withLock { status in
            guard case .running(let waiters) = status else { return [] }
            status = .ended(code)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: code) }
    }

    /// A body that failed, with the last lines of the process's log.
    struct Failed: Error, CustomStringConvertible {
        var arguments: [String]
        var error: any Error
        var said: String

        var description: String {
            "holdfast \(arguments.joined(separator: " ")): \(error)\n--- its last lines:\n\(said)"
        }
    }
}

/// Carries the end of a process from the handler, which must be set before the start, to the object that is made after it.
private final class Ended: Sendable {
    private let state: Mutex<(code: Int32?, handler: (@Sendable (Int32) -> Void)?)> = Mutex((nil, nil))

    func report(_ process: Process) {
        let code = process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
        let handler = state.withLock { state in
            state.code = code
            return state.handler
        }
        handler?(code)
    }

    func tell(_ handler: @escaping @Sendable (Int32) -> Void) {
        let code = state.withLock { state in
            state.handler = handler
            return state.code
        }
        if let code { handler(code) }
    }
}
