/// The second half of a failure code. A case without text of its own takes it from the failure's number.
public enum FailureDetail: Hashable, Sendable {
    case endOfStream
    case reset
    case closeCode
    case refused
    case unreachable
    case systemCall
    case timeout(Phase)
    case heartbeatDead
    case localAddress
    case nameNotFound
    case nameLookup
    case upgradeStatus
    case proxyFailed
    case proxyTimeout
    case proxyStatus
    case proxyReply
    case proxyAuthentication
    case notAProxy
    case registerCode
    case heartbeatCode
    case refusal
    case noCredential
    case violation(ProtocolViolation)
    case certificate(CertificateProblem)
    case tls
    case url
    case handler
    case descriptors
    case memory

    func text(number: Int32) -> String {
        switch self {
        case .endOfStream: "eof"
        case .reset: "reset"
        case .closeCode: "close_\(number)"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .systemCall: "errno_\(number)"
        case .timeout(let phase): "timeout_\(phase.name)"
        case .heartbeatDead: "heartbeat_dead"
        case .localAddress: "local_address"
        case .nameNotFound: "name_not_found"
        case .nameLookup: "name_lookup"
        case .upgradeStatus: "upgrade_\(number)"
        case .proxyFailed: "proxy_failed"
        case .proxyTimeout: "proxy_timeout"
        case .proxyStatus: "proxy_\(number)"
        case .proxyReply: "proxy_socks_\(number)"
        case .proxyAuthentication: "proxy_auth"
        case .notAProxy: "proxy_protocol"
        case .registerCode: "register_\(number)"
        case .heartbeatCode: "heartbeat_\(number)"
        case .refusal: "refused_\(number)"
        case .noCredential: "no_credential"
        case .violation(let violation): violation.rawValue
        case .certificate(let problem): problem.rawValue
        case .tls: "tls"
        case .url: "url"
        case .handler: "failed"
        case .descriptors: "descriptors"
        case .memory: "memory"
        }
    }
}
