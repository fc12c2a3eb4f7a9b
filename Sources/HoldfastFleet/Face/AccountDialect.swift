public import HoldfastWire

/// The language an account speaks with its gateway (requirements §10), with what it needs to know for it. Any `Dialect` can be
/// one, those of embedders as well.
public struct AccountDialect: Sendable, Hashable {
    public let rules: any Dialect

    public init(_ rules: any Dialect) {
        self.rules = rules
    }

    public static func lwp(_ lwp: LWP) -> AccountDialect { AccountDialect(lwp) }

    /// The name in the configuration and in the API.
    public var name: String { type(of: rules).name }

    public static func == (left: AccountDialect, right: AccountDialect) -> Bool {
        AnyHashable(left.rules) == AnyHashable(right.rules)
    }

    public func hash(into hasher: inout Hasher) {
        rules.hash(into: &hasher)
    }

    /// The device it registers as; nil if its dialect knows none.
    var device: String? { (rules as? any DeviceDialect)?.deviceID }

    /// Goes on with the device that the account was first seen with, unless another one is declared.
    mutating func keepDevice(_ device: String, of account: String) {
        guard var keeping = rules as? any DeviceDialect else { return }
        keeping.keepDevice(device, of: account)
        self = AccountDialect(keeping)
    }
}
