/// How a peer proves who it is, and how we do.
public struct TLSSettings: Hashable, Sendable {
    /// A version of TLS.
    public enum Version: String, Hashable, Sendable, CaseIterable {
        case v12 = "1.2"
        case v13 = "1.3"
    }

    /// A file of certificates in PEM that are trusted instead of the system's; nil for the system's.
    public var caFile: String?
    /// The name the peer's certificate must be for, where it is not the host of the URL. Also what is asked for (SNI).
    public var serverName: String?
    /// A file with our own certificate in PEM, the ones that lead to its issuer behind it; nil for none.
    public var certificateFile: String?
    /// The file with the key of our own certificate, in PEM, not encrypted.
    public var keyFile: String?
    /// The oldest version that is accepted.
    public var minimumVersion: Version = .v12
    /// Stands for what is in the files: links use a new context, which reads them anew, once it has changed. Nil if nobody
    /// looks; then they are read anew every `TLSContexts.keptFor`.
    public var revision: String?

    /// The system's roots and the host of the URL, unless told otherwise.
    public init(
        caFile: String? = nil, serverName: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        minimumVersion: Version = .v12, revision: String? = nil
    ) {
        self.caFile = caFile
        self.serverName = serverName
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.minimumVersion = minimumVersion
        self.revision = revision
    }
}
