import Synchronization

/// One key of the configuration, for people. Nothing secret is in it.
public struct Setting: Sendable, Hashable {
    /// The full name, such as `admission.burst`.
    public var key: String
    /// As one would write it.
    public var value: String
    /// What holds where nothing is written.
    public var preset: String
    /// Somebody wrote it, be it with the same value.
    public var isSet: Bool

    public init(key: String, value: String, preset: String, isSet: Bool) {
        self.key = key
        self.value = value
        self.preset = preset
        self.isSet = isSet
    }
}

/// The settings that the process runs with: they change when the configuration is reloaded.
public final class SettingsInForce: Sendable {
    private let list: Mutex<[Setting]>

    public init(_ list: [Setting] = []) {
        self.list = Mutex(list)
    }

    /// In the order of the reference of all keys.
    public var all: [Setting] { list.withLock { $0 } }

    /// Takes over what a reload has changed.
    ///
    /// - Parameter isFixed: whether a key is read at the start only, so that what was in force stays.
    public func reload(_ next: [Setting], isFixed: (_ key: String) -> Bool) {
        list.withLock { list in
            list = list.filter { isFixed($0.key) } + next.filter { !isFixed($0.key) }
        }
    }
}
