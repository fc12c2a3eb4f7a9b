import NIOCore
public import NIOPosix
import NIOSSL

/// Makes TLS contexts, off the event loops, and shares them between all links with the same settings: one with the
/// system's roots takes tens of milliseconds to make and megabytes to keep.
///
/// Limits: `contextLimit` contexts are kept, for `keptFor` each, after which the files are read anew.
public final class TLSContexts: Sendable {
    /// The one that links use unless told otherwise.
    public static let shared = TLSContexts()

    /// How many contexts are kept at most; beyond it all are forgotten.
    public static let contextLimit = 64
    /// How long a context is kept.
    public static let keptFor: Duration = .seconds(3600)
    /// How long it is kept that one cannot be made.
    public static let failureKeptFor: Duration = .seconds(2)

    typealias Context = NIOSSLContext
    typealias Contexts = SharedLookUp<TLSSettings, Context>
    typealias Wait = Contexts.Wait
    private let contexts: Contexts

    /// - Parameter threads: where contexts are made, which reads files.
    public init(threads: NIOThreadPool = .singleton) {
        let terms = Contexts.Terms(
            limit: Self.contextLimit, keptFor: Self.keptFor, failureKeptFor: Self.failureKeptFor)
        contexts = Contexts(terms, threads: threads) { try Self.make($0) }
    }

    /// The context for these settings.
    func context(
        for settings: TLSSettings, on loop: any EventLoop,
        _ take: @escaping (Result<NIOSSLContext, any Error>) -> Void
    ) -> Contexts.Answer {
        // The name is checked by the handler of each connection; contexts do not differ by it.
        var settings = settings
        settings.serverName = nil
        return contexts.value(for: settings, on: loop, take)
    }

    /// Forgets all contexts; what links use stays with them.
    func forgetAll() {
        contexts.forgetAll()
    }

    /// Contexts made since the start, and those kept now.
    public var counts: (made: UInt64, kept: Int) {
        let counts = contexts.counts
        return (counts.searches, counts.kept)
    }

    private static func make(_ settings: TLSSettings) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = settings.minimumVersion == .v13 ? .tlsv13 : .tlsv12
        // The link checks what the certificate is for: see `CertificateNames`.
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = ["http/1.1"]
        if let caFile = settings.caFile { configuration.trustRoots = .file(caFile) }
        if let certificateFile = settings.certificateFile, let keyFile = settings.keyFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// What is wrong with the files of some settings, in words; nil if they can be used. Reads them, so it blocks.
    public static func problem(with settings: TLSSettings) -> String? {
        func fails(_ change: (inout TLSSettings) -> Void) -> Bool {
            var part = TLSSettings()
            change(&part)
            return (try? make(part)) == nil
        }
        guard (settings.certificateFile == nil) == (settings.keyFile == nil) else {
            return "a certificate needs its key, and a key its certificate"
        }
        if settings.caFile != nil, fails({ $0.caFile = settings.caFile }) {
            return "the file of trusted certificates cannot be read, or holds none in PEM"
        }
        let isBad = fails {
            $0.certificateFile = settings.certificateFile
            $0.keyFile = settings.keyFile
        }
        if settings.certificateFile != nil, isBad {
            return
                "the certificate and its key cannot be used: both must be readable files in PEM, the key not encrypted, "
                + "and belong together"
        }
        return nil
    }
}
