/// One thing that is wrong in the configuration. Printed as `FILE:LINE: KEY: what is wrong; what is allowed`.
///
/// The texts never hold a value that may be a secret.
struct ConfigurationProblem: Hashable, Sendable {
    var place: Place
    /// The full name of the key, such as `defaults.heartbeat.interval`.
    var key: String
    /// What is wrong.
    var problem: String
    /// What is allowed, or what to do.
    var remedy: String
}

extension ConfigurationProblem: CustomStringConvertible {
    var description: String { "\(place): \(key): \(problem); \(remedy)" }
}

/// A configuration that cannot be used, with everything that is wrong in it.
struct InvalidConfiguration: Error, CustomStringConvertible {
    /// In the order of files and lines; at most `Reading.problemsLimit`.
    var problems: [ConfigurationProblem]
    /// Problems found beyond the limit.
    var omitted: Int

    var description: String {
        var lines = problems.map(\.description)
        if omitted > 0 { lines.append("and \(omitted) more problems") }
        return lines.joined(separator: "\n")
    }
}
