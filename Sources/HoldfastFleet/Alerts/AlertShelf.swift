import HoldfastCore
import Synchronization

/// What questions about alerts are answered from, so that none stops a loop. Written by the control loop and by whoever
/// makes a silence, read from anywhere.
final class AlertShelf: Sendable {
    private struct State {
        var alerts: [Alert] = []
        /// Made at run time, by id.
        var silences: [Silence] = []
        var windows: [MaintenanceWindow] = []
        var change: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The alerts that are not over, in the order in which they began.
    var alerts: [Alert] { state.withLock { $0.alerts } }

    func set(_ alerts: [Alert]) { state.withLock { $0.alerts = alerts } }

    /// Silences made at run time, those to come included.
    func madeSilences(at now: WallTime) -> [Silence] {
        state.withLock { $0.silences.filter { $0.endsAt > now } }
    }

    /// Every silence: those made at run time, and what the configuration's windows come to around this time.
    func silences(at now: WallTime) -> [Silence] {
        let (made, windows) = state.withLock { ($0.silences, $0.windows) }
        return made.filter { $0.endsAt > now }
            + windows.enumerated().flatMap { number, window in window.silences(number: number, around: now) }
    }

    /// Counts up with every change of silences and windows.
    var change: UInt64 { state.withLock { $0.change } }

    func setWindows(_ windows: [MaintenanceWindow]) {
        state.withLock { state in
            state.windows = windows
            state.change += 1
        }
    }

    /// False if there are as many as there may be.
    func add(_ silences: [Silence], at now: WallTime) -> Bool {
        state.withLock { state in
            state.silences.removeAll { $0.endsAt <= now }
            guard state.silences.count + silences.count <= Silence.limit else { return false }
            state.silences += silences
            state.change += 1
            return true
        }
    }

    /// False if there is none with this id.
    func remove(_ id: String) -> Bool {
        state.withLock { state in
            guard let index = state.silences.firstIndex(where: { $0.id == id }) else { return false }
            state.silences.remove(at: index)
            state.change += 1
            return true
        }
    }
}
