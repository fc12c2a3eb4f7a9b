/// Finds the end of a wave of connections: when many sockets have come or gone and hardly any do any more. What connecting took,
/// TLS handshakes above all, is freed by then, and lies in the heap as holes.
public struct SocketWave: Hashable, Sendable {
    /// How many sockets make a wave.
    public static let leastSockets = 256
    /// How long it must have been quiet, in looks.
    public static let quietLooks = 5
    /// From one look to the next, the share of all sockets up to which it is quiet.
    public static let quietShare = 0.01

    private var sockets = 0
    private var moved = 0
    private var quiet = 0

    public init() {}

    /// The sockets were counted; once a second.
    ///
    /// - Parameter sockets: how many there are.
    /// - Returns: whether a wave is over; said once of each.
    public mutating func isOver(sockets now: Int) -> Bool {
        let change = abs(now - sockets)
        let isQuiet = Double(change) <= Double(max(now, sockets)) * Self.quietShare
        sockets = now
        moved += change
        quiet = isQuiet ? quiet + 1 : 0
        guard quiet >= Self.quietLooks, moved >= Self.leastSockets else { return false }
        (moved, quiet) = (0, 0)
        return true
    }
}
