import ArgumentParser
import Foundation
import HoldfastConsole
import HoldfastCore
import HoldfastFleet
import HoldfastStore
import Logging
import ServiceLifecycle
import UnixSignals

/// A fleet with its console, from the start to the drained end: what `run` and `demo` have in common.
struct FleetService: Sendable {
    private let fleet: Fleet
    /// Without its accounts: the fleet has them, and a second copy would be a part of what each session costs.
    private let configuration: Configuration
    private let logger: Logger
    /// As the page shows them.
    private let settings: SettingsInForce
    /// What else stands in the ready line.
    var ready = ReadyLine()
    /// Reads the configuration anew on SIGHUP; nil where there is no file.
    var reload: (@Sendable () throws(InvalidConfiguration) -> Configuration)?
    /// Told about what was reloaded.
    var applied: @Sendable (Configuration) -> Void = { _ in }
    /// Who started us and wants to hear how we do.
    var manager: ServiceManager?

    init(_ configuration: consuming Configuration, logger: Logger) {
        fleet = Fleet(configuration.fleet, logger: logger)
        settings = SettingsInForce(configuration.settings)
        configuration.fleet.accounts = []
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT, then drains.
    /// - Throws: `ExitCode.unavailable` if the store cannot be used or the address cannot be listened on; the reason is logged.
    func run() async throws {
        // Before anything is started, so that no signal meets a process that is half up.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        do {
            try await fleet.openStore()
        } catch {
            throw cannotUseStore("\(error)")
        }
        let watch = endWithBreakdown(of: fleet)
        defer { watch.cancel() }
        let outcome = await withTaskGroup(of: Void.self) { group in
            if let manager {
                group.addTask {
                    await manager.feed(
                        isAlive: { !fleet.readiness().contains { $0.code == .laneStuck } },
                        status: { Self.summary(fleet.metrics().totals) })
                }
            }
            // Not before the fleet runs: a start that fails makes no backup.
            let (started, starting) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                for await _ in started { await BackupSchedule(configuration, logger).run() }
            }
            let outcome = await serve(fleet, signals, started: { starting.yield() })
            starting.finish()
            await fleet.shutdown()
            group.cancelAll()
            return outcome
        }
        switch outcome {
        case .asked:
            logger.notice("stopped")
        case .notListening(let error):
            logger.critical(
                "cannot listen", metadata: ["address": "\(configuration.server.listen)", "error": "\(error)"])
            throw ExitCode.unavailable
        case .wrongConfiguration(let error):
            logger.critical("wrong configuration", metadata: ["problem": "\(error)"])
            throw ExitCode.wrongConfiguration
        case .storeUnusable(let error):
            throw cannotUseStore(error)
        case .broken(let error):
            logger.critical("the console has ended", metadata: ["error": "\(error)"])
            throw ExitCode.internalError
        }
    }

    private func cannotUseStore(_ error: String) -> ExitCode {
        logger.critical("cannot use the store", metadata: ["error": "\(error)"])
        return .unavailable
    }

    /// A fleet that cannot go on ends the process, so that the service manager starts it anew (F11). What still can is closed in
    /// order, within the time of a shutdown; the kernel takes the rest.
    func endWithBreakdown(of fleet: Fleet) -> Task<Void, Never> {
        Task.detached { [logger] in
            guard let reason = await fleet.breakdownReason() else { return }
            logger.critical("cannot go on; the process ends", metadata: ["why": "\(reason)"])
            Task.detached {
                try? await Task.sleep(for: .seconds(12))
                Self.endNow()
            }
            await fleet.shutdown()
            Self.endNow()
        }
    }

    private static func endNow() {
        // Without a farewell to other threads, which may be what is broken. Every line of the log is written already.
        fflush(nil)
        _exit(ExitCode.internalError.rawValue)
    }

    private enum Outcome: Sendable {
        case asked
        case notListening(String)
        case wrongConfiguration(String)
        case storeUnusable(String)
        case broken(String)
    }

    private func serve(
        _ fleet: Fleet, _ signals: UnixSignalsSequence, started: @escaping @Sendable () -> Void
    ) async -> Outcome {
        let serving = Once()
        // No account connects before the address is ours: a start that fails must not disturb a fleet that runs elsewhere.
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let console = consoleGroup(fleet, serving, listening)
        return await withTaskGroup(of: Outcome.self) { group in
            group.addTask {
                do {
                    try await console.run()
                    return .asked
                } catch {
                    return serving.isSet ? .broken(PlainReason.of(error)) : .notListening(PlainReason.of(error))
                }
            }
            group.addTask {
                for await port in ports {
                    do {
                        try await fleet.start()
                        // What was known of every account has gone to its lane.
                        ProcessMemory.returnFreed()
                    } catch let error as FleetError {
                        return .wrongConfiguration("\(error)")
                    } catch {
                        return .storeUnusable("\(error)")
                    }
                    started()
                    announce(port)
                    break
                }
                for await signal in signals {
                    guard signal == .sighup else {
                        logger.notice("stopping", metadata: ["signal": "\(signal)"])
                        break
                    }
                    manager?.tell(.reloading(atMicroseconds: ServiceManager.clockMicroseconds))
                    await reload(fleet)
                    manager?.tell(.ready)
                }
                return .asked
            }
            let first = await group.next() ?? .asked
            manager?.tell(.stopping)
            // The console answers until the fleet is drained: whoever watches sees it go down in order.
            if case .asked = first { await fleet.shutdown() }
            await console.triggerGracefulShutdown()
            if case .asked = first { _ = await group.next() }
            group.cancelAll()
            return first
        }
    }

    private static func summary(_ totals: FleetTotals) -> String {
        "\(totals[.connected]) of \(totals.enabled) enabled accounts connected, \(totals[.quarantined]) quarantined"
    }

    private func announce(_ port: Int) {
        var line = ready
        line.console = "http://\(SocketAddressText(host: configuration.server.listen.host, port: port))"
        line.write()
        manager?.tell(.ready)
    }

    /// The console as a service that can be asked to end: open requests are answered, for two seconds at most.
    private func consoleGroup(
        _ fleet: Fleet, _ serving: Once, _ listening: AsyncStream<Int>.Continuation
    ) -> ServiceGroup {
        struct Running: Service {
            var body: @Sendable () async throws -> Void
            func run() async throws { try await body() }
        }
        let listen = configuration.server.listen
        let inForce = settings
        let service = Running {
            let settings = try ConsoleConfiguration(
                host: listen.host, port: listen.port, tokens: configuration.server.tokens)
            try await Console(settings, fleet: fleet, inForce: inForce, logger: logger).run { port in
                guard serving.set() else { return }
                listening.yield(port)
            }
        }
        var quiet = logger
        quiet.logLevel = .critical
        var settings = ServiceGroupConfiguration(
            services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quiet)
        settings.maximumGracefulShutdownDuration = .seconds(2)
        return ServiceGroup(configuration: settings)
    }

    private func reload(_ fleet: Fleet) async {
        guard let reload else { return }
        let next: Configuration
        do {
            next = try reload()
        } catch {
            logger.error(
                "the configuration was not reloaded, nothing has changed",
                metadata: ["problems": .stringConvertible(error.problems.count)])
            for problem in error.problems {
                logger.error("wrong configuration", metadata: ["problem": "\(problem)"])
            }
            return
        }
        let summary: ReloadSummary
        do {
            summary = try await fleet.apply(next.fleet)
        } catch {
            logger.error(
                "the configuration was not reloaded, nothing has changed", metadata: ["problem": "\(error)"])
            return
        }
        applied(next)
        for key in FixedKeys.changed(from: configuration, to: next) {
            logger.warning("a changed key takes effect at the next start", metadata: ["key": "\(key)"])
        }
        settings.reload(next.settings) { key in FixedKeys.groups.contains { key.hasPrefix($0 + ".") } }
        logger.notice(
            "reloaded",
            metadata: [
                "added": .stringConvertible(summary.added), "removed": .stringConvertible(summary.removed),
                "changed": .stringConvertible(summary.changed),
                "reconnected": .stringConvertible(summary.reconnected),
                "unchanged": .stringConvertible(summary.unchanged),
            ])
    }
}

/// Keys that are read at the start only.
enum FixedKeys {
    static let groups = ["server", "store", "backup"]

    static func changed(from old: Configuration, to new: Configuration) -> [String] {
        var keys: [String] = []
        if old.server.listen != new.server.listen { keys.append("server.listen") }
        if old.server.tokens != new.server.tokens { keys.append("server.tokens") }
        if old.store != new.store { keys.append("store") }
        if old.backup != new.backup { keys.append("backup") }
        return keys
    }
}
