/// What a frame must look like: the value at each of some paths.
public struct JSONMatch: Hashable, Sendable {
    /// Conditions in one match, at most.
    public static let limit = 8

    struct Condition: Hashable {
        var path: JSONPath
        /// What the value there may read; nil if any value will do that is there.
        var values: [String]?
    }

    let conditions: [Condition]

    init(_ conditions: [Condition]) {
        self.conditions = conditions
    }

    var paths: [JSONPath] { conditions.map(\.path) }
}

/// A match whose paths are those of a tree.
struct TreeMatch: Hashable, Sendable {
    private struct Condition: Hashable {
        var path: Int
        var values: [[UInt8]]?
    }

    private let conditions: [Condition]

    init(_ match: JSONMatch, _ tree: PathTree) {
        conditions = match.conditions.map { condition in
            Condition(path: tree.number(of: condition.path), values: condition.values?.map { Array($0.utf8) })
        }
    }

    func holds(_ found: PathTree.Found, in json: RawSpan) -> Bool {
        for condition in conditions {
            guard let value = found[condition.path] else { return false }
            guard let values = condition.values else { continue }
            var isAny = false
            for expected in values where value.reads(expected, in: json) { isAny = true }
            if !isAny { return false }
        }
        return true
    }
}
