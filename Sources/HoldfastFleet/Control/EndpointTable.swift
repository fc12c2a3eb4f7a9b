import Synchronization

/// Numbers for endpoints: small, the same for the same name, never given back. Names are few, so they stay; accounts that are
/// added to a running fleet bring no more than `limit` of them.
final class EndpointTable: Sendable {
    static let limit = 100_000

    private struct State {
        var names: [String] = []
        var numbers: [String: UInt32] = [:]
    }

    private let state = Mutex(State())

    func number(of name: String) -> UInt32 {
        state.withLock { state in
            if let known = state.numbers[name] { return known }
            let new = UInt32(state.names.count)
            state.names.append(name)
            state.numbers[name] = new
            return new
        }
    }

    /// Whether there is a number for one more account at this endpoint.
    func hasRoom(for name: String) -> Bool {
        state.withLock { $0.numbers[name] != nil || $0.names.count < Self.limit }
    }

    /// All names, by their numbers.
    var names: [String] { state.withLock { $0.names } }

    func name(of number: UInt32) -> String {
        state.withLock { $0.names.indices.contains(Int(number)) ? $0.names[Int(number)] : "unknown" }
    }
}
