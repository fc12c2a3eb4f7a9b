public import ServiceLifecycle

/// A fleet as one of the services of a process: `ServiceGroup(services: [fleet], gracefulShutdownSignals: [.sigterm], logger:)`.
extension Fleet: Service {
    /// Starts, keeps the sessions alive until the group shuts down or the task is cancelled, then drains: handlers finish,
    /// sockets close, what has to survive is written.
    ///
    /// - Throws: what `start` throws, and `FleetError.brokenDown` if the fleet cannot go on; the process should end then, so
    ///   that it is started anew.
    public func run() async throws {
        do {
            try await start()
        } catch {
            await shutdown()
            throw error
        }
        let reason = await cancelWhenGracefulShutdown { await self.breakdownReason() }
        guard let reason else { return await shutdown() }
        // Not waited for: what is broken may never end.
        Task.detached { await self.shutdown() }
        throw FleetError.brokenDown(reason)
    }
}
