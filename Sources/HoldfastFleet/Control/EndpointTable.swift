import Synchronization

/// Numbers for endpoints: small, the same for the same name, never given back. Names are few, so they stay.
final class EndpointTable: Sendable {
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

    /// All names, by their numbers.
    var names: [String] { state.withLock { $0.names } }

    func name(of number: UInt32) -> String {
        state.withLock { $0.names.indices.contains(Int(number)) ? $0.names[Int(number)] : "unknown" }
    }
}
