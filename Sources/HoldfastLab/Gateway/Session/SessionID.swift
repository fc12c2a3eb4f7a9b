/// Names a session of the gateway from any event loop: its lane, its slot there, and which of the slot's sessions it is.
struct SessionID: Hashable, Sendable {
    var lane: Int
    var slot: Int
    var generation: UInt32
}
