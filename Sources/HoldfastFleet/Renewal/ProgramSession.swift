import Glibc
import Synchronization

/// The session of a program, once there is one.
final class ProgramSession: Sendable {
    private struct State {
        var leader: pid_t?
        var isOver = false
    }

    private let state = Mutex(State())

    func began(_ leader: pid_t) {
        let isOver = state.withLock { state in
            state.leader = leader
            return state.isOver
        }
        if isOver { kill() }
    }

    /// Ends every process of it. The number stays taken while any of them lives, so this meets no stranger.
    func kill() {
        let leader = state.withLock { state in
            state.isOver = true
            return state.leader
        }
        if let leader, leader > 1 { _ = Glibc.kill(-leader, SIGKILL) }
    }
}
