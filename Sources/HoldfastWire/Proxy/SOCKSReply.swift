/// The replies of SOCKS5 in words (RFC 1928 §6).
enum SOCKSReply {
    static func meaning(of code: UInt8) -> String {
        switch code {
        case 1: "general failure"
        case 2: "not allowed by its rules"
        case 3: "the network cannot be reached"
        case 4: "the host cannot be reached, or its name is not known"
        case 5: "nobody listens there"
        case 6: "the time to live has expired"
        case 7: "it does not know how to connect"
        case 8: "it does not know this kind of address"
        default: "reply \(code)"
        }
    }
}
