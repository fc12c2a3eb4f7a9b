import HoldfastCore
import Synchronization

/// Who is declared, and in which slot of which lane. Changed as a whole by a reload, asked from anywhere.
final class Roster: Sendable {
    private struct State {
        var directory = Directory()
        var lanes: [LaneSlots]
        /// Accounts that are no longer declared, by id, until their slots are vacant.
        var leaving: [String: Directory.Entry] = [:]
    }

    /// Which slots of a lane are taken.
    private struct LaneSlots {
        var next: UInt32 = 0
        var free: [UInt32] = []
        var taken = 0

        mutating func take() -> UInt32 {
            taken += 1
            if let reused = free.popLast() { return reused }
            defer { next += 1 }
            return next
        }
    }

    /// What a reload means for each lane.
    struct Changes {
        var added: [[Arrival]]
        var changed: [[(slot: UInt32, account: Account)]]
        var removed: [[UInt32]]
        var summary = ReloadSummary()

        init(lanes: Int) {
            added = Array(repeating: [], count: lanes)
            changed = Array(repeating: [], count: lanes)
            removed = Array(repeating: [], count: lanes)
        }
    }

    private let state: Mutex<State>
    private let endpoints: EndpointTable

    init(lanes: Int, endpoints: EndpointTable) {
        self.endpoints = endpoints
        state = Mutex(State(lanes: Array(repeating: LaneSlots(), count: lanes)))
    }

    var directory: Directory { state.withLock { $0.directory } }

    func find(_ id: String) -> Directory.Entry? {
        state.withLock { $0.directory.find(id) }
    }

    /// Makes the accounts be as declared, and hands what changed to `deliver` before anything else can change: lanes
    /// hear of changes in the order in which they were made.
    ///
    /// - Parameter known: what the store knows of those that are new.
    func apply(
        _ accounts: [AccountConfiguration], known: [String: Recollection] = [:], deliver: (Changes) -> Void
    ) -> ReloadSummary {
        var wanted = Dictionary(accounts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return state.withLock { state in
            var changes = Changes(lanes: state.lanes.count)
            var entries: [Directory.Entry] = []
            entries.reserveCapacity(wanted.count)
            for entry in state.directory.entries {
                let lane = Int(entry.key.lane)
                let old = entry.account.configuration
                guard let new = wanted.removeValue(forKey: entry.account.id) else {
                    state.leaving[entry.account.id] = entry
                    changes.removed[lane].append(entry.key.slot)
                    changes.summary.removed += 1
                    continue
                }
                guard old != new else {
                    entries.append(entry)
                    changes.summary.unchanged += 1
                    continue
                }
                let account = Account(new, endpoint: endpoints.number(of: new.target.endpoint))
                entries.append(Directory.Entry(account: account, key: entry.key))
                changes.changed[lane].append((entry.key.slot, account))
                changes.summary.changed += 1
                if old.needsReconnect(as: new) { changes.summary.reconnected += 1 }
            }
            for new in accounts where wanted.removeValue(forKey: new.id) != nil {
                add(new, known[new.id], &state, &entries, &changes)
            }
            state.directory.replaceAll(entries)
            deliver(changes)
            return changes.summary
        }
    }

    /// Adds one account; false if there is one of this id already.
    ///
    /// - Parameter known: what the store knows of it.
    func add(_ new: AccountConfiguration, known: Recollection?, deliver: (Arrival, _ lane: Int) -> Void) -> Bool {
        state.withLock { state in
            guard state.directory.find(new.id) == nil else { return false }
            var changes = Changes(lanes: state.lanes.count)
            var entries: [Directory.Entry] = []
            add(new, known, &state, &entries, &changes)
            for entry in entries { state.directory.insert(entry) }
            for (lane, arrivals) in changes.added.enumerated() {
                for arrival in arrivals { deliver(arrival, lane) }
            }
            return true
        }
    }

    func remove(_ id: String, deliver: (_ slot: UInt32, _ lane: Int) -> Void) {
        state.withLock { state in
            guard let entry = state.directory.remove(id) else { return }
            state.leaving[id] = entry
            deliver(entry.key.slot, Int(entry.key.lane))
        }
    }

    private func add(
        _ new: AccountConfiguration, _ known: Recollection?, _ state: inout State, _ entries: inout [Directory.Entry],
        _ changes: inout Changes
    ) {
        let account = Account(new, endpoint: endpoints.number(of: new.target.endpoint))
        // Who comes back while still leaving takes the same slot, and so waits for the end of its own socket (C5).
        let key = state.leaving.removeValue(forKey: new.id)?.key ?? takeSlot(&state)
        entries.append(Directory.Entry(account: account, key: key))
        changes.added[Int(key.lane)].append(Arrival(slot: key.slot, account: account, known: known))
        changes.summary.added += 1
    }

    private func takeSlot(_ state: inout State) -> AccountKey {
        // The emptiest lane; of several the first.
        var lane = 0
        for other in state.lanes.indices where state.lanes[other].taken < state.lanes[lane].taken { lane = other }
        return AccountKey(lane: UInt32(lane), slot: state.lanes[lane].take())
    }

    /// These have left their slots, which can be used again, except those whose accounts have come back meanwhile.
    func vacate(lane: Int, _ vacated: [(slot: UInt32, account: Account)]) {
        guard !vacated.isEmpty else { return }
        state.withLock { state in
            for (slot, account) in vacated where state.leaving[account.id]?.account === account {
                state.leaving[account.id] = nil
                state.lanes[lane].free.append(slot)
                state.lanes[lane].taken -= 1
            }
        }
    }
}

extension AccountConfiguration {
    /// Whether another connection is needed to be as `new` says.
    func needsReconnect(as new: AccountConfiguration) -> Bool {
        target != new.target || dialect != new.dialect || deflate != new.deflate || token != new.token
            || credential != new.credential
    }
}
