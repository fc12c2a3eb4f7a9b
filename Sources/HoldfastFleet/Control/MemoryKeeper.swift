import HoldfastCore
import HoldfastWire
import Logging

/// Carries out what `MemoryBudget` says: frees what can be done without, tells lanes to give up sockets, and tells people.
///
/// Owned by the control loop.
final class MemoryKeeper {
    private let logger: Logger
    private var rule = MemoryBudget()
    private var wave = SocketWave()
    private var trimIsDue = false
    /// With which lane the sharing of sockets to give up begins, so that none is always the one.
    private var turn = 0
    /// What the process may use; nil if nobody said.
    var budgetBytes: Int?
    private(set) var figures = MemoryFigures()

    init(budgetBytes: Int?, logger: Logger) {
        self.budgetBytes = budgetBytes
        self.logger = logger
    }

    /// No new attempt may begin.
    var isHolding: Bool { rule.level >= .hold }

    /// Looks at the memory in use; once a second.
    func look(usedBytes: Int, sockets: Int, lanes: [Lane], at now: Instant) {
        if wave.isOver(sockets: sockets) || trimIsDue {
            // What lanes freed is holes in the heap until then.
            trimIsDue = false
            ProcessMemory.returnFreed()
        }
        let before = rule.level
        let orders = rule.observe(usedBytes: usedBytes, budgetBytes: budgetBytes, sockets: sockets, at: now)
        if rule.level != before { tell(from: before, usedBytes: usedBytes) }
        if orders.release { release(lanes) }
        if orders.shed > 0 { shed(orders.shed, lanes) }
        figures.budgetBytes = budgetBytes ?? 0
        figures.level = rule.level
    }

    private func release(_ lanes: [Lane]) {
        figures.releases &+= 1
        trimIsDue = true
        LinkOptions().forgetLookUps()
        for lane in lanes { lane.deliverRelease() }
    }

    private func shed(_ count: Int, _ lanes: [Lane]) {
        guard !lanes.isEmpty else { return }
        turn += 1
        for index in lanes.indices {
            let share = (count + index) / lanes.count
            if share > 0 { lanes[(turn + index) % lanes.count].deliverGiveUp(share) }
        }
    }

    private func tell(from before: MemoryBudget.Level, usedBytes: Int) {
        let metadata: Logger.Metadata = [
            "used_bytes": .stringConvertible(usedBytes), "budget_bytes": .stringConvertible(budgetBytes ?? 0),
        ]
        switch rule.level {
        case .calm: logger.notice("memory is within its budget again", metadata: metadata)
        case .release: logger.warning("memory is short: caches and idle buffers are freed", metadata: metadata)
        case .hold: logger.error("memory is short: no account connects anew", metadata: metadata)
        case .shed: logger.critical("memory is short: sockets are given up", metadata: metadata)
        }
    }
}

/// What was done about memory.
struct MemoryFigures: Sendable {
    var budgetBytes = 0
    var level = MemoryBudget.Level.calm
    var releases: UInt64 = 0
}
