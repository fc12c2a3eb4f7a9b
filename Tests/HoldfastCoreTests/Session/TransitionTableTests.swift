import HoldfastCore
import Testing

@Suite("The table of legal transitions")
struct TransitionTableTests {
    /// The line of requirements §1, written down a second time: the oracle of the first.
    static let legal: [SessionState: Set<SessionState>] = [
        .disconnected: [.connecting],
        .connecting: [.connected, .reconnecting, .failed, .closed],
        .connected: [.reconnecting, .closed],
        .reconnecting: [.connecting, .failed, .closed, .disconnected],
        .failed: [.reconnecting, .closed, .disconnected],
        .closed: [.disconnected],
    ]

    @Test("holds exactly the edges of the requirements", arguments: SessionState.allCases, SessionState.allCases)
    func edges(from: SessionState, to: SessionState) {
        #expect(from.mayGo(to: to) == Self.legal[from]?.contains(to))
    }

    @Test("uses the six names of the contract")
    func names() {
        #expect(
            SessionState.allCases.map(\.name) == [
                "disconnected", "connecting", "connected", "reconnecting", "failed", "closed",
            ])
    }
}
