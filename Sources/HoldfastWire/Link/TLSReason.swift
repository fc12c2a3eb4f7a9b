import NIOSSL

/// Why a TLS handshake failed, as far as it matters to us: by the numbers of BoringSSL (`ssl.h`), among which those from 1000
/// on are the peer's alerts (RFC 8446 §6.2).
enum TLSReason {
    case verifyFailed
    case ourCertificateRefused
    case noCommonVersion
    /// The alert `handshake_failure`.
    case refusedWithoutReason

    init?(_ error: BoringSSLInternalError) {
        // The library shows the number only in its description: "Error: <number> …".
        let words = error.description.split(separator: " ", maxSplits: 2)
        guard words.count > 1, let number = UInt32(words[1]), number >> 24 == Self.libraryOfTLS else { return nil }
        switch number & 0xFFF {
        case 125: self = .verifyFailed
        case 1041...1046, 1048, 1049, 1116: self = .ourCertificateRefused
        case 240, 1070: self = .noCommonVersion
        // What TLS 1.2 servers say when a certificate is missing, but not only then.
        case 1040: self = .refusedWithoutReason
        default: return nil
        }
    }

    private static let libraryOfTLS: UInt32 = 16
}
