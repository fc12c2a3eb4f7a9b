/// The number of one request of ours, for gateways that repeat it in their answers. It is unique on the connection and in
/// time, it leads from the answer back to the request without a table of open ones, and it fits into the integers that every
/// reader of JSON has (it stays below 2⁵³ for 285 000 years).
///
///     number = the connection's beginning in milliseconds + 4 × count + kind
///
/// Kinds: 0 the registration, 1 what follows it, 2 heartbeats, 3 whatever else we send, whose answers mean nothing.
enum RequestNumber: Hashable {
    case registration
    case synchronization
    case heartbeat(UInt32)
    case other

    private var sequence: Int64 {
        switch self {
        case .registration: 0
        case .synchronization: 1
        case .heartbeat(let beat): 4 * Int64(beat) + 2
        case .other: 3
        }
    }

    func number(of identity: ConnectionIdentity) -> Int64 {
        identity.baseMilliseconds + sequence
    }

    /// Nil if this connection has sent no such number.
    init?(_ number: Int64, of identity: ConnectionIdentity) {
        guard number >= identity.baseMilliseconds else { return nil }
        let sequence = number - identity.baseMilliseconds
        switch sequence {
        case 0: self = .registration
        case 1: self = .synchronization
        default:
            guard sequence % 4 == 2, let beat = UInt32(exactly: sequence / 4) else { return nil }
            self = .heartbeat(beat)
        }
    }
}
