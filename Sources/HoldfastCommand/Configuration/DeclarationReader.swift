import HoldfastFleet

/// Reads the declaration of an account that is added to the running fleet, as one in the file is read, under its defaults.
///
/// What comes over the network is taken as it is: `${X}` means nothing in it, so that nobody can ask for what is in the
/// environment of the process.
struct DeclarationReader: Sendable {
    let defaults: AccountDefaults
    let providers: [String: Provider]
    /// What paths are relative to.
    let folder: String

    func read(_ json: String) throws(InvalidDeclaration) -> AccountConfiguration {
        let reading = Reading(environment: [:])
        var reader = AccountsReader(defaults: defaults, providers: providers, reading: reading)
        guard let tree = JSONTree(json.utf8) else { throw InvalidDeclaration(["this is not JSON"]) }
        if let node = ConfigurationNode(tree) { reader.read([node], folder: folder) }
        guard let account = reader.accounts.first, reading.problems.isEmpty else {
            let problems = reading.problems.map { problem in
                "\(problem.key.replacing("accounts[0].", with: "")): \(problem.problem); \(problem.remedy)"
            }
            throw InvalidDeclaration(
                problems.isEmpty ? ["this is no account; an account has an id and a url"] : problems)
        }
        return account
    }
}

extension ConfigurationNode {
    /// A value of the API; nil where it lies deeper in others than any key of ours. Dollar signs have no meaning in it.
    fileprivate init?(_ tree: JSONTree, depth: Int = 0) {
        guard depth < YAMLDocument.depthLimit else { return nil }
        let place = Place.line(1, file: "declaration")
        self.place = place
        switch tree {
        case .null:
            content = .null
        case .text, .number, .flag:
            content = .scalar(tree.plain ?? "", expands: false)
        case .array(let items):
            content = .list(items.compactMap { ConfigurationNode($0, depth: depth + 1) })
        case .object(let members):
            content = .mapping(
                members.sorted { $0.key < $1.key }.compactMap { name, value in
                    ConfigurationNode(value, depth: depth + 1).map { Entry(key: name, place: place, value: $0) }
                })
        }
    }
}
