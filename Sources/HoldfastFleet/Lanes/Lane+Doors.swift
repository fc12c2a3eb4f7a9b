import HoldfastCore
import NIOCore

/// The doors of a lane: what may be called from any thread. Each goes to the lane's loop first.
extension Lane {
    func start() {
        loop.execute { self.startTicking() }
    }

    func deliver(_ grants: [Ticket]) {
        loop.execute { self.take(grants) }
    }

    /// What a reload changes here, in one turn of the loop.
    func deliver(
        added: [Arrival], changed: [(slot: UInt32, account: Account)], removed: [UInt32]
    ) {
        guard !(added.isEmpty && changed.isEmpty && removed.isEmpty) else { return }
        loop.execute {
            for slot in removed { self.remove(slot) }
            for (slot, account) in changed { self.change(slot, to: account) }
            self.add(added)
        }
    }

    /// Nil if the loop is gone.
    @discardableResult
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Lane) -> Result) async -> Result? {
        try? await loop.submit { body(self) }.get()
    }

    /// Ends when no socket is left, at the latest after `patience`.
    func drain(within patience: Duration) async {
        let promise = loop.makePromise(of: Void.self)
        loop.execute { self.drain(within: patience, promise) }
        try? await promise.futureResult.get()
    }
}
