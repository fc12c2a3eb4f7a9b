/// The list of all keys with their defaults, written down by the reader itself while it reads: so it cannot be out of date.
final class KeyReference {
    struct Key: Hashable {
        /// The full name, such as `defaults.heartbeat.interval`; a list's items are `accounts[]`.
        var name: String
        /// What kind of value, such as `duration`.
        var kind: String
        /// The default as it would be written, or `none`.
        var preset: String
        /// The range or the choices; empty if the kind says it all.
        var allowed: String
    }

    private(set) var keys: [Key] = []

    func add(_ name: String, kind: String, preset: String, allowed: String = "") {
        keys.append(Key(name: name, kind: kind, preset: preset, allowed: allowed))
    }
}
