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
        if let node = YAMLDocument.parse(json, file: "declaration", reading: reading) {
            reader.read([node.literal], folder: folder)
        }
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
    /// The same without a meaning of dollar signs.
    fileprivate var literal: ConfigurationNode {
        var copy = self
        switch content {
        case .null: break
        case .scalar(let text, _): copy.content = .scalar(text, expands: false)
        case .list(let items): copy.content = .list(items.map(\.literal))
        case .mapping(let entries):
            copy.content = .mapping(entries.map { Entry(key: $0.key, place: $0.place, value: $0.value.literal) })
        }
        return copy
    }
}
