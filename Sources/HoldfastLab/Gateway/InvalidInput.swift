/// Input of a person or a script that cannot be used: where it is wrong, and what would be right.
public struct InvalidInput: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place, as a path into the input: `faults[2].match.share`.
    public var place: String
    /// What is wrong there and what is allowed, as a sentence without the place.
    public var problem: String

    public init(at place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    public var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
