import HoldfastWire

/// Reads `dialect`, and under its own name what each dialect wants to know: once for all accounts, and again for each.
struct DialectReader {
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

    /// What an account speaks. Settings of other dialects are read, too: they may be wrong.
    func account(_ section: Section, id: String) -> any Dialect {
        var chosen = chosen
        section.choice("dialect", &chosen, among: Self.names)
        let kind = Dialects.all.first { $0.name == chosen } ?? LWP.self
        for other in Dialects.all where other.name != kind.name {
            if let own = section.section(other.name) { _ = read(other, own, accountID: id) }
        }
        return read(kind, section.section(kind.name) ?? section.empty(kind.name), accountID: id)
    }

    private func read<Kind: ConfiguredDialect>(_ type: Kind.Type, _ options: Section, accountID: String?) -> Kind {
        Kind.read(options, over: bases[Kind.name] as? Kind, accountID: accountID)
    }
}

extension Section: DialectOptions {}
