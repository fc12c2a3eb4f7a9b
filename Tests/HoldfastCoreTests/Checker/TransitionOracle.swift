import HoldfastCore

/// The table of legal transitions, written down a second time from the requirements (C1) and not from the code.
enum TransitionOracle {
    static let legal: [SessionState: Set<SessionState>] = [
        .disconnected: [.connecting],
        .connecting: [.connected, .reconnecting, .failed, .closed],
        .connected: [.reconnecting, .closed],
        .reconnecting: [.connecting, .failed, .closed, .disconnected],
        .failed: [.reconnecting, .closed, .disconnected],
        .closed: [.disconnected],
    ]

    static func allows(_ from: SessionState, _ to: SessionState) -> Bool {
        legal[from]?.contains(to) ?? false
    }

    static var edges: Set<Edge> {
        Set(legal.flatMap { from, targets in targets.map { Edge(from: from, to: $0) } })
    }

    struct Edge: Hashable, CustomStringConvertible {
        var from: SessionState
        var to: SessionState

        var description: String { "\(from.name) → \(to.name)" }
    }
}
