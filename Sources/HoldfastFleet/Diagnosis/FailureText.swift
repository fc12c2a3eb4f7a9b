import HoldfastCore

/// Failures in words: what went wrong, and what a person can do. Judged from the failure itself; the wire's own chain of
/// causes is put between the two.
enum FailureText {
    static func message(for failure: Failure, chain: [String]) -> String {
        let told = chain.filter { !$0.isEmpty }.joined(separator: ": ")
        return [told.isEmpty ? cause(of: failure) : told, advice(for: failure)]
            .filter { !$0.isEmpty }.joined(separator: "; ")
    }

    static func cause(of failure: Failure) -> String {
        let number = failure.number
        return switch failure.detail {
        case .endOfStream: "the gateway ended the connection without a farewell"
        case .reset: "the connection was reset"
        case .closeCode: "the gateway closed the connection with code \(number)"
        case .refused: "nobody listens there: the connection was refused"
        case .unreachable: "there is no way to the gateway's address"
        case .systemCall: "a system call failed with errno \(number)"
        case .timeout(let phase): "no progress in the phase \(phase.name) before its deadline"
        case .heartbeatDead: "the gateway stopped answering heartbeats"
        case .localAddress: "the local address to connect from cannot be used"
        case .nameNotFound: "the gateway's name does not exist"
        case .nameLookup: "the gateway's name could not be looked up"
        case .upgradeStatus: "the gateway refused the WebSocket with HTTP status \(number)"
        case .proxyFailed: "the proxy could not be reached"
        case .proxyTimeout: "the proxy did not lead to the gateway in time"
        case .proxyStatus: "the proxy refused the connection with status \(number)"
        case .proxyReply: "the proxy answered with SOCKS reply \(number)"
        case .proxyAuthentication: "the proxy does not accept the user and password"
        case .notAProxy: "what answered is no proxy of this kind"
        case .registerCode: "the gateway refused the registration with code \(number)"
        case .heartbeatCode: "the gateway answered a heartbeat with code \(number)"
        case .refusal: "the gateway said that it will not serve us, with code \(number)"
        case .noCredential: "the account has no token yet: its provider is asked for one first"
        case .violation(let violation): "the gateway broke the protocol (\(violation.rawValue))"
        case .certificate: "the gateway's certificate is not valid for it"
        case .tls: "TLS could not be agreed with the gateway"
        case .url: "the URL cannot be used"
        case .handler: "handling a message failed"
        case .descriptors: "the process has no file descriptor left"
        case .memory: "a memory budget is used up"
        }
    }

    private static func advice(for failure: Failure) -> String {
        switch failure.class {
        case .dropped, .server:
            ""
        case .network:
            networkAdvice(for: failure.detail)
        case .auth where failure.detail == .noCredential:
            "if the login fails too, see last_login"
        case .auth:
            "give the account a new token or credential, then release it if it is quarantined"
        case .protocol:
            "check that the URL leads to the gateway and not to something in between"
        case .permanent:
            permanentAdvice(for: failure.detail)
        case .handler:
            "see the handler's own log"
        case .system:
            systemAdvice(for: failure)
        }
    }

    private static func networkAdvice(for detail: FailureDetail) -> String {
        switch detail {
        case .proxyFailed, .proxyTimeout: "check that the proxy is up, and its host and port in proxy"
        case .proxyStatus, .proxyReply: "see the proxy's own log"
        case .tls: "check that the port speaks TLS (wss, not ws), tls.min_version and tls.certificate"
        default: ""
        }
    }

    private static func systemAdvice(for failure: Failure) -> String {
        switch failure.detail {
        case .descriptors: "raise the limit of open files (LimitNOFILE=, ulimit -n) or split the fleet"
        case .memory: "give the process more memory, or fewer accounts"
        case .localAddress:
            "set tcp.local_address to an address of this machine, of a family that the gateway has, or leave it out"
        case .systemCall where failure.number == addressNotAvailable:
            "widen net.ipv4.ip_local_port_range, or spread the accounts over more local addresses (tcp.local_address)"
        default: "see what this machine is out of"
        }
    }

    /// EADDRNOTAVAIL of Linux: no port is left to this destination.
    private static let addressNotAvailable: Int32 = 99

    private static func permanentAdvice(for detail: FailureDetail) -> String {
        switch detail {
        case .certificate(.untrusted): "if the gateway has its own certificate authority, name it in tls.ca"
        case .certificate(.expired): "the gateway needs a new certificate; check this machine's clock too"
        case .certificate(.wrongHost): "correct the host in the URL, or set tls.server_name"
        case .certificate(.ours): "set tls.certificate and tls.key to what the gateway knows the account by"
        case .proxyStatus, .proxyReply, .proxyAuthentication: "check the proxy's rules and the user and password for it"
        case .notAProxy: "check the proxy's scheme and port"
        default: "trying again will not help: check the account's URL and headers"
        }
    }
}
