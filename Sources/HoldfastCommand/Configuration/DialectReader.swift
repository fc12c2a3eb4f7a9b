import HoldfastWire

/// Reads `dialect`, and under its own name what each dialect wants to know: once for all accounts, and again for each.
struct DialectReader: Sendable {
    /// The dialect in force where an account chooses none.
    private var chosen = names[0]
    /// What the defaults say about each.
    private var bases: [String: any ConfiguredDialect] = [:]

    private static let names = Dialects.all.map { $0.name }

    mutating func readDefaults(_ section: Section) {
        section.choice("dialect", &chosen, among: Self.names)
        for type in Dialects.all {
            guard let options = section.section(type.name) else { continue }
            bases[type.name] = read(type, options, accountID: nil)
        }
    }

    /// What an account speaks. Settings of another dialect would do nothing, so they are a mistake: in what is written, or in
    /// the choice.
    func account(_ section: Section, id: String) -> any Dialect {
        var chosen = chosen
        section.choice("dialect", &chosen, among: Self.names)
        let kind = Dialects.all.first { $0.name == chosen } ?? LWP.self
        for other in Dialects.all where other.name != kind.name {
            guard let own = section.section(other.name) else { continue }
            if section.has(other.name) {
                section.report(
                    other.name, "is of another dialect; this account speaks \(kind.name)",
                    "leave it out, or write dialect: \(other.name)")
            } else {
                _ = read(other, own, accountID: id)  // only for the reference of all keys
            }
        }
        return read(kind, section.section(kind.name) ?? section.empty(kind.name), accountID: id)
    }

    private func read<Kind: ConfiguredDialect>(_ type: Kind.Type, _ options: Section, accountID: String?) -> Kind {
        Kind.read(options, over: bases[Kind.name] as? Kind, accountID: accountID)
    }
}

extension Section: DialectOptions {
    func part(_ key: String) -> (any DialectOptions)? { section(key) }

    func parts(_ key: String) -> [any DialectOptions]? {
        if reading.reference != nil { return [empty("\(key)[]")] }
        return list(key)?.enumerated().compactMap { index, item in
            Section(item, path: "\(name(of: key))[\(index)]", reading: reading)
        }
    }

    func texts(_ key: String, allowed: String) -> [String]? {
        describe(key, "list", preset: "none", allowed)
        guard let node = node(key) else { return nil }
        return texts(of: node, name(of: key))
    }

    func table(_ key: String, allowed: String) -> [(name: String, values: [String])]? {
        describe(key, "mapping", preset: "none", allowed)
        guard has(key), let section = section(key) else {
            _ = node(key)
            return nil
        }
        return section.keys.compactMap { name in
            guard let node = section.node(name) else { return nil }
            return texts(of: node, section.name(of: Self.printable(name))).map { (name, $0) }
        }
    }

    private func texts(of node: ConfigurationNode, _ key: String) -> [String]? {
        let items = if case .list(let items) = node.content { items } else { [node] }
        let texts = items.compactMap { item -> String? in
            guard case .scalar(let raw, let expands) = item.content else { return nil }
            return expands ? expanded(raw, at: item.place, key: key) : raw
        }
        guard texts.count == items.count, !texts.isEmpty else {
            reading.report("is no text", at: node.place, key: key, "write one text, or a list of them")
            return nil
        }
        return texts
    }
}
