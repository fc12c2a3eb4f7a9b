public import HoldfastCore

/// Why a link ended, for the rules and for people.
public struct LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the session's rules judge.
    public var cause: FailureCause
    /// What was being done, then what stood in its way, each text the reason of the one before. Holds no secret, and of
    /// what a peer sent at most 1 KiB.
    public var chain: [String]
    /// What the peer itself said about it, word for word; then it is the chain's last text, too. Nil if it said nothing.
    public var said: String?

    /// - Parameters:
    ///   - chain: empty texts are left out.
    ///   - said: the peer's own words; empty if it said nothing.
    public init(_ cause: FailureCause, _ chain: String..., said: String = "") {
        self.cause = cause
        self.chain = (chain + [said]).filter { !$0.isEmpty }
        self.said = said.isEmpty ? nil : said
    }

    public var description: String { chain.joined(separator: ": ") }
}
