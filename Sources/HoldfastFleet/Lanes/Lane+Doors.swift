import HoldfastCore
import HoldfastWire
import NIOCore

/// The doors of a lane: what may be called from any thread. Each goes to the lane's loop first.
extension Lane {
    func start() {
        door.enter { self.startTicking() }
    }

    func deliver(_ grants: [Ticket]) {
        door.enter { self.take(grants) }
    }

    /// Memory is short.
    func deliverRelease() {
        door.enter { self.releaseMemory() }
    }

    func deliverGiveUp(_ count: Int) {
        door.enter { self.giveUp(count) }
    }

    /// What a reload changes here, in one turn of the loop.
    func deliver(
        added: [Arrival], changed: [(slot: UInt32, account: Account)], removed: [UInt32]
    ) {
        guard !(added.isEmpty && changed.isEmpty && removed.isEmpty) else { return }
        door.enter {
            for slot in removed { self.remove(slot) }
            for (slot, account) in changed { self.change(slot, to: account) }
            self.add(added)
        }
    }

    /// Nil if the lane has stopped.
    @discardableResult
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Lane) -> Result) async -> Result? {
        await door.ask { body(self) }
    }

    /// Ends when no socket is left, at the latest after `patience`, and nothing can reach the loop any more.
    func stop(within patience: Duration) async {
        await withCheckedContinuation { drained in
            if !door.enter({ self.drain(within: patience, drained) }) { drained.resume() }
        }
        await door.shut()
    }
}
