/// Who did something by hand, and from where: for the audit log.
public struct Hand: Sendable, Hashable {
    /// The name of a token, or of whoever it was.
    public var name: String
    /// The address it came from.
    public var address: String

    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    /// The program that embeds the fleet.
    public static let program = Hand(name: "program", address: "process")
}
