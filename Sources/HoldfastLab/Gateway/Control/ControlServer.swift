import Hummingbird
import Logging

/// The HTTP server of the control API.
final class ControlServer: Sendable {
    let port: Int
    private let task: Task<Void, Never>

    private init(port: Int, task: Task<Void, Never>) {
        self.port = port
        self.task = task
    }

    /// Returns when it serves; throws if it cannot.
    static func start(
        _ api: ControlAPI, on address: Gateway.Address, logger: Logger
    ) async throws -> ControlServer {
        let (starts, start) = AsyncStream<Result<Int, any Error>>.makeStream()
        let application = Application(
            router: api.router(),
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in start.yield(.success(channel.localAddress?.port ?? address.port)) },
            // Loops that are never shut down: some of the server is only taken apart, and needs them, after it has ended.
            eventLoopGroupProvider: .singleton,
            // At info Hummingbird tells what the ready line tells anyway, and at error that it was told to end.
            logger: quiet(logger)
        )
        let task = Task {
            do {
                try await application.run()
            } catch {
                start.yield(.failure(error))
            }
            start.finish()
        }
        for await result in starts {
            switch result {
            case .success(let port): return ControlServer(port: port, task: task)
            case .failure(let error): throw CannotListen(address, why: "\(error)")
            }
        }
        throw CannotListen(address, why: "the server ended at once")
    }

    /// Ends requests that are still being answered, too: logins that hang.
    func shutdown() async {
        task.cancel()
        await task.value
    }

    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = .critical
        return logger
    }
}
