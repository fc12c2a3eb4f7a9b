import Glibc
import HoldfastCore
import NIOCore
import NIOSSL

/// What the errors of the libraries beneath mean. Decided by their types and numbers.
extension LinkError {
    static func lookingUp(_ attempt: Link.Attempt, failed error: any Error) -> LinkError {
        let isProxy = attempt.target.proxy != nil
        func failure(_ cause: FailureCause, _ why: String) -> LinkError {
            LinkError(isProxy && !cause.isOurOwn ? .proxy(.failed) : cause, attempt.doing, why)
        }
        switch error as? NameResolver.Failure {
        case .notFound: return failure(.nameNotFound, "there is no such name, or none that can be reached from here")
        case .unavailable(let why): return failure(.nameLookupFailed, why)
        case .systemCall(let number): return failure(FailureCause(errno: number), text(errno: number))
        case nil where error is NameResolver.Names.Overfull:
            return failure(.nameLookupFailed, "too many names are being looked up")
        case nil: return failure(cause(of: error) ?? .nameLookupFailed, text(of: error))
        }
    }

    /// No address is left to try, and none has been tried.
    static func withoutAddress(_ attempt: Link.Attempt) -> LinkError {
        guard attempt.isOfOtherFamily, let local = attempt.target.tcp.localAddress else {
            return lookingUp(attempt, failed: NameResolver.Failure.notFound)
        }
        return LinkError(
            .localAddress, "connecting to \(attempt.host)",
            "it has no address of the family of tcp.local_address, \(local)")
    }

    static func trusting(_ target: LinkTarget, failed error: any Error) -> LinkError {
        LinkError(
            .certificate(.other),
            "reading the certificates to trust from \(target.tls.caFile ?? "the system")"
                + (target.tls.certificateFile.map { " and our own from \($0)" } ?? ""),
            "\(error)", "the files must exist, be readable, be in PEM, and a certificate must be for its key")
    }

    static func connecting(_ attempt: Link.Attempt, to address: SocketAddress, failed error: any Error) -> LinkError {
        let cause = cause(of: error) ?? .systemCall(errno: 0)
        if cause == .systemCall(errno: EADDRNOTAVAIL), let local = attempt.target.tcp.localAddress,
            !attempt.target.tcp.localAddressIsHere
        {
            return LinkError(.localAddress, attempt.doing, "tcp.local_address, \(local), is no address of this machine")
        }
        return LinkError(
            attempt.target.proxy != nil && !cause.isOurOwn ? .proxy(.failed) : cause,
            "\(attempt.doing) at \(address.ipAddress ?? "an unknown address")", text(of: error))
    }

    /// A proxy did not lead us to the gateway.
    static func asking(_ attempt: Link.Attempt, failed problem: ProxyProblem) -> LinkError {
        let why =
            switch problem {
            case .failed: "it could not be reached"
            case .silent: "it did not answer in time"
            case .refused(let status):
                "it refused with \(status) \(UpgradeRefusal.legible(attempt.proxy?.refusal ?? ""))"
            case .replied(let code): "it answered: \(SOCKSReply.meaning(of: code))"
            case .authentication: "it does not accept our user and password, or wants some"
            case .notAProxy: "what it says is not \(attempt.target.proxy?.kind == .http ? "HTTP" : "SOCKS5")"
            }
        return LinkError(.proxy(problem), attempt.doing, why)
    }

    static func upgrading(_ attempt: Link.Attempt, failed error: any Error, certificate: NIOSSLCertificate?)
        -> LinkError
    {
        if let cause = cause(of: error) {
            return LinkError(
                attempt.proxy != nil && !cause.isOurOwn ? .proxy(.failed) : cause, attempt.doing, text(of: error))
        }
        switch error {
        case BoringSSLError.sslError(let stack), NIOSSLError.handshakeFailed(.sslError(let stack)):
            return handshake(attempt, failed: stack, error, certificate)
        case NIOSSLError.uncleanShutdown:
            return LinkError(.endOfStream, attempt.doing, "the peer ended the connection")
        default:
            break
        }
        return LinkError(.tlsFailed, attempt.doing, text(of: error))
    }

    private static func handshake(
        _ attempt: Link.Attempt, failed stack: NIOBoringSSLErrorStack, _ error: any Error,
        _ certificate: NIOSSLCertificate?
    ) -> LinkError {
        if stack.contains(.eofDuringHandshake) {
            return LinkError(.endOfStream, attempt.doing, "the peer ended the connection")
        }
        switch stack.lazy.compactMap(TLSReason.init).first {
        case .verifyFailed:
            let problem = problem(of: certificate)
            return LinkError(.certificate(problem), attempt.doing, problem.advice)
        case .ourCertificateRefused:
            return LinkError(.certificate(.ours), attempt.doing, CertificateProblem.ours.advice)
        case .refusedWithoutReason:
            let certificate =
                attempt.target.tls.certificateFile == nil
                ? "it may want a certificate (tls.certificate and tls.key)" : "it may not accept our certificate"
            return LinkError(
                .tlsFailed, attempt.doing, "the peer refused without saying why: \(certificate), or no cipher is common"
            )
        case .noCommonVersion:
            return LinkError(
                .tlsFailed, attempt.doing,
                "there is no version of TLS that both sides accept; tls.min_version is \(attempt.target.tls.minimumVersion.rawValue)"
            )
        case nil:
            let names = stack.map { Self.name(of: "\($0)") }.joined(separator: ", ")
            return LinkError(.tlsFailed, attempt.doing, names.isEmpty ? "\(error)" : names)
        }
    }

    /// `WRONG_VERSION_NUMBER` of `Error: 1 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at FILE:LINE`.
    private static func name(of description: String) -> String {
        let name = description.split(separator: ":").first { part in
            part.contains("_") && part.prefix { $0 != " " }.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
        }
        return name.map { String($0.prefix { $0 != " " }) } ?? description
    }

    static func established(failed error: any Error) -> LinkError {
        if case NIOSSLError.uncleanShutdown = error {
            return LinkError(.endOfStream, "the peer ended the connection without a close frame")
        }
        return LinkError(cause(of: error) ?? .tlsFailed, "the connection failed", text(of: error))
    }

    /// An error of the system in the system's words; any other as it names itself.
    private static func text(of error: any Error) -> String {
        (error as? IOError).map { text(errno: $0.errnoCode) } ?? "\(error)"
    }

    private static func text(errno number: Int32) -> String {
        "\(String(cString: strerror(number))) (errno \(number))"
    }

    private static func cause(of error: any Error) -> FailureCause? {
        switch error {
        case let error as IOError: FailureCause(errno: error.errnoCode)
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed: .endOfStream
        default: nil
        }
    }

    /// Why a certificate that failed the check may have failed it: one that is out of its time says so itself.
    private static func problem(of certificate: NIOSSLCertificate?) -> CertificateProblem {
        guard let certificate else { return .untrusted }
        let now = time(nil)
        return now > certificate.notValidAfter || now < certificate.notValidBefore ? .expired : .untrusted
    }
}

extension FailureCause {
    /// Whether it says something of this machine and not of what lies beyond it.
    fileprivate var isOurOwn: Bool {
        switch self {
        case .outOfDescriptors, .outOfMemory, .localAddress, .systemCall(errno: EADDRNOTAVAIL): true
        default: false
        }
    }

    /// The cause for an errno: those that say more than "a system call failed" have causes of their own.
    init(errno: Int32) {
        switch errno {
        case ECONNRESET, EPIPE: self = .reset
        case EMFILE, ENFILE: self = .outOfDescriptors
        case ENOMEM, ENOBUFS: self = .outOfMemory
        default: self = .systemCall(errno: errno)
        }
    }
}

extension CertificateProblem {
    /// What it means, and what a person can do.
    var advice: String {
        switch self {
        case .untrusted:
            "the peer's certificate is not signed by anybody we trust; if it is right, set tls.ca to its issuer's file"
        case .expired:
            "the peer's certificate is not valid at this time; the peer has to renew it, or a clock is wrong"
        case .wrongHost:
            "the peer's certificate is for another host; if it is right, set tls.server_name to the name it is for"
        case .ours:
            "the peer does not accept our certificate, or wants one; set tls.certificate and tls.key"
        case .other:
            "the certificates cannot be used"
        }
    }
}
