public import HoldfastFleet
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore

/// What people and machines look at: the HTTP API, the live events, the metrics and the page, on one address.
public struct Console: Sendable {
    private let configuration: ConsoleConfiguration
    private let responder: ConsoleResponder
    private let logger: Logger

    /// - Parameter inForce: what `GET /api/v1/settings` answers.
    public init(
        _ configuration: ConsoleConfiguration, fleet: Fleet, inForce: SettingsInForce = SettingsInForce(),
        logger: Logger
    ) {
        self.configuration = configuration
        self.logger = logger
        let counters = ConsoleCounters()
        let gatekeeper = Gatekeeper(tokens: configuration.tokens, limits: configuration.limits, counters: counters)
        let routes = Routes(
            fleet: fleet, epoch: String(UInt32.random(in: .min ... .max), radix: 36), limits: configuration.limits,
            counters: counters, settings: inForce, gatekeeper: gatekeeper, logger: logger)
        responder = ConsoleResponder(
            routes: routes.all, gatekeeper: gatekeeper, counters: counters)
    }

    /// Listens and answers until the task is cancelled, or the service group it runs in shuts down.
    ///
    /// - Parameter onServing: called once it listens, with the port (the one chosen, if the configured one is 0).
    /// - Throws: if the address cannot be listened on.
    public func run(onServing: @escaping @Sendable (_ port: Int) async -> Void = { _ in }) async throws {
        try await application(onServing: onServing).run()
    }

    /// The server, ready to run; for tests, too.
    func application(onServing: @escaping @Sendable (Int) async -> Void) -> Application<ConsoleResponder> {
        let limits = configuration.limits
        let counters = responder.counters
        var quiet = logger
        // What the server says about itself at info is of no use to whoever runs a fleet.
        quiet.logLevel = max(logger.logLevel, .warning)
        let port = configuration.port
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard(limits: limits, counters: counters)],
                    idleTimeout: TimeAmount(limits.idleTimeout),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes,
                        maxHeaderFieldCount: limits.headFields))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: quiet)),
            onServerRunning: { channel in await onServing(channel.localAddress?.port ?? port) },
            logger: quiet)
    }
}
