import ArgumentParser

/// Why a command could not do what it was asked to; printed on standard error, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    /// What went wrong, and what to do.
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

extension ExitCode {
    /// The configuration is wrong (`EX_CONFIG`).
    static let wrongConfiguration = ExitCode(78)
    /// Something needed is not to be had: an address to listen on, the store (`EX_UNAVAILABLE`).
    static let unavailable = ExitCode(69)
    /// Our own mistake (`EX_SOFTWARE`).
    static let internalError = ExitCode(70)
}
