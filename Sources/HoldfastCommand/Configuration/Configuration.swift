import HoldfastCore
import Logging

/// Everything a configuration file says, checked and in plain values.
struct Configuration: Sendable {
    var server: ServerConfiguration
    var store: StoreConfiguration
    var log: LogConfiguration
    var fleet: FleetConfiguration
    /// Keys that are right but have no effect in this version. `check` prints them, `run` logs them.
    var notices: [ConfigurationProblem]
}

/// Where the API and the console listen, and who may use them.
struct ServerConfiguration: Hashable, Sendable {
    var listen = SocketAddressText.standard
    /// Empty: everybody who reaches the address may do everything; allowed on loopback only.
    var tokens: [ServerToken] = []
}

/// One bearer token, known only by its hash.
struct ServerToken: Hashable, Sendable {
    enum Role: String, Hashable, Sendable, CaseIterable {
        case viewer, `operator`, admin
    }

    /// Who this is, in the audit log.
    var name: String
    var role: Role
    /// SHA-256 of the token, 32 bytes.
    var sha256: [UInt8]
}

/// Where Holdfast keeps what must survive.
struct StoreConfiguration: Hashable, Sendable {
    /// A folder, absolute or relative to the working folder.
    var path: String
    /// 32 bytes in base64 that seal what is secret.
    var key: Secret?
}

/// What goes to stderr, and how it looks.
struct LogConfiguration: Hashable, Sendable {
    enum Format: String, Hashable, Sendable, CaseIterable {
        case text, json
    }

    var level: Logger.Level = .info
    var format: Format = .text
}
