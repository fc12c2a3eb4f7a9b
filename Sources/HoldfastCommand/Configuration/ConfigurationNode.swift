/// One value of the configuration as it was written, before anybody asked what it means.
struct ConfigurationNode: Sendable {
    enum Content: Sendable {
        /// Nothing, `null` or `~`.
        case null
        /// Text. `expands` tells whether `${X}` and `$$` in it mean something (they do in files).
        case scalar(String, expands: Bool)
        case list([ConfigurationNode])
        case mapping([Entry])
    }

    /// A key with its value.
    struct Entry: Sendable {
        var key: String
        var place: Place
        var value: ConfigurationNode
    }

    var content: Content
    var place: Place

    /// What a message calls this kind of value.
    var kind: String {
        switch content {
        case .null: "nothing"
        case .scalar: "a single value"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
