import Glibc
import Subprocess

/// Runs a program once, with a deadline and a bound on what it may write. When the run is over, so is everything that the
/// program has started: it has a session of its own, which is killed as a whole. What left that session is out of reach.
enum ProgramRun {
    enum Outcome: Sendable, Equatable {
        /// The exit status, or minus the signal that ended it.
        case ended(status: Int, output: [UInt8])
        case timedOut
        case tooMuchOutput
        case notStarted(String)
    }

    static func run(_ command: [String], input: [UInt8], deadline: Duration, outputLimitBytes: Int) async -> Outcome {
        let session = ProgramSession()
        let (outcomes, first) = AsyncStream.makeStream(of: Outcome.self)
        // Not a group of tasks: a grandchild that left the session may hold the pipe open, and nobody waits for that.
        let running = Task { first.yield(await run(command, input, outputLimitBytes, session)) }
        let timer = Task {
            try await Task.sleep(for: deadline)
            first.yield(.timedOut)
        }
        // Ends without an outcome when the caller is cancelled.
        var outcome = Outcome.timedOut
        for await one in outcomes {
            outcome = one
            break
        }
        timer.cancel()
        session.kill()
        running.cancel()
        return outcome
    }

    private static func run(
        _ command: [String], _ input: [UInt8], _ limit: Int, _ session: ProgramSession
    ) async -> Outcome {
        guard let program = command.first else { return .notStarted("no program is named") }
        guard let file = memory(holding: input) else { return .notStarted(String(cString: strerror(errno))) }
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(.init(program)) : .name(program),
                arguments: Arguments(Array(command.dropFirst())), platformOptions: options,
                input: .fileDescriptor(.init(rawValue: file), closeAfterSpawningProcess: true),
                output: .sequence, error: .discarded
            ) { execution -> [UInt8]? in
                session.began(execution.processIdentifier.value)
                var output: [UInt8] = []
                for try await part in execution.standardOutput {
                    part.withUnsafeBytes { output += $0 }
                    guard output.count <= limit else {
                        session.kill()
                        return nil
                    }
                }
                return output
            }
            guard let output = result.closureResult else { return .tooMuchOutput }
            switch result.terminationStatus {
            case .exited(let code): return .ended(status: Int(code), output: output)
            case .signaled(let signal): return .ended(status: -Int(signal), output: output)
            }
        } catch {
            return .notStarted("\(error)")
        }
    }

    /// A file in memory with what the program reads, at its beginning. Not a pipe: writing to one whose reader has gone would
    /// be a signal, or an error that the library does not survive.
    private static func memory(holding input: [UInt8]) -> Int32? {
        let name = "/holdfast-\(getpid())-\(UInt64.random(in: .min ... .max))"
        let file = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        // From here on only the descriptor leads to it.
        shm_unlink(name)
        var written = 0
        while written < input.count {
            let count = input[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                close(file)
                return nil
            }
            written += count
        }
        guard lseek(file, 0, SEEK_SET) == 0 else {
            close(file)
            return nil
        }
        return file
    }
}
