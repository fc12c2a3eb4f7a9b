import Glibc
import HoldfastCore
import NIOCore
import NIOSSL

/// What the errors of the libraries beneath mean. Decided by their types and numbers.
extension LinkError {
    static func looking(up target: LinkTarget, failed error: any Error) -> LinkError {
        let doing = "looking up \(target.host)"
        switch error as? NameResolver.Failure {
        case .notFound: return LinkError(.nameNotFound, doing, "there is no such name")
        case .unavailable(let why): return LinkError(.nameLookupFailed, doing, why)
        case .systemCall(let number): return LinkError(FailureCause(errno: number), doing, text(errno: number))
        case nil: return LinkError(cause(of: error) ?? .nameLookupFailed, doing, text(of: error))
        }
    }

    static func trusting(_ target: LinkTarget, failed error: any Error) -> LinkError {
        LinkError(
            .certificate(.other), "reading the certificates to trust from \(target.tls.caFile ?? "the system")",
            "\(error)", "the file must exist, be readable, and hold certificates in PEM")
    }

    static func connecting(_ target: LinkTarget, to address: SocketAddress, failed error: any Error) -> LinkError {
        let doing = "connecting to \(target.endpoint) at \(address.ipAddress ?? "an unknown address")"
        switch error {
        case ChannelError.connectTimeout: return LinkError(.timeout(.connect), doing, "no answer")
        case is NIOSSLExtraError:
            return LinkError(.certificate(.other), doing, "the name for TLS is not valid", "\(error)")
        default: return LinkError(cause(of: error) ?? .systemCall(errno: 0), doing, text(of: error))
        }
    }

    static func upgrading(_ attempt: Link.Attempt, failed error: any Error, certificate: NIOSSLCertificate?)
        -> LinkError
    {
        if let cause = cause(of: error) { return LinkError(cause, attempt.doing, text(of: error)) }
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            if stack.contains(.eofDuringHandshake) {
                return LinkError(.endOfStream, attempt.doing, "the peer ended the connection")
            }
            // The library gives a failed check no type of its own: only the name BoringSSL has for it, which is fixed.
            guard stack.contains(where: { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }) else { break }
            let problem = problem(of: certificate)
            return LinkError(.certificate(problem), attempt.doing, problem.advice)
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            return LinkError(.certificate(.wrongHost), attempt.doing, CertificateProblem.wrongHost.advice)
        case NIOSSLError.uncleanShutdown:
            return LinkError(.endOfStream, attempt.doing, "the peer ended the connection")
        default:
            break
        }
        return LinkError(.tlsFailed, attempt.doing, text(of: error))
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
        case .other:
            "the certificates cannot be used"
        }
    }
}
