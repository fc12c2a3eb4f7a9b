@testable import HoldfastCommand

/// The messages a configuration is refused with; empty if it is accepted.
func problems(_ yaml: String, environment: [String: String] = [:]) -> [String] {
    do throws(InvalidConfiguration) {
        _ = try ConfigurationLoader.parse(yaml, path: "fleet.yaml", environment: environment)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

func configuration(_ yaml: String, environment: [String: String] = [:]) throws -> Configuration {
    try ConfigurationLoader.parse(yaml, path: "fleet.yaml", environment: environment)
}
