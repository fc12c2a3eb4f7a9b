import NIOCore

/// The sessions of one event loop, and what they share. Touched on that loop only.
final class Lane {
    private struct Slot {
        var session: GatewaySession?
        var generation: UInt32 = 0
    }

    let index: Int
    let loop: any EventLoop
    let core: GatewayCore
    let counters: Counters
    /// The faults in force, as far as this loop has heard.
    private(set) var plan = FaultPlan<Fault>()
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var isClosing = false

    /// Frames on their way out during one call into a session: written as one buffer at the end of the call.
    var output = ByteBuffer()
    /// For whatever is put together piece by piece; empty between calls.
    var scratch = ByteBuffer()
    var payload = ByteBuffer()

    init(index: Int, loop: any EventLoop, core: GatewayCore, counters: Counters) {
        self.index = index
        self.loop = loop
        self.core = core
        self.counters = counters
    }

    /// Gives a new connection its place; nil once the gateway is shutting down.
    func add(_ session: GatewaySession) -> SessionID? {
        guard !isClosing else { return nil }
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            slot = slots.count
            slots.append(Slot())
        }
        slots[slot].session = session
        return SessionID(lane: index, slot: slot, generation: slots[slot].generation)
    }

    func remove(_ id: SessionID) {
        guard session(id) != nil else { return }
        slots[id.slot].session = nil
        slots[id.slot].generation &+= 1
        free.append(id.slot)
    }

    /// The session, if it still has its place.
    func session(_ id: SessionID) -> GatewaySession? {
        guard id.lane == index, slots.indices.contains(id.slot), slots[id.slot].generation == id.generation else {
            return nil
        }
        return slots[id.slot].session
    }

    /// The faults changed: every session finds out what that means for it.
    func apply(_ plan: FaultPlan<Fault>) {
        self.plan = plan
        // By index, because sessions may leave while this goes on.
        for index in slots.indices {
            slots[index].session?.faultsChanged()
        }
    }

    /// Ends all connections, as the end of the process would, and takes no new ones.
    func closeAll() {
        isClosing = true
        for index in slots.indices {
            slots[index].session?.abandon()
        }
    }
}
