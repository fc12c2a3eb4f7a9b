import HoldfastCore
import HoldfastWire
import NIOCore

/// What a lane does when memory is short (F11).
extension Lane {
    /// Frees what the lane can do without: room kept for the next use, and history beyond the least that each account keeps.
    func releaseMemory() {
        scratch = ByteBuffer()
        due = []
        for index in slots.indices {
            let dropped = slots[index].timeline.trim(to: Timeline.least)
            counters.timelineDropped &+= UInt64(dropped)
            counters.timelineEntries -= dropped
        }
    }

    /// Gives up the sockets of those sessions that prove least: attempts first, then the connected ones by their health.
    func giveUp(_ count: Int) {
        let now = observe()
        let open = slots.indices.filter {
            slots[$0].session.state == .connecting || slots[$0].session.state == .connected
        }
        for index in open.sorted(by: { worth($0) < worth($1) }).prefix(count) {
            counters.shed &+= 1
            fail(index, .outOfMemory, "the process is at the end of its memory budget", at: now)
        }
    }

    private func worth(_ index: Int) -> Int {
        slots[index].session.state == .connected ? Int(slots[index].row.health) : -1
    }
}
