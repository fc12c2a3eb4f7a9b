extension Failure {
    /// The one place where a cause becomes a failure with a class (F1). Decided by type, errno, close code or status;
    /// never by text.
    ///
    /// - Parameters:
    ///   - cause: what the wire or the dialect saw.
    ///   - phase: where the attempt was.
    ///   - closeCodes: what close codes of their own mean to this dialect's gateways.
    ///   - longestRetryAfter: the most of a `Retry-After` that is obeyed.
    public static func classify(
        _ cause: FailureCause,
        phase: Phase,
        closeCodes: CloseCodeRules = CloseCodeRules(),
        longestRetryAfter: Duration = RetrySettings().longestRetryAfter
    ) -> Failure {
        switch cause {
        case .endOfStream:
            return Failure(.dropped, .endOfStream, phase: phase)
        case .reset:
            return Failure(.dropped, .reset, phase: phase)
        case .systemCall(let errno):
            return classify(errno: errno, phase: phase)
        case .closed(let code):
            let number = code ?? CloseCode.noStatus
            return Failure(
                closeClass(of: number, closeCodes), .closeCode, number: Int32(number), phase: phase)
        case .timeout(let phase):
            return Failure(.network, .timeout(phase), phase: phase)
        case .heartbeatDead:
            return Failure(.network, .heartbeatDead, phase: phase)
        case .localAddress:
            return Failure(.system, .localAddress, phase: phase)
        case .nameNotFound:
            return Failure(.network, .nameNotFound, phase: phase)
        case .nameLookupFailed:
            return Failure(.network, .nameLookup, phase: phase)
        case .upgradeRefused(let status, let retryAfter):
            let wait = min(max(retryAfter ?? .zero, .zero), longestRetryAfter)
            return Failure(
                statusClass(of: status), .upgradeStatus, number: Int32(clamping: status), phase: phase, retryAfter: wait
            )
        case .proxy(let problem):
            return classify(problem, phase: phase)
        case .registrationRefused(let code):
            return Failure(
                isRejection(code) ? .auth : .server, .registerCode, number: Int32(clamping: code), phase: phase)
        case .heartbeatRefused(let code):
            return Failure(.auth, .heartbeatCode, number: Int32(clamping: code), phase: phase)
        case .refused(let `class`, let code):
            return Failure(`class`, .refusal, number: Int32(clamping: code), phase: phase)
        case .noCredential:
            return Failure(.auth, .noCredential, phase: phase)
        case .violation(let violation):
            return Failure(.protocol, .violation(violation), phase: phase)
        case .certificate(let problem):
            return Failure(.permanent, .certificate(problem), phase: phase)
        case .tlsFailed:
            // Neither another credential nor a restart of the instance changes what two TLS stacks agree on, so it climbs no
            // ladder; and what answers plainly on a port of TLS may be a balancer that is over it in a minute.
            return Failure(.network, .tls, phase: phase)
        case .badURL:
            return Failure(.permanent, .url, phase: phase)
        case .handlerFailed:
            return Failure(.handler, .handler, phase: phase)
        case .outOfDescriptors:
            return Failure(.system, .descriptors, phase: phase)
        case .outOfMemory:
            return Failure(.system, .memory, phase: phase)
        }
    }

    /// Whether a gateway says by this code of an answer that it does not accept who we are: those of HTTP, which gateways borrow.
    public static func isRejection(_ code: Int) -> Bool { code == 401 || code == 403 }

    /// Linux errno values (`asm-generic/errno.h`); Core imports no C library.
    private static func classify(errno: Int32, phase: Phase) -> Failure {
        switch errno {
        case 104, 32, 103:  // ECONNRESET, EPIPE, ECONNABORTED
            Failure(.dropped, .reset, phase: phase)
        case 111:  // ECONNREFUSED
            Failure(.network, .refused, phase: phase)
        case 100, 101, 112, 113:  // ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH
            Failure(.network, .unreachable, number: errno, phase: phase)
        case 110:  // ETIMEDOUT: the kernel gave up
            Failure(.network, .timeout(phase), phase: phase)
        case 23, 24:  // ENFILE, EMFILE
            Failure(.system, .descriptors, number: errno, phase: phase)
        case 12, 105:  // ENOMEM, ENOBUFS
            Failure(.system, .memory, number: errno, phase: phase)
        case 99:  // EADDRNOTAVAIL: our own ports are used up, which says nothing about the endpoint
            Failure(.system, .systemCall, number: errno, phase: phase)
        default:
            Failure(.network, .systemCall, number: errno, phase: phase)
        }
    }

    /// What a proxy says of our configuration is `permanent`, its user and password included: they are the operator's, and
    /// no renewal of the account's credential changes them. Anything else is a network that does not lead there.
    private static func classify(_ problem: ProxyProblem, phase: Phase) -> Failure {
        switch problem {
        case .failed:
            return Failure(.network, .proxyFailed, phase: phase)
        case .silent:
            return Failure(.network, .proxyTimeout, phase: phase)
        case .refused(let status):
            // 401 is what some say for a wrong password instead of 407.
            let isHopeless = [401, 403, 407].contains(status)
            return Failure(
                isHopeless ? .permanent : .network, .proxyStatus, number: Int32(clamping: status), phase: phase)
        case .replied(let code):
            // Not allowed by the rules; a command or a kind of address that the proxy does not know.
            let isHopeless = [2, 7, 8].contains(code)
            return Failure(isHopeless ? .permanent : .network, .proxyReply, number: Int32(code), phase: phase)
        case .authentication:
            return Failure(.permanent, .proxyAuthentication, phase: phase)
        case .notAProxy:
            return Failure(.permanent, .notAProxy, phase: phase)
        }
    }

    /// Close codes of RFC 6455 §7.4.1 and its registry.
    private static func closeClass(of code: UInt16, _ rules: CloseCodeRules) -> FailureClass {
        if rules.auth.contains(code) { return .auth }
        if rules.permanent.contains(code) { return .permanent }
        switch code {
        case 1008: return .auth
        case 1011...1014: return .server
        case 1002, 1003, 1007, 1009, 1010: return .protocol
        default: return .dropped
        }
    }

    private static func statusClass(of status: Int) -> FailureClass {
        switch status {
        case 401, 403: .auth
        case 408, 425, 429, 500...599: .server
        default: .permanent
        }
    }
}

/// Close codes with a meaning of their own at one kind of gateway. They go before those of RFC 6455.
public struct CloseCodeRules: Hashable, Sendable {
    /// "Not you", beside 1008.
    public var auth: [UInt16]
    /// Trying again will not help until somebody changes something.
    public var permanent: [UInt16]

    public init(auth: [UInt16] = [], permanent: [UInt16] = []) {
        self.auth = auth
        self.permanent = permanent
    }
}

/// Close codes of RFC 6455 §7.4.1 that Holdfast itself uses or names.
public enum CloseCode {
    public static let normal: UInt16 = 1000
    public static let goingAway: UInt16 = 1001
    /// Never on the wire: what a close frame without a code counts as.
    public static let noStatus: UInt16 = 1005
}
