import HoldfastCore
import HoldfastWire
import Logging
import NIOCore

/// One event loop and the sessions that live on it: tells each session what happens, and carries out what it orders.
///
/// - `Lane+Orders.swift`: from orders to sockets, gates and logs.
/// - `Lane+Link.swift`: what is heard from sockets.
/// - `Lane+Time.swift`: deadlines, self-doubt, the stuck sweep.
/// - `Lane+Accounts.swift`: accounts come, change and go; commands; shutdown.
/// - `Lane+Views.swift`: what others want to know.
///
/// Sendable although it is full of mutable state: all of it is touched on `loop` only. Every method that others call
/// from elsewhere is named in `Lane+Doors.swift` and hops there first.
final class Lane: @unchecked Sendable {
    let index: Int
    /// How many lanes the fleet has.
    let count: Int
    let loop: any EventLoop
    let door: LoopDoor
    let control: Control
    let resolver: NameResolver
    let logger: Logger

    // Not checked at run time for overlapping access, here and below: what is touched with every message and every heartbeat. Each
    // access ends within one call that is handed nothing that leads back here (decision 0025).
    @exclusivity(unchecked) var slots: ContiguousArray<Slot> = []
    /// Accounts that have come back while their slot was not vacant yet, by slot.
    var successors: [UInt32: Arrival] = [:]
    /// Slots that have an account.
    var occupied = 0
    @exclusivity(unchecked) var wheel: TimerWheel
    /// Slots whose deadline has come; kept for its memory.
    var due: ContiguousArray<UInt32> = []
    var generator: SeededGenerator
    /// Frames are written here before the link masks them into its own buffer.
    var scratch = ByteBuffer()
    var openLinks = 0
    let messages: MessageDesk
    var mail = LaneMail()
    /// What was found in the last push that nobody wants to read; kept for its memory.
    @exclusivity(unchecked) var look = PushLook()

    @exclusivity(unchecked) var counters = LaneCounters()
    @exclusivity(unchecked) var endpoints = EndpointLedger()
    var records: FailureRecords
    /// Slots whose session remembers something else than what the store has.
    var changedMemories: Set<UInt32> = []
    var report: LaneReport
    /// What the wire said about the failure that is being told to a session; empty if the failure is the session's own.
    var chain: [String] = []
    /// The peer's own words among them.
    var said: String?
    var gateBatch = GateBatch()
    /// The batch for the gate is on its way at the end of this turn of the loop.
    var gateBatchIsDue = false

    /// When the next tick is due; how much later it comes is the loop's lag.
    var nextTickAt: Instant
    var wallOffsetNanoseconds: Int64 = 0
    var suspended = ProcessClock.suspended
    var worstLag: Duration = .zero
    var ticks: UInt64 = 0
    var tick: NIOScheduledCallback?
    var isDraining = false
    /// Drained: the clock does not tick any more.
    var isStopped = false
    var drained: CheckedContinuation<Void, Never>?
    var drainDeadline: Scheduled<Void>?

    init(
        index: Int, of lanes: Int, loop: any EventLoop, control: Control, resolver: NameResolver,
        messages: MessageDesk, logger: Logger, seed: UInt64
    ) {
        self.index = index
        count = lanes
        self.loop = loop
        door = LoopDoor(to: loop)
        self.control = control
        self.resolver = resolver
        self.messages = messages
        self.logger = logger
        generator = SeededGenerator(seed: seed)
        records = FailureRecords(lanes: lanes)
        let now = ProcessClock.instant
        wheel = TimerWheel(at: now)
        nextTickAt = now
        report = LaneReport(lane: index, at: now, counters: LaneCounters(), lag: .zero)
    }
}
