import HoldfastCore
import HoldfastLab
import HoldfastWire
import Logging
import Synchronization
import Testing

@testable import HoldfastFleet

/// A gateway and a fleet in one process, with short times, for the length of one test.
struct FleetRig: Sendable {
    let gateway: Gateway
    let fleet: Fleet
    let log: LogRecorder

    /// Runs a test with a started fleet, and shuts everything down afterwards.
    static func run(
        accounts: Int = 1, settings: SessionSettings = .short, gate: GateSettings = .open, lanes: Int = 2,
        dialect: AccountDialect? = nil, deflate: DeflateOptions? = nil,
        _ body: (FleetRig) async throws -> Void
    ) async throws {
        let gateway = try await Gateway.start(Gateway.Configuration(deflate: deflate))
        let log = LogRecorder()
        let configuration = FleetConfiguration(
            accounts: try (0..<accounts).map {
                try .test("account-\($0)", gateway, settings: settings, dialect: dialect, deflate: deflate)
            }, gate: gate,
            lanes: lanes)
        let fleet = Fleet(configuration, logger: log.logger)
        try await fleet.start()
        let rig = FleetRig(gateway: gateway, fleet: fleet, log: log)
        do {
            try await body(rig)
        } catch {
            await fleet.shutdown()
            await gateway.shutdown()
            throw error
        }
        await fleet.shutdown()
        await gateway.shutdown()
    }

    /// The account once it is as it should be.
    @discardableResult
    func account(
        _ id: String = "account-0", atMost limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation,
        until isReached: (AccountView) -> Bool
    ) async throws -> AccountView {
        var last: AccountView?
        try await wait(atMost: limit, sourceLocation: sourceLocation) {
            last = await fleet.account(id) ?? last
            return last.map(isReached) ?? false
        } orSay: {
            "last seen: \(last.map { "\($0.state) \($0.lastFailure?.message ?? "")" } ?? "nothing")"
        }
        return try #require(last)
    }

    /// All accounts connected, as the board tells it.
    func everybodyConnected(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await totals(sourceLocation: sourceLocation) { $0[.connected] == $0.accounts }
    }

    @discardableResult
    func totals(
        sourceLocation: SourceLocation = #_sourceLocation, until isReached: (FleetTotals) -> Bool
    ) async throws -> FleetTotals {
        try await wait(atMost: .seconds(60), sourceLocation: sourceLocation) {
            isReached(fleet.metrics().totals)
        } orSay: {
            "connected: \(fleet.metrics().totals[.connected])"
        }
        return fleet.metrics().totals
    }

    /// Waits for what the fleet shows but does not announce: asks again and again, and fails when it takes too long.
    func wait(
        atMost limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
        until isReached: () async -> Bool, orSay state: () -> String = { "" }
    ) async throws {
        let end = ContinuousClock.now + limit
        while await !isReached() {
            guard ContinuousClock.now < end else {
                Issue.record("not reached within \(limit); \(state())", sourceLocation: sourceLocation)
                throw NotReached()
            }
            // tidy: the pause between two looks; nothing is concluded from the time it takes
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    struct NotReached: Error {}

    var lanes: [Lane] { fleet.state.withLock { $0.engine?.lanes ?? [] } }
}

extension AccountConfiguration {
    static func test(
        _ id: String, _ gateway: Gateway, settings: SessionSettings = .short, token: String = "token",
        path: String? = nil, dialect: AccountDialect? = nil, deflate: DeflateOptions? = nil
    ) throws -> AccountConfiguration {
        AccountConfiguration(
            id: id, target: try LinkTarget(url: "\(gateway.url)/\(path ?? id)"),
            dialect: dialect ?? .lwp(LWP(accountID: id, appKey: "444")), token: Secret("\(token)-\(id)"),
            settings: settings, deflate: deflate)
    }
}

extension SessionSettings {
    /// Everything is over in less than a second.
    static let short = make { _, _, _ in }

    static func make(
        _ change: (inout HeartbeatSettings, inout RetrySettings, inout RecoverySettings) -> Void
    ) -> SessionSettings {
        var heartbeat = HeartbeatSettings()
        heartbeat.interval = .milliseconds(200)
        heartbeat.maxInterval = .milliseconds(200)
        heartbeat.timeout = .milliseconds(400)
        heartbeat.slowAfter = .milliseconds(300)
        heartbeat.probeTimeout = .milliseconds(200)
        heartbeat.sendTimeout = .milliseconds(300)
        var phases = PhaseSettings()
        phases.upgrade = .milliseconds(500)
        phases.register = .milliseconds(500)
        phases.close = .milliseconds(300)
        var retry = RetrySettings()
        retry.dropped = .init(step: .milliseconds(20), cap: .milliseconds(100))
        retry.network = .init(step: .milliseconds(20), cap: .milliseconds(100))
        retry.other = .init(step: .milliseconds(20), cap: .milliseconds(100))
        retry.shortest = .milliseconds(10)
        retry.stableAfter = .milliseconds(500)
        var recovery = RecoverySettings()
        recovery.probeEvery = .milliseconds(300)
        change(&heartbeat, &retry, &recovery)
        return SessionSettings(heartbeat: heartbeat, phases: phases, retry: retry, recovery: recovery)
    }
}

extension GateSettings {
    /// Never in the way.
    static var open: GateSettings {
        var gate = GateSettings()
        gate.admission.connectsPerSecond = 100_000
        gate.admission.burst = 100_000
        gate.admission.concurrent = 100_000
        gate.admission.fleet.connectsPerSecond = 100_000
        gate.admission.fleet.concurrent = 100_000
        gate.breaker.openAt = 2
        return gate
    }
}

/// Keeps what was logged.
final class LogRecorder: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String]
    }

    private let recorded = Mutex<[Line]>([])

    var lines: [Line] { recorded.withLock { $0 } }

    func lines(_ message: String) -> [Line] { lines.filter { $0.message == message } }

    fileprivate func add(_ line: Line) {
        recorded.withLock { $0.append(line) }
    }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .info
        return logger
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).mapValues { "\($0)" }
            recorder.add(Line(level: event.level, message: "\(event.message)", metadata: values))
        }
    }
}
