import HoldfastWire

/// What everything that reads one configuration shares: the environment, what was found wrong, and the list of keys.
final class Reading {
    /// The most problems that are kept; beyond it they are only counted.
    static let problemsLimit = 1_000

    let environment: [String: String]
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var omitted = 0
    /// What `NetworkReader` has found out about files.
    var digests: [String: String] = [:]
    var tlsProblems: [TLSSettings: String?] = [:]
    /// Filled when the reference of all keys is made, else nil.
    var reference: KeyReference?

    init(environment: [String: String]) {
        self.environment = environment
    }

    func report(_ problem: String, at place: Place, key: String, _ remedy: String) {
        guard problems.count < Self.problemsLimit else {
            omitted += 1
            return
        }
        problems.append(ConfigurationProblem(place: place, key: key, problem: problem, remedy: remedy))
    }

    /// Everything found wrong so far, in the order in which a person reads the files.
    func failure(files: [String]) -> InvalidConfiguration? {
        guard !problems.isEmpty else { return nil }
        func rank(_ place: Place) -> (Int, Int) {
            switch place {
            case .argument: (-2, 0)
            case .variable: (-1, 0)
            case .line(let line, let file): (files.firstIndex(of: file) ?? files.count, line)
            }
        }
        let sorted = problems.enumerated().sorted { left, right in
            let (leftRank, rightRank) = (rank(left.element.place), rank(right.element.place))
            return leftRank == rightRank ? left.offset < right.offset : leftRank < rightRank
        }
        return InvalidConfiguration(problems: sorted.map(\.element), omitted: omitted)
    }
}
