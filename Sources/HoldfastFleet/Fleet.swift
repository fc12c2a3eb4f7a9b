import HoldfastCore
import HoldfastStore
public import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Keeps the sessions of many accounts alive: the product, for those who embed it and for the `holdfast` command.
///
/// A fleet is started once and shut down once. Everything else may be called at any time and from any thread; before
/// `start` and after `shutdown` commands are refused.
///
/// - `Fleet.swift`: start, reload, shutdown.
/// - `Fleet+Questions.swift`: what can be asked, and commands.
/// - `Fleet+Figures.swift`: metrics and readiness.
public final class Fleet: Sendable {
    let logger: Logger
    let endpoints = EndpointTable()
    let events = EventHub()
    let roster: Roster
    let board: Board
    let laneCount: Int
    let state: Mutex<State>

    struct State {
        var phase = Phase.new
        /// Until the start.
        var configuration: FleetConfiguration?
        var engine: Engine?
        var lock: StoreLock?
        var shutdown: Task<Void, Never>?

        enum Phase {
            case new, starting, running, draining
        }
    }

    /// What runs between start and shutdown.
    struct Engine: Sendable {
        let group: MultiThreadedEventLoopGroup
        let control: Control
        let lanes: [Lane]
        let lock: StoreLock?
    }

    public init(_ configuration: FleetConfiguration, logger: Logger) {
        self.logger = logger
        laneCount = min(max(configuration.lanes, 1), 64)
        roster = Roster(lanes: laneCount, endpoints: endpoints)
        board = Board(lanes: laneCount, endpoints: endpoints, at: ProcessClock.instant)
        state = Mutex(State(configuration: configuration))
    }

    /// Locks the store, so that nobody else can start on it; `start` does it too. For whoever has something to find out, for
    /// instance whether an address can be listened on, before accounts connect.
    ///
    /// - Throws: `StoreLockError` if another process holds the store, or its folder cannot be used.
    public func lockStore() throws {
        try state.withLock { state in
            guard state.phase == .new, state.lock == nil, let path = state.configuration?.storePath else { return }
            state.lock = try StoreLock(folder: path, startedAt: ProcessClock.wall)
        }
    }

    /// Locks the store, starts the lanes and begins to connect. Returns as soon as every account has been handed to its
    /// lane; it does not wait for connections. A second call does nothing.
    ///
    /// - Throws: `StoreLockError` if another process holds the store, or its folder cannot be used.
    public func start() async throws {
        let engine = try state.withLock { state -> Engine? in
            guard state.phase == .new, let configuration = state.configuration else { return nil }
            let engine = try makeEngine(configuration, lock: state.lock.take())
            state.phase = .starting
            state.engine = engine
            state.configuration = nil
            _ = deploy(configuration, on: engine)
            return engine
        }
        guard let engine else { return }
        for lane in engine.lanes { await lane.onLoop { _ in } }
        await engine.control.catchUp()
        state.withLock { state in
            if state.phase == .starting { state.phase = .running }
        }
    }

    /// Makes the fleet be as configured, with as little change as possible: accounts that are declared as before are not
    /// touched. Does nothing before the start and after the shutdown.
    public func apply(_ configuration: FleetConfiguration) async -> ReloadSummary {
        let (summary, engine) = state.withLock { state -> (ReloadSummary, Engine?) in
            guard state.phase == .starting || state.phase == .running, let engine = state.engine else {
                return (ReloadSummary(), nil)
            }
            engine.control.apply(Self.gate(configuration))
            return (deploy(configuration, on: engine), engine)
        }
        guard let engine else { return summary }
        for lane in engine.lanes { await lane.onLoop { _ in } }
        await engine.control.catchUp()
        return summary
    }

    /// Begins no new attempt, closes every socket with 1001, frees everything. Bounded: what has not closed after 10 s is
    /// dropped. Later calls wait for the first one.
    public func shutdown() async {
        let task = state.withLock { state -> Task<Void, Never> in
            if let running = state.shutdown { return running }
            state.phase = .draining
            state.configuration = nil
            let engine = state.engine.take()
            let task = Task { await self.stop(engine) }
            state.shutdown = task
            return task
        }
        await task.value
    }

    private static func gate(_ configuration: FleetConfiguration) -> GateSettings {
        configuration.gate.covering(configuration.accounts.lazy.map(\.settings.phases))
    }

    private func makeEngine(_ configuration: FleetConfiguration, lock: StoreLock?) throws -> Engine {
        let lock = try lock ?? configuration.storePath.map { try StoreLock(folder: $0, startedAt: ProcessClock.wall) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: laneCount + 1)
        let control = Control(
            loop: group.next(), endpoints: endpoints, board: board, events: events, roster: roster,
            gate: Self.gate(configuration), logger: logger)
        var generator = SystemRandomNumberGenerator()
        let lanes = (0..<laneCount).map { index in
            Lane(
                index: index, of: laneCount, loop: group.next(), control: control, logger: logger,
                seed: generator.next())
        }
        control.start(lanes)
        for lane in lanes { lane.start() }
        return Engine(group: group, control: control, lanes: lanes, lock: lock)
    }

    /// Hands the differences to the lanes.
    private func deploy(_ configuration: FleetConfiguration, on engine: Engine) -> ReloadSummary {
        checkDescriptors(configuration)
        return roster.apply(configuration.accounts) { changes in
            for (index, lane) in engine.lanes.enumerated() {
                lane.deliver(
                    added: changes.added[index], changed: changes.changed[index], removed: changes.removed[index])
            }
        }
    }

    /// More accounts than descriptors is said once and clearly, before it shows as failures one by one (I7).
    private func checkDescriptors(_ configuration: FleetConfiguration) {
        let limit = ProcessSampler.raiseDescriptorLimit()
        board.setDescriptorLimit(limit)
        let needed = configuration.accounts.count { $0.isEnabled } + Self.descriptorReserve
        guard limit > 0, needed > limit else { return }
        logger.error(
            "more accounts than file descriptors: some cannot connect; raise the limit (LimitNOFILE=, ulimit -Hn) or split the fleet",
            metadata: ["needed": "\(needed)", "limit": "\(limit)"])
    }

    private func stop(_ engine: Engine?) async {
        guard let engine else {
            events.finish()
            return
        }
        for lane in engine.lanes { await lane.drain(within: Self.patience) }
        // Links, lanes and control tell each other their last words over a few turns of their loops.
        for _ in 0..<8 {
            for lane in engine.lanes { await lane.onLoop { _ in } }
            await engine.control.catchUp()
        }
        await engine.control.stop()
        try? await engine.group.shutdownGracefully()
    }

    /// What the process itself needs beside one descriptor per account: loops, listeners, stores, viewers.
    static let descriptorReserve = 128
    /// How long sockets may take to close.
    static let patience = Duration.seconds(10)
}
