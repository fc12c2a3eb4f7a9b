import Foundation

/// `HOLDFAST_SERVER__LISTEN` overrides `server.listen`: the path of the key in capitals, its parts joined by two underscores.
///
/// Accounts, being a list, cannot be overridden this way. Variables without `__`, such as `HOLDFAST_URL`, are not overrides,
/// but for `HOLDFAST_ACCOUNTS_FILE`.
enum EnvironmentOverrides {
    static let prefix = "HOLDFAST_"
    /// More are refused: nobody sets so many by intention.
    static let limit = 200

    /// The tree with the overrides put in. Each carries the variable as its place, so that a problem names it.
    static func apply(to root: ConfigurationNode, reading: Reading) -> ConfigurationNode {
        var root = root
        let names = reading.environment.keys.filter { isOverride($0) }.sorted()
        for name in names.prefix(limit) {
            guard let value = reading.environment[name] else { continue }
            let path = name.dropFirst(prefix.count).lowercased().components(separatedBy: "__")
            guard !path.contains(""), path.count <= YAMLDocument.depthLimit else {
                reading.report(
                    "is no name of a key", at: .variable(name), key: name, "write \(prefix)SECTION__KEY")
                continue
            }
            set(node(value, name, reading), at: path[...], in: &root, of: path.joined(separator: "."), reading)
        }
        return root
    }

    private static func isOverride(_ name: String) -> Bool {
        name.hasPrefix(prefix) && (name.contains("__") || name == "\(prefix)ACCOUNTS_FILE")
    }

    /// A list or a mapping is written as in YAML's flow style; everything else is text, taken as it is.
    private static func node(_ value: String, _ name: String, _ reading: Reading) -> ConfigurationNode {
        let place = Place.variable(name)
        let isFlow = (value.hasPrefix("[") && value.hasSuffix("]")) || (value.hasPrefix("{") && value.hasSuffix("}"))
        if isFlow,
            let parsed = YAMLDocument.parse(value, file: "environment:\(name)", reading: reading)
        {
            return ConfigurationNode(content: parsed.content, place: place)
        }
        return ConfigurationNode(content: .scalar(value, expands: false), place: place)
    }

    private static func set(
        _ value: ConfigurationNode, at path: ArraySlice<String>, in node: inout ConfigurationNode, of name: String,
        _ reading: Reading
    ) {
        guard let key = path.first else {
            node = value
            return
        }
        var entries: [ConfigurationNode.Entry]
        switch node.content {
        case .mapping(let existing): entries = existing
        case .null: entries = []
        case .scalar, .list:
            return reading.report(
                "is part of \(node.kind) in the file", at: value.place, key: name, "override the whole")
        }
        var entry = ConfigurationNode.Entry(
            key: key, place: value.place, value: ConfigurationNode(content: .null, place: value.place))
        if let index = entries.firstIndex(where: { $0.key == key }) {
            let existing = entries.remove(at: index)
            entry.value = existing.value
            if path.count > 1 { entry.place = existing.place }
        }
        set(value, at: path.dropFirst(), in: &entry.value, of: name, reading)
        entries.append(entry)
        node.content = .mapping(entries)
    }
}
