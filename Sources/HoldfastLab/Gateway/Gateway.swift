import NIOCore
import NIOPosix

/// A gateway that speaks LWP as a server and misbehaves as it is told: for tests, demos and benchmarks.
///
/// ```swift
/// let gateway = try await Gateway.start()
/// // … connect to gateway.url …
/// try await gateway.setFaults([Fault(.blackhole, share: 0.1, lasting: .seconds(60))])
/// try gateway.push(PushRequest(account: "shop-1", count: 20, redeliverAfter: .seconds(2)))
/// #expect(gateway.statistics().maxLivePerAccount == 1)
/// await gateway.shutdown()
/// ```
///
/// The same by HTTP: see `docs/gateway.md`.
public final class Gateway: Sendable {
    /// Where sessions connect to: `ws://127.0.0.1:9000`, an account's name to be added as the path.
    public let url: String
    /// The port sessions connect to, also while a fault keeps the listener closed.
    public let port: Int
    /// Where the control API is; nil if there is none.
    public let controlURL: String?

    private let group: MultiThreadedEventLoopGroup
    private let core: GatewayCore
    private let listener: Listener
    private let director: FaultDirector
    private let control: ControlServer?

    private init(_ configuration: Configuration, group: MultiThreadedEventLoopGroup) async throws {
        self.group = group
        core = GatewayCore(tokenLifetime: configuration.tokenLifetime, deflate: configuration.deflate)
        try await core.makeLanes(on: Array(group.makeIterator()))
        let address = configuration.listen
        listener = try Listener(core: core, group: group, address: address, tls: configuration.tls?.context())
        director = FaultDirector(core: core, listener: listener, logger: configuration.logger)
        port = listener.port
        url = "\(configuration.tls == nil ? "ws" : "wss")://\(address.urlHost):\(port)"
        if let address = configuration.control {
            let control = try await ControlServer.start(
                ControlAPI(core: core, director: director), on: address, logger: configuration.logger)
            controlURL = "http://\(address.urlHost):\(control.port)"
            self.control = control
        } else {
            controlURL = nil
            control = nil
        }
        do {
            try await listener.set(open: true)
        } catch {
            await control?.shutdown()
            throw error
        }
        await director.start(configuration.script)
    }

    /// Starts a gateway. It serves when this returns.
    ///
    /// Throws `CannotListen` when an address cannot be used, and the errors of TLS when its files cannot.
    public static func start(_ configuration: Configuration = Configuration()) async throws -> Gateway {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.loops))
        do {
            return try await Gateway(configuration, group: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Serves until the task is cancelled. `whenReady` is called once, when the gateway serves.
    public static func run(_ configuration: Configuration, whenReady: (Gateway) -> Void) async throws {
        let gateway = try await start(configuration)
        whenReady(gateway)
        // A stream that nobody feeds ends when the task is cancelled.
        let (forever, _) = AsyncStream<Never>.makeStream()
        for await _ in forever {}
        await gateway.shutdown()
    }

    /// Ends all connections, as the end of a process would, and frees the ports. The gateway cannot be started again; another
    /// one can, on the same port.
    public func shutdown() async {
        // The control API first: nobody must open the listener again.
        await control?.shutdown()
        await director.stop()
        try? await listener.set(open: false)
        await core.forEachLane { $0.closeAll() }
        // Fails only when it was shut down before.
        try? await group.shutdownGracefully()
    }
}

// MARK: - What can be done with it

extension Gateway {
    /// Replaces all faults. When it returns, every session has been told, and the listener is open or closed as the list
    /// wants it.
    public func setFaults(_ faults: [Fault]) async throws {
        try Fault.validate(faults, at: "faults")
        try await director.replace(faults)
    }

    /// Ends all faults.
    public func clearFaults() async throws {
        try await director.replace([])
    }

    /// The faults that stand, each with the time that it has left.
    public var faults: [Fault] {
        get async { await director.faults }
    }

    /// Replaces the faults of the login server.
    public func setLoginFaults(_ faults: [LoginFault]) throws(InvalidInput) {
        try core.login.replace(faults)
    }

    /// The faults of the login server that stand, each with the time that it has left.
    public var loginFaults: [LoginFault] { core.login.faults }

    /// Hands messages to an account, as soon as it has a registered session. The receipt says how many.
    @discardableResult
    public func push(_ request: PushRequest) throws(InvalidInput) -> PushReceipt {
        try core.push(request)
    }

    /// What has been counted so far.
    ///
    /// - Parameter lists: false leaves out the long lists (connects, sends, logins), for those who ask often.
    public func statistics(lists: Bool = true) -> GatewayStatistics {
        core.statistics(lists: lists)
    }

    /// Waits until the statistics, without their lists, are as they should be. Returns false if they are not in time.
    public func wait(
        atMost limit: Duration = .seconds(10), until isReached: @Sendable (GatewayStatistics) -> Bool
    ) async -> Bool {
        let end = ContinuousClock.now + limit
        while !isReached(statistics(lists: false)) {
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(5))) != nil else { return false }
        }
        return true
    }

    /// A token as the login server gives it, for tests that have no provider.
    public func token(for user: String) -> String {
        core.login.token(for: user)
    }
}
