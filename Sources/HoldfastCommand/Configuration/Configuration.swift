import HoldfastConsole
import HoldfastCore
import HoldfastFleet
import Logging

/// Everything a configuration file says, checked and in plain values.
struct Configuration: Sendable {
    var server: ServerConfiguration
    var store: StoreConfiguration
    var log: LogConfiguration
    var fleet: FleetConfiguration
    /// What holds for an account that says nothing of its own.
    var defaults = SessionSettings()
    var backup = BackupConfiguration()
    /// Every key with the value in force, for people.
    var settings: [Setting] = []
    /// Every file that was read for it, as paths.
    var files: [String] = []

    /// Where backups are kept.
    var backupFolder: String { backup.path ?? store.path + "/backups" }
}

/// Where the API and the console listen, and who may use them.
struct ServerConfiguration: Hashable, Sendable {
    var listen = SocketAddressText.standard
    /// Empty: everybody who reaches the address may do everything; allowed on loopback only.
    var tokens: [AccessToken] = []
    /// Where people reach the console, without a slash at the end; nil: where it listens.
    var url: String?

    /// What stands in links that people are sent; nil where a port is chosen at the start.
    var consoleURL: String? { url ?? (listen.port == 0 ? nil : "http://\(listen)") }
}

/// Where Holdfast keeps what must survive.
struct StoreConfiguration: Hashable, Sendable {
    /// A folder, absolute or relative to the working folder.
    var path: String
    /// 32 bytes in base64 that seal what is secret.
    var key: Secret?
}

/// When the store is copied, and how many copies are kept.
struct BackupConfiguration: Hashable, Sendable {
    /// Zero: only when asked.
    var every = Duration.seconds(86_400)
    var keep = 7
    /// A folder; nil is `backups` in the store.
    var path: String?
}

/// What goes to stderr, and how it looks.
struct LogConfiguration: Hashable, Sendable {
    enum Format: String, Hashable, Sendable, CaseIterable {
        case text, json
    }

    var level: Logger.Level = .info
    var format: Format = .text
}
