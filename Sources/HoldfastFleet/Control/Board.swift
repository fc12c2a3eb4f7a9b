import HoldfastCore
import Synchronization

/// The read model: what lists, totals, metrics and readiness are answered from, so that no question stops a loop. Written
/// by the control loop, read from anywhere; up to a second old.
final class Board: Sendable {
    /// All of it. Readers take a copy, which shares its memory, and look at that without the lock.
    struct State: Sendable {
        var rows: [[AccountRow]]
        /// Which report last changed each row, by the number of the report.
        var changedIn: [[UInt32]]
        var reports: UInt32 = 0
        var totals = FleetTotals()
        var counters: [LaneCounters?]
        var lags: [Duration]
        var heardFrom: [Instant]
        var endpoints: [EndpointCounts] = []
        var gate: [EndpointStatus] = []
        /// Endpoints that are left alone, by number.
        var openBreakers: Set<UInt32> = []
        var process = ProcessFigures()
        var descriptorLimit = 0
        var memory = MemoryFigures()
        var pulses = PulseLog()
        /// Since when fewer than half of the enabled accounts have been connected.
        var fewSince: Instant?
    }

    /// What is known of one endpoint, lane by lane: a lane reports its whole count.
    struct EndpointCounts: Sendable {
        var lanes: [EndpointCounters]
    }

    private let state: Mutex<State>
    private let endpoints: EndpointTable
    private let lanes: Int

    init(lanes: Int, endpoints: EndpointTable, at now: Instant) {
        self.lanes = lanes
        self.endpoints = endpoints
        state = Mutex(
            State(
                rows: Array(repeating: [], count: lanes), changedIn: Array(repeating: [], count: lanes),
                counters: Array(repeating: nil, count: lanes),
                lags: Array(repeating: .zero, count: lanes), heardFrom: Array(repeating: now, count: lanes)))
    }

    var snapshot: State { state.withLock { $0 } }
    var totals: FleetTotals { state.withLock { $0.totals } }
    var process: ProcessFigures { state.withLock { $0.process } }

    func isBreakerOpen(_ endpoint: UInt32) -> Bool {
        state.withLock { $0.openBreakers.contains(endpoint) }
    }

    func setDescriptorLimit(_ limit: Int) {
        state.withLock { $0.descriptorLimit = limit }
    }

    func setMemory(_ figures: MemoryFigures) {
        state.withLock { $0.memory = figures }
    }

    /// What was counted at these endpoints, all lanes together.
    func endpointCounts(_ numbers: Set<UInt32>) -> [UInt32: EndpointCounters] {
        guard !numbers.isEmpty else { return [:] }
        return state.withLock { state in
            var counts: [UInt32: EndpointCounters] = [:]
            for number in numbers where state.endpoints.indices.contains(Int(number)) {
                var sum = EndpointCounters()
                for lane in state.endpoints[Int(number)].lanes { sum += lane }
                counts[number] = sum
            }
            return counts
        }
    }

    func take(_ report: LaneReport) {
        state.withLock { state in
            state.reports &+= 1
            for (slot, row, _) in report.rows { state.set(row, lane: report.lane, slot: Int(slot)) }
            state.counters[report.lane] = report.counters
            state.lags[report.lane] = report.lag
            state.heardFrom[report.lane] = report.at
            for (number, counters) in report.endpoints {
                while state.endpoints.count <= Int(number) {
                    state.endpoints.append(EndpointCounts(lanes: Array(repeating: EndpointCounters(), count: lanes)))
                }
                state.endpoints[Int(number)].lanes[report.lane] = counters
            }
        }
    }

    func everySecond(at now: Instant, wall: WallTime, gate: [EndpointStatus]) {
        let open = Set(gate.filter { $0.breaker != .closed }.map { endpoints.number(of: $0.name) })
        let resident = ProcessSampler.residentBytes()
        let descriptors = ProcessSampler.openDescriptors()
        state.withLock { state in
            state.gate = gate
            state.openBreakers = open
            state.process.residentBytes = resident
            state.process.openDescriptors = descriptors
            state.process.loopLag = state.lags.max() ?? .zero
            state.pulses.note(state.totals, state.sums, at: wall)
            let isFew = state.totals[.connected] * 2 < state.totals.enabled
            state.fewSince = isFew ? state.fewSince ?? now : nil
        }
    }
}

extension Board.State {
    /// Totals change with the row, so that nobody ever counts.
    mutating func set(_ row: AccountRow, lane: Int, slot: Int) {
        while rows[lane].count <= slot {
            rows[lane].append(AccountRow())
            changedIn[lane].append(0)
        }
        count(rows[lane][slot], by: -1)
        count(row, by: 1)
        rows[lane][slot] = row
        changedIn[lane][slot] = reports
    }

    private mutating func count(_ row: AccountRow, by one: Int) {
        guard row.isPresent else { return }
        totals.accounts += one
        totals[row.state] += one
        totals[row.status] += one
        if row.isEnabled { totals.enabled += one }
    }

    func row(_ key: AccountKey) -> AccountRow {
        let (lane, slot) = (Int(key.lane), Int(key.slot))
        guard rows.indices.contains(lane), rows[lane].indices.contains(slot) else { return AccountRow() }
        return rows[lane][slot]
    }

    /// The number of the report that last changed this account's row; 0 if none has.
    func lastChange(_ key: AccountKey) -> UInt32 {
        let (lane, slot) = (Int(key.lane), Int(key.slot))
        guard changedIn.indices.contains(lane), changedIn[lane].indices.contains(slot) else { return 0 }
        return changedIn[lane][slot]
    }
}
