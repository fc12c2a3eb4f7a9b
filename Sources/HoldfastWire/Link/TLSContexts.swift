import NIOCore
public import NIOPosix
import NIOSSL

/// How a peer proves who it is.
public struct TLSSettings: Hashable, Sendable {
    /// A file of certificates in PEM that are trusted instead of the system's; nil for the system's.
    public var caFile: String?
    /// The name the peer's certificate must be for, where it is not the host of the URL.
    public var serverName: String?

    /// The system's roots and the host of the URL, unless told otherwise.
    public init(caFile: String? = nil, serverName: String? = nil) {
        self.caFile = caFile
        self.serverName = serverName
    }
}

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

    private let contexts: SharedLookUp<String?, NIOSSLContext>

    /// - Parameter threads: where contexts are made, which reads files.
    public init(threads: NIOThreadPool = .singleton) {
        contexts = SharedLookUp(limit: Self.contextLimit, keptFor: Self.keptFor, threads: threads) { caFile in
            // TLS 1.2 at least; the certificate and the name in it are checked.
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.certificateVerification = .fullVerification
            configuration.applicationProtocols = ["http/1.1"]
            if let caFile { configuration.trustRoots = .file(caFile) }
            return try NIOSSLContext(configuration: configuration)
        }
    }

    /// The context for these settings.
    func context(for settings: TLSSettings, on loop: any EventLoop) -> EventLoopFuture<NIOSSLContext> {
        contexts.value(for: settings.caFile, on: loop)
    }

    /// Forgets all contexts.
    func forgetAll() {
        contexts.forgetAll()
    }

    /// Lets go of all that wait on a loop.
    func abandon(_ loop: any EventLoop) {
        contexts.abandon(loop)
    }
}
