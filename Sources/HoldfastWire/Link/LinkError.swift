public import HoldfastCore

/// Why a link ended, for the rules and for people.
public struct LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the session's rules judge.
    public var cause: FailureCause
    /// What was being done, then what stood in its way, each text the reason of the one before. Holds no secret, and of
    /// what a peer sent at most 1 KiB.
    public var chain: [String]

    /// - Parameter chain: empty texts are left out.
    public init(_ cause: FailureCause, _ chain: String...) {
        self.cause = cause
        self.chain = chain.filter { !$0.isEmpty }
    }

    public var description: String { chain.joined(separator: ": ") }
}
