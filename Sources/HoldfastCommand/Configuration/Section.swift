/// One mapping of the configuration while it is read: hands out its values by key, checks them, and at the end reports the keys
/// nobody asked for. A value that is wrong is reported and leaves the default in place, so that reading goes on.
final class Section {
    /// The full name of the mapping, such as `defaults.heartbeat`; empty at the top.
    let path: String
    let place: Place
    let reading: Reading
    private let entries: [ConfigurationNode.Entry]
    private var known: [String] = []

    init(path: String, place: Place, entries: [ConfigurationNode.Entry], reading: Reading) {
        self.path = path
        self.place = place
        self.entries = entries
        self.reading = reading
    }

    /// Makes a section of a node, or reports that it is no mapping. Nothing at all is an empty mapping.
    convenience init?(_ node: ConfigurationNode, path: String, reading: Reading) {
        switch node.content {
        case .mapping(let entries):
            self.init(path: path, place: node.place, entries: entries, reading: reading)
        case .null:
            self.init(path: path, place: node.place, entries: [], reading: reading)
        case .scalar, .list:
            reading.report(
                "is \(node.kind)", at: node.place, key: path.isEmpty ? "file" : path,
                "a mapping (key: value) is needed here")
            return nil
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// The keys that are there, in the order of the file.
    var keys: [String] { entries.map(\.key) }

    func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// Whether a key is there to say "none".
    func isNull(_ key: String) -> Bool {
        if case .null? = entry(key)?.value.content { true } else { false }
    }

    /// Where a key was written; the place of the section if it was not.
    func place(of key: String) -> Place { entry(key)?.place ?? place }

    /// The full name of a key of this section.
    func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Hands out a value and marks its key as known.
    func node(_ key: String) -> ConfigurationNode? {
        known.append(key)
        return entry(key)?.value
    }

    /// Hands out a mapping inside this one; nil if it is not there or is none.
    func section(_ key: String) -> Section? {
        guard let node = node(key) else { return reading.reference == nil ? nil : empty(key) }
        return Section(node, path: name(of: key), reading: reading)
    }

    /// Hands out the items of a list; nil if it is not there or is none.
    func list(_ key: String) -> [ConfigurationNode]? {
        guard let node = node(key) else { return nil }
        switch node.content {
        case .list(let items): return items
        case .null: return []
        case .scalar, .mapping:
            report(key, "is \(node.kind)", "a list is needed here")
            return nil
        }
    }

    func report(_ key: String, _ problem: String, _ remedy: String) {
        reading.report(problem, at: place(of: key), key: name(of: Self.printable(key)), remedy)
    }

    /// Reports every key that nobody asked for. Call it last.
    func finish() {
        for entry in entries where !known.contains(entry.key) {
            let key = Self.printable(entry.key)
            if let near = NearestKey.of(entry.key, among: known) {
                reading.report(
                    "unknown key", at: entry.place, key: name(of: key), "did you mean \(near)? \(allowedKeys)")
            } else {
                reading.report("unknown key", at: entry.place, key: name(of: key), allowedKeys)
            }
        }
    }

    /// A text as it may be shown in a message: one line, and not too long.
    static func printable(_ text: String) -> String {
        let limit = 40
        var result = ""
        for character in text.prefix(limit) {
            result.append(
                character.isNewline || character.unicodeScalars.contains { $0.value < 0x20 } ? "?" : character)
        }
        return text.count > limit ? result + "…" : result
    }

    private var allowedKeys: String {
        known.isEmpty ? "there are no keys here" : "allowed: \(known.sorted().joined(separator: ", "))"
    }

    private func entry(_ key: String) -> ConfigurationNode.Entry? { entries.first { $0.key == key } }

    /// Stands for a mapping that nobody wrote.
    func empty(_ key: String) -> Section {
        Section(path: name(of: key), place: place, entries: [], reading: reading)
    }

}
