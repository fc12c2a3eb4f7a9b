public import HoldfastCore

/// What makes the identifiers of one connection differ from those of any other: a random number and the time it began.
/// Kept by the session's owner for as long as the connection lives; a dialect makes identifiers from it and recognizes
/// their answers by it, without a table of what is open.
public struct ConnectionIdentity: Hashable, Sendable {
    /// 0–999.
    let salt: UInt16
    /// When the connection began, in milliseconds since 1970, clamped to 0 … 10¹⁵ (the year 33 658), so that numbers can
    /// be added without care.
    let baseMilliseconds: Int64

    /// - Parameters:
    ///   - random: a number drawn for this connection.
    ///   - wall: when it begins.
    public init(random: UInt64, at wall: WallTime) {
        salt = UInt16(random % 1_000)
        baseMilliseconds = min(max(wall.milliseconds, 0), 1_000_000_000_000_000)
    }
}
