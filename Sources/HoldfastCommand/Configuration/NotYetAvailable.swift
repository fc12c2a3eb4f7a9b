/// Keys that have their name and shape but do nothing in this version. Whatever an operator would rely on is refused, not
/// passed over in silence.
enum NotYetAvailable {
    /// Refused at the top: Holdfast would not do what these promise.
    static let sections = ["alerts", "silences"]

    /// Refuses a key if it holds anything.
    static func refuse(_ section: Section, _ key: String, _ instead: String) {
        guard let node = section.node(key) else { return }
        switch node.content {
        case .null: return
        case .list(let items) where items.isEmpty: return
        case .mapping(let entries) where entries.isEmpty: return
        default: section.report(key, "is not available yet in this version", instead)
        }
    }
}
