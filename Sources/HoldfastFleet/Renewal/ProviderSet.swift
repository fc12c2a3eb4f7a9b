import Synchronization

/// The providers there are, by their names. They are made when first needed, and shared by all accounts that name them.
final class ProviderSet: Sendable {
    private struct State {
        var configurations: [String: ProviderConfiguration] = [:]
        var made: [String: any CredentialProvider] = [:]
    }

    private let state = Mutex(State())

    /// From now on these. Whoever is logging in goes on with the provider that it began with.
    func apply(_ configurations: [String: ProviderConfiguration]) {
        let changed = state.withLock { state -> [any CredentialProvider] in
            let gone = state.made.filter { configurations[$0.key] != state.configurations[$0.key] }
            state.configurations = configurations
            for name in gone.keys { state.made[name] = nil }
            return Array(gone.values)
        }
        guard !changed.isEmpty else { return }
        Task {
            // Longer than any login that is still under way.
            try? await Task.sleep(for: RenewalDesk.longestLogin)
            for provider in changed { await provider.close() }
        }
    }

    /// Nil if there is none of this name.
    subscript(name: String) -> (any CredentialProvider)? {
        state.withLock { state in
            if let made = state.made[name] { return made }
            let new: any CredentialProvider
            switch state.configurations[name] {
            case .http(let configuration): new = HTTPProvider(configuration)
            case .command(let configuration): new = CommandProvider(configuration: configuration)
            case nil: return nil
            }
            state.made[name] = new
            return new
        }
    }

    func close() async {
        let made = state.withLock { state in
            defer { state = State() }
            return Array(state.made.values)
        }
        for provider in made { await provider.close() }
    }
}
