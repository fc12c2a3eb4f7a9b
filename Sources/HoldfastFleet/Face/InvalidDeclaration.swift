/// A declaration of an account that cannot be used, in words that name no secret.
public struct InvalidDeclaration: Error, Sendable, Hashable, CustomStringConvertible {
    /// Each says where, what is wrong, and what is allowed.
    public var problems: [String]

    public init(_ problems: [String]) {
        self.problems = problems
    }

    public var description: String { problems.joined(separator: "; ") }
}
