import HoldfastConsole

/// Every key of the configuration with the value in force, for the page of settings.
///
/// The keys and their defaults are those of the reference; what was written replaces them. A text could be a secret, or have one
/// in it, so of texts only those in `plainTexts` are shown; of the others one learns that they are set. Accounts are not in it:
/// there may be many, and they have pages of their own.
enum SettingsList {
    /// Texts that hold nothing secret.
    private static let plainTexts: Set<String> = [
        "server.listen", "store.path", "backup.path", "accounts_file", "defaults.lwp.wv", "defaults.tls.ca",
        "defaults.tls.server_name",
    ]
    /// Kinds of values that cannot be secret.
    private static let plainKinds: Set<String> = ["duration", "size", "number", "true or false", "choice"]
    private static let plainLists: Set<String> = ["defaults.recovery.climb"]
    /// What is a list, or has names that somebody chose: how many there are, or which names, says enough.
    private static let gathered = ["server.tokens", "providers", "handlers", "channels", "silences"]
    private static let hidden = "•••"

    /// - Parameter root: the configuration as it was written, with what the environment overrides.
    static func of(_ root: ConfigurationNode, reference: [KeyReference.Key], environment: [String: String]) -> [Setting]
    {
        let single = reference.filter { key in
            !key.name.contains("[]") && !key.name.contains("{") && key.name != "accounts"
                && !gathered.contains(key.name)
        }
        let together = gathered.map { KeyReference.Key(name: $0, kind: "list", preset: "none", allowed: "") }
        return (single + together).map { key in
            guard let node = root.node(at: key.name.split(separator: ".").map(String.init)) else {
                return Setting(key: key.name, value: key.preset, preset: key.preset, isSet: false)
            }
            let value = text(of: node, as: key, environment)
            return Setting(key: key.name, value: value, preset: key.preset, isSet: true)
        }
    }

    private static func text(
        of node: ConfigurationNode, as key: KeyReference.Key, _ environment: [String: String]
    ) -> String {
        switch node.content {
        case .null: return "none"
        case .list(let items):
            let words = items.compactMap(\.plainText)
            return plainLists.contains(key.name) ? words.joined(separator: ", ") : "\(items.count)"
        case .mapping(let entries): return entries.map(\.key).joined(separator: ", ")
        case .scalar(let raw, let expands):
            guard plainKinds.contains(key.kind) || plainTexts.contains(key.name) else { return hidden }
            return expands ? (try? Expansion.expand(raw, environment: environment)) ?? raw : raw
        }
    }
}

extension ConfigurationNode {
    /// What is written under a path of keys; nil if nothing is.
    fileprivate func node(at path: [String]) -> ConfigurationNode? {
        guard let first = path.first else { return self }
        guard case .mapping(let entries) = content, let entry = entries.first(where: { $0.key == first }) else {
            return nil
        }
        return entry.value.node(at: Array(path.dropFirst()))
    }

    fileprivate var plainText: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }
}
