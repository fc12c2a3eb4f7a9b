public import HoldfastWire
public import Logging
import NIOSSL

extension Gateway {
    /// What a gateway starts with. Without anything it listens on a port of the system's choice on the loopback interface,
    /// has no control API and no faults.
    public struct Configuration: Sendable {
        /// Where sessions connect to; port 0 lets the system choose.
        public var listen: Address
        /// Where the control API and the login server are; nil for none.
        public var control: Address?
        /// Event loops for the sessions. One is enough for 20 000 of them.
        public var loops: Int
        /// Makes it `wss` instead of `ws`.
        public var tls: TLS?
        /// The compression it takes up when a client offers it; nil for none.
        public var deflate: DeflateOptions?
        /// What happens when, from the start on.
        public var script: FaultScript
        /// How long a token of the login server is valid.
        public var tokenLifetime: Duration
        /// Says what nobody asked for and nobody is told otherwise: a step of the script that failed.
        public var logger: Logger

        /// Twenty hours.
        public static let defaultTokenLifetime = Duration.seconds(72_000)

        public init(
            listen: Address = Address(), control: Address? = nil, loops: Int = 1, tls: TLS? = nil,
            deflate: DeflateOptions? = nil, script: FaultScript = .none,
            tokenLifetime: Duration = Configuration.defaultTokenLifetime,
            logger: Logger = Logger(label: "holdfast.gateway") { _ in SwiftLogNoOpLogHandler() }
        ) {
            self.listen = listen
            self.control = control
            self.loops = loops
            self.tls = tls
            self.deflate = deflate
            self.script = script
            self.tokenLifetime = tokenLifetime
            self.logger = logger
        }
    }

    /// A host and a port to listen on.
    public struct Address: Hashable, Sendable {
        public var host: String
        public var port: Int

        public init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }

        /// As it stands in a URL.
        var urlHost: String { host.contains(":") ? "[\(host)]" : host }
    }

    /// A certificate chain and its key, as PEM files.
    public struct TLS: Hashable, Sendable {
        public var certificateFile: String
        public var keyFile: String

        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }

        func context() throws -> NIOSSLContext {
            let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
            let key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        }
    }
}
