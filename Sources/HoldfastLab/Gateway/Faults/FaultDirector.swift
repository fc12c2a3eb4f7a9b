import Logging
import NIOCore

/// Puts lists of faults into force: on every event loop, at the listener, by the script, and ends them in time.
actor FaultDirector {
    private let core: GatewayCore
    private let listener: Listener
    private let logger: Logger
    private var plan = FaultPlan<Fault>()
    /// The change that was asked for last. The next one waits for it, so that all loops see them in the same order.
    private var lastChange: Task<Void, any Error>?
    private var nextEnd: Task<Void, Never>?
    private var script: Task<Void, Never>?

    init(core: GatewayCore, listener: Listener, logger: Logger) {
        self.core = core
        self.listener = listener
        self.logger = logger
    }

    /// The faults that stand, with the time they have left.
    var faults: [Fault] { plan.remaining(at: .now()) }

    /// Replaces all faults. When it returns, every session has been told. The list has been validated.
    func replace(_ faults: [Fault]) async throws {
        try await change { _ in FaultPlan(faults, now: .now(), wall: .now()) }
    }

    /// Replays a script, beginning now.
    func start(_ timetable: FaultScript) {
        let start = ContinuousClock.now
        script = Task {
            for step in timetable.steps {
                do {
                    try await Task.sleep(until: start + step.at)
                    if let faults = step.loginFaults { try core.login.replace(faults) }
                    if let faults = step.faults { try await replace(faults) }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("a step of the script failed", metadata: ["at": "\(step.at)", "error": "\(error)"])
                }
            }
        }
    }

    /// Nothing happens by itself any more.
    func stop() async {
        script?.cancel()
        nextEnd?.cancel()
        _ = await lastChange?.result
    }

    private func change(_ next: @escaping @Sendable (FaultPlan<Fault>) -> FaultPlan<Fault>) async throws {
        let previous = lastChange
        let task = Task {
            _ = await previous?.result
            try await self.putInForce(next(self.plan))
        }
        lastChange = task
        try await task.value
    }

    private func putInForce(_ plan: FaultPlan<Fault>) async throws {
        self.plan = plan
        let isOpen = plan.standing.first?.fault.closesListener != true
        // The door is shut before and opened after, so that nobody slips in under faults that are not in force.
        if !isOpen { try await listener.set(open: false) }
        await core.forEachLane { $0.apply(plan) }
        if isOpen { try await listener.set(open: true) }
        waitForNextEnd()
    }

    private func waitForNextEnd() {
        nextEnd?.cancel()
        guard let end = plan.nextEnd else { return nextEnd = nil }
        nextEnd = Task {
            let left = end - .now()
            try? await Task.sleep(for: .nanoseconds(max(left.nanoseconds, 0)))
            guard !Task.isCancelled else { return }
            do {
                try await self.change { $0.withoutEnded(at: .now()) }
            } catch {
                self.logger.error("a fault could not be ended", metadata: ["error": "\(error)"])
            }
        }
    }
}
