import HoldfastCore
import HoldfastStore
import HoldfastWire
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
    let breakdown = Breakdown()
    let roster: Roster
    let board: Board
    let laneCount: Int
    let changes = ChangeQueue()
    let shelf = AlertShelf()
    let resolver: NameResolver
    let state: Mutex<State>

    struct State {
        var phase = Phase.new
        /// Until the start.
        var configuration: FleetConfiguration?
        var engine: Engine?
        var store: FleetStore?
        /// Of the configuration in force.
        var declarationReader: FleetConfiguration.DeclarationReader?
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
        let desk: RenewalDesk
        let messages: MessageDesk
        /// Nil where another outlet sends.
        let notifications: NotificationDesk?
        let alerts: AlertKeeper
    }

    public init(_ configuration: FleetConfiguration, logger: Logger) {
        self.logger = logger
        laneCount = min(max(configuration.lanes, 1), 64)
        resolver = configuration.resolver
        roster = Roster(lanes: laneCount, endpoints: endpoints)
        board = Board(lanes: laneCount, endpoints: endpoints, at: ProcessClock.instant)
        state = Mutex(State(configuration: configuration))
    }

    /// Locks and opens the store, so that nobody else can start on it; `start` does it too. For whoever has something to find
    /// out, for instance whether an address can be listened on, before accounts connect.
    ///
    /// - Throws: `StoreLockError` if another process holds the store, or its folder cannot be used; `StoreError` if what is in
    ///   it cannot be used; `SealingError` if it was sealed with another key.
    public func openStore() async throws {
        let wanted = state.withLock { state -> FleetConfiguration? in
            state.phase == .new && state.store == nil ? state.configuration : nil
        }
        guard let wanted, let folder = wanted.storePath else { return }
        let store = try await FleetStore(folder: folder, key: wanted.storeKey, logger: logger)
        let isTaken = state.withLock { state in
            guard state.phase == .new, state.store == nil else { return false }
            state.store = store
            return true
        }
        if !isTaken { await store.close() }
    }

    /// Opens the store, starts the lanes and begins to connect. Returns as soon as every account has been handed to its
    /// lane; it does not wait for connections. A second call does nothing.
    ///
    /// - Throws: what `openStore` throws, and `FleetError` if an account is declared twice.
    public func start() async throws {
        try await openStore()
        let (configuration, store) = state.withLock { state in
            (state.phase == .new ? state.configuration : nil, state.store)
        }
        guard let configuration else { return }
        let plan =
            try await store?.plan(configuration) ?? FleetStore.Plan(accounts: configuration.accounts)
        try Self.checkModes(plan.accounts, store)
        let remembered = try await AlertDesk.Memory(store?.register)
        let leftovers = try await MessageDesk.leftovers(of: store?.journal)
        let engine = state.withLock { state -> Engine? in
            guard state.phase == .new, state.configuration != nil else { return nil }
            let engine = makeEngine(configuration, store: store, remembered)
            state.phase = .starting
            state.engine = engine
            state.configuration = nil
            state.declarationReader = configuration.declarationReader
            engine.messages.declare(configuration.handlers)
            engine.notifications?.apply(configuration.channels, console: configuration.consoleURL)
            _ = deploy(plan, on: engine)
            engine.messages.apply(plan.accounts)
            engine.messages.start(leftovers)
            return engine
        }
        guard let engine else { return }
        store?.startSweeping(configuration.retention)
        for lane in engine.lanes { await lane.onLoop { _ in } }
        await engine.control.catchUp()
        state.withLock { state in
            if state.phase == .starting { state.phase = .running }
        }
    }

    /// Makes the fleet be as configured, with as little change as possible: accounts that are declared as before are not
    /// touched. Does nothing before the start and after the shutdown.
    ///
    /// - Throws: `FleetError` if an account is declared twice, `StoreError` if the store cannot be asked. Then nothing has
    ///   changed.
    public func apply(_ configuration: FleetConfiguration) async throws -> ReloadSummary {
        try await changes.run { () async -> Result<ReloadSummary, any Error> in
            do { return .success(try await self.applyNow(configuration)) } catch { return .failure(error) }
        }.get()
    }

    private func applyNow(_ configuration: FleetConfiguration) async throws -> ReloadSummary {
        let store = state.withLock { $0.store }
        let plan = try await store?.plan(configuration) ?? FleetStore.Plan(accounts: configuration.accounts)
        try Self.checkModes(plan.accounts, store)
        let (summary, engine) = state.withLock { state -> (ReloadSummary, Engine?) in
            guard state.phase == .starting || state.phase == .running, let engine = state.engine else {
                return (ReloadSummary(), nil)
            }
            engine.messages.declare(configuration.handlers)
            engine.control.apply(ControlConfiguration(configuration))
            engine.desk.providers.apply(configuration.providers)
            shelf.setWindows(configuration.silences)
            state.declarationReader = configuration.declarationReader
            return (deploy(plan, on: engine), engine)
        }
        guard let engine else { return summary }
        engine.messages.apply(plan.accounts)
        store?.startSweeping(configuration.retention)
        engine.notifications?.apply(configuration.channels, console: configuration.consoleURL)
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
            let (engine, store) = (state.engine.take(), state.store.take())
            let task = Task {
                await self.stop(engine, store)
                await store?.close()
            }
            state.shutdown = task
            return task
        }
        await task.value
    }

    private func makeEngine(
        _ configuration: FleetConfiguration, store: FleetStore?, _ remembered: AlertDesk.Memory
    ) -> Engine {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: laneCount + 2)
        let desk = RenewalDesk(store: store, logger: logger)
        desk.providers.apply(configuration.providers)
        shelf.setWindows(configuration.silences)
        _ = shelf.add(remembered.silences, at: ProcessClock.wall)
        let notifications =
            configuration.outlet == nil ? NotificationDesk(register: store?.register, logger: logger) : nil
        let keeper = AlertKeeper(
            register: store?.register, outlet: configuration.outlet ?? notifications, logger: logger)
        let alerts = AlertDesk(
            configuration.alerts, remembering: remembered.alerts, shelf: shelf, keeper: keeper, events: events,
            endpoints: endpoints)
        let control = Control(
            loop: group.next(), endpoints: endpoints, board: board, events: events, roster: roster, store: store,
            desk: desk, alerts: alerts, configuration: ControlConfiguration(configuration), breakdown: breakdown,
            logger: logger)
        var generator = SystemRandomNumberGenerator()
        let messages = MessageDesk(loop: group.next(), journal: store?.journal, roster: roster, logger: logger)
        let lanes = (0..<laneCount).map { index in
            Lane(
                index: index, of: laneCount, loop: group.next(), control: control, resolver: resolver,
                messages: messages, logger: logger, seed: generator.next())
        }
        messages.lanes = lanes
        store?.tellPressure(to: lanes)
        control.start(lanes)
        for lane in lanes { lane.start() }
        return Engine(
            group: group, control: control, lanes: lanes, desk: desk, messages: messages, notifications: notifications,
            alerts: keeper)
    }

    /// Hands the differences to the lanes.
    private func deploy(_ plan: FleetStore.Plan, on engine: Engine) -> ReloadSummary {
        checkDescriptors(plan.accounts)
        return roster.apply(plan.accounts, known: plan.known) { changes in
            for (index, lane) in engine.lanes.enumerated() {
                lane.deliver(
                    added: changes.added[index], changed: changes.changed[index], removed: changes.removed[index])
            }
        }
    }

    /// More accounts than descriptors is said once and clearly, before it shows as failures one by one (I7).
    private func checkDescriptors(_ accounts: [AccountConfiguration]) {
        let limit = ProcessSampler.raiseDescriptorLimit()
        board.setDescriptorLimit(limit)
        let needed = accounts.count { $0.isEnabled } + SocketBudget.reserve(of: limit)
        guard limit > 0, needed > limit else { return }
        logger.error(
            "more accounts than file descriptors: some cannot connect; raise the limit (LimitNOFILE=, ulimit -Hn) or split the fleet",
            metadata: ["needed": .stringConvertible(needed), "limit": .stringConvertible(limit)])
    }

    private static func checkModes(_ accounts: [AccountConfiguration], _ store: FleetStore?) throws {
        guard store == nil else { return }
        let homeless = accounts.filter { $0.messages == .durable }.map(\.id)
        guard homeless.isEmpty else { throw FleetError.needsStore(homeless) }
    }

    private func stop(_ engine: Engine?, _ store: FleetStore?) async {
        breakdown.finish()
        guard let engine else {
            events.finish()
            return
        }
        await engine.control.stopAlerts()
        await engine.alerts.finish()
        // First the messages: none is taken in any more, handlers finish, and their replies still have sockets to leave by.
        for lane in engine.lanes { await lane.onLoop { $0.mail.isClosed = true } }
        await engine.messages.drain(within: Self.patience)
        // Then the logins, while the lanes can still take what they bring.
        await engine.desk.stop()
        await withTaskGroup(of: Void.self) { group in
            for lane in engine.lanes { group.addTask { await lane.stop(within: Self.patience) } }
        }
        await store?.closeJournal()
        await engine.messages.stop()
        // Last, so that it hears what the lanes have to say. Whatever a lane says later is about nothing any more.
        await engine.control.stop()
        await engine.notifications?.stop()
        try? await engine.group.shutdownGracefully()
    }

    /// How long sockets may take to close.
    static let patience = Duration.seconds(10)
}
