/// The way to a value inside a JSON text: names of members and numbers of elements, joined by dots, such as `d.user.id` or
/// `events.0.type`. A number means an element in an array and a member of that name in an object.
public struct JSONPath: Hashable, Sendable, Comparable {
    /// Names on the way, at most.
    public static let depthLimit = 8
    /// Bytes of the written path, at most.
    public static let bytesLimit = 256

    /// Of members, and numbers of elements.
    public let names: [String]

    /// Nil if the text is no path.
    public init?(_ text: String) {
        names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.bytesLimit, names.count <= Self.depthLimit, !names.contains("") else {
            return nil
        }
    }

    public static let allowed =
        "names and numbers joined by dots, such as d.user.id; at most \(depthLimit) of them and \(bytesLimit) bytes"

    public static func < (left: JSONPath, right: JSONPath) -> Bool {
        left.names.lexicographicallyPrecedes(right.names)
    }
}

/// The values at several paths, found in one pass over a text: it goes into what lies on the way to one of them, passes over
/// everything else, and builds nothing. It is total, like the scanner it uses.
struct PathTree: Hashable, Sendable {
    /// Paths in one tree, at most.
    static let limit = 32

    /// The paths in order; a path's place is its number.
    private let paths: [JSONPath]
    /// The first is the text itself. The children of a node follow each other.
    private var nodes: [Node] = [Node()]

    private struct Node: Hashable {
        var name: [UInt8] = []
        /// The name as the number of an element.
        var element: Int?
        /// The number of the path that ends here.
        var path: Int?
        var children: Range<Int> = 0..<0
        /// The numbers of all paths that end here or below.
        var below: Range<Int> = 0..<0
    }

    /// What was found, by the numbers of the paths. A `null` counts as absent.
    struct Found {
        private var values: InlineArray<32, JSONValue?> = .init(repeating: nil)

        subscript(path: Int) -> JSONValue? {
            get { values.indices.contains(path) ? values[path] : nil }
            set { if values.indices.contains(path) { values[path] = newValue } }
        }
    }

    /// Finds nothing.
    init() { paths = [] }

    /// Nil if there are more different paths than `limit`.
    init?(_ paths: [JSONPath]) {
        let distinct = Set(paths).sorted()
        guard distinct.count <= Self.limit else { return nil }
        self.paths = distinct
        grow(0, at: 0, over: distinct.indices)
    }

    /// The number of a path; one that nothing is found under if the tree does not have it.
    func number(of path: JSONPath) -> Int { paths.firstIndex(of: path) ?? Self.limit }

    /// In sorted order whatever lies below a node stands together.
    private mutating func grow(_ node: Int, at depth: Int, over range: Range<Int>) {
        nodes[node].below = range
        var rest = range
        if let first = rest.first, paths[first].names.count == depth {
            nodes[node].path = first
            rest = rest.dropFirst()
        }
        var groups: [Range<Int>] = []
        for index in rest {
            if let last = groups.last, paths[last.lowerBound].names[depth] == paths[index].names[depth] {
                groups[groups.count - 1] = last.lowerBound..<index + 1
            } else {
                groups.append(index..<index + 1)
            }
        }
        let first = nodes.count
        nodes[node].children = first..<first + groups.count
        for group in groups {
            let name = paths[group.lowerBound].names[depth]
            nodes.append(Node(name: Array(name.utf8), element: Int(name)))
        }
        for (child, group) in zip(first..., groups) { grow(child, at: depth + 1, over: group) }
    }
}

extension PathTree {
    /// Finds what lies at the paths. The whole text is checked.
    func find(in json: RawSpan) throws(JSONError) -> Found {
        var found = Found()
        var scanner = JSONScanner()
        try walk(0, json, &scanner, &found)
        try scanner.finish(in: json)
        return found
    }

    /// As deep as the longest path, so `JSONPath.depthLimit` at most.
    private func walk(
        _ number: Int, _ json: RawSpan, _ scanner: inout JSONScanner, _ found: inout Found
    ) throws(JSONError) {
        let node = nodes[number]
        // Of members that appear twice the last one counts, as a whole.
        for path in node.below { found[path] = nil }
        let kind = scanner.nextKind(in: json)
        let start = scanner.position
        let value: JSONValue
        if kind == .object, !node.children.isEmpty {
            try walkMembers(of: node, json, &scanner, &found)
            value = JSONValue(.object, start..<scanner.position)
        } else if kind == .array, !node.children.isEmpty {
            try walkElements(of: node, json, &scanner, &found)
            value = JSONValue(.array, start..<scanner.position)
        } else {
            value = try scanner.skipValue(in: json)
        }
        if let path = node.path, value.kind != .null { found[path] = value }
    }

    private func walkMembers(
        of node: Node, _ json: RawSpan, _ scanner: inout JSONScanner, _ found: inout Found
    ) throws(JSONError) {
        try scanner.beginObject(in: json)
        while let key = try scanner.nextKey(in: json) {
            if let child = node.children.first(where: { key.reads(nodes[$0].name, in: json) }) {
                try walk(child, json, &scanner, &found)
            } else {
                try scanner.skipValue(in: json)
            }
        }
    }

    private func walkElements(
        of node: Node, _ json: RawSpan, _ scanner: inout JSONScanner, _ found: inout Found
    ) throws(JSONError) {
        try scanner.beginArray(in: json)
        var element = 0
        while try scanner.nextElement(in: json) {
            if let child = node.children.first(where: { nodes[$0].element == element }) {
                try walk(child, json, &scanner, &found)
            } else {
                try scanner.skipValue(in: json)
            }
            element += 1
        }
    }
}
