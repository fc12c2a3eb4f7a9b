import Foundation
import HoldfastCore
import HoldfastFleet

/// Reads a configuration file and everything it refers to. Either everything is right, or every problem is told at once.
struct ConfigurationLoader {
    private let path: String
    private let reading: Reading
    /// The files read, for the order of the problems.
    private var files: [String]

    private init(path: String, reading: Reading) {
        self.path = path
        self.reading = reading
        files = [path]
    }

    /// - Parameters:
    ///   - path: the file, as the operator wrote it; messages use this name.
    ///   - environment: for `${X}` and for overrides.
    static func load(
        path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(InvalidConfiguration) -> Configuration {
        let reading = Reading(environment: environment)
        let root = YAMLDocument.load(path: path, reading: reading)
        var loader = ConfigurationLoader(path: path, reading: reading)
        return try loader.configuration(of: root)
    }

    /// Reads a configuration from a text that came from no file.
    static func parse(
        _ text: String, path: String, environment: [String: String] = [:]
    ) throws(InvalidConfiguration) -> Configuration {
        let reading = Reading(environment: environment)
        let root = YAMLDocument.parse(text, file: path, reading: reading)
        var loader = ConfigurationLoader(path: path, reading: reading)
        var configuration = try loader.configuration(of: root)
        // Only its name: a backup would look for a file.
        configuration.files.removeAll { $0 == path }
        return configuration
    }

    /// Every key there is, with its default: made by reading a configuration in which nothing is written.
    static func reference() -> [KeyReference.Key] {
        let reading = Reading(environment: [:])
        let reference = KeyReference()
        reading.reference = reference
        var loader = ConfigurationLoader(path: "", reading: reading)
        _ = loader.read(Section(path: "", place: .line(1, file: ""), entries: [], reading: reading))
        return reference.keys
    }

    private mutating func configuration(of root: ConfigurationNode?) throws(InvalidConfiguration) -> Configuration {
        var result: Configuration?
        if let root {
            let merged = EnvironmentOverrides.apply(to: root, reading: reading)
            if let section = Section(merged, path: "", reading: reading) { result = read(section) }
            result?.settings = SettingsList.of(
                merged, reference: Self.reference(), environment: reading.environment)
        }
        if let failure = reading.failure(files: files) { throw failure }
        guard let result else { throw InvalidConfiguration(problems: [], omitted: 0) }
        return result
    }

    private mutating func read(_ root: Section) -> Configuration {
        let folder = Paths.folder(of: path)
        func part(_ key: String) -> Section {
            root.section(key) ?? Section(path: key, place: root.place, entries: [], reading: reading)
        }
        let server = ServerReader.server(part("server"))
        let store = ServerReader.store(part("store"), folder: folder)
        let log = ServerReader.log(part("log"))
        var defaults = AccountDefaults()
        if let section = root.section("defaults") {
            defaults.dialects.readDefaults(section)
            defaults.read(section, folder: folder)
            section.finish()
        }
        var fleet = FleetConfiguration()
        fleet.storePath = store.path
        fleet.storeKey = store.key
        if let section = root.section("memory") {
            section.size("budget", bytes: &fleet.memoryBudgetBytes, in: 64 << 20...1 << 40)
            section.finish()
        }
        if let section = root.section("admission") { GatesReader.admission(section, &fleet.gate.admission) }
        if let section = root.section("breaker") { GatesReader.breaker(section, &fleet.gate.breaker) }
        var backup = BackupConfiguration()
        ServerReader.backup(part("backup"), folder: folder, into: &backup)
        if let section = root.section("renewals") { GatesReader.renewals(section, &fleet.renewals) }
        let providers = ProvidersReader(folder: folder, reading: reading).read(part("providers"))
        for case (let name, .login(let provider)) in providers { fleet.providers[name] = provider }
        fleet.handlers = HandlersReader.read(root, folder: folder, reading: reading)
        if let section = root.section("alerts") { AlertsReader.read(section, &fleet.alerts) }
        fleet.silences = SilencesReader.read(root, reading: reading)
        fleet.channels = ChannelsReader(folder: folder, reading: reading).read(part("channels"))
        fleet.consoleURL = server.consoleURL
        fleet.accounts = accounts(root, defaults: defaults, providers: providers, folder: folder)
        if store.key == nil, fleet.accounts.contains(where: { $0.provider != nil }) {
            reading.report(
                "is missing: what providers get is stored sealed, and there is nothing to seal it with",
                at: root.section("store")?.place ?? root.place, key: "store.key",
                "`holdfast key new` makes one; keep it outside the store")
        }
        fleet.declarationReader = DeclarationReader(defaults: defaults, providers: providers, folder: folder).read
        root.finish()
        return Configuration(
            server: server, store: store, log: log, fleet: fleet, defaults: defaults.session, backup: backup,
            files: files)
    }

    private mutating func accounts(
        _ root: Section, defaults: AccountDefaults, providers: [String: Provider], folder: String
    ) -> [AccountConfiguration] {
        var reader = AccountsReader(defaults: defaults, providers: providers, reading: reading)
        if reading.reference != nil { reader.describe(at: root.place) }
        let inline = root.list("accounts")
        let file = root.text("accounts_file", allowed: "a YAML file, relative to this file")
        if root.has("accounts"), root.has("accounts_file") {
            root.report("accounts_file", "stands beside accounts", "declare the accounts in one place only")
            return []
        }
        if let inline { reader.read(inline, folder: folder) }
        if let file {
            let path = Paths.resolve(file, in: folder)
            files.append(path)
            if let items = accountList(in: path) { reader.read(items, folder: Paths.folder(of: path)) }
        }
        return reader.accounts
    }

    /// The file holds the list itself, or a mapping with the one key `accounts`.
    private func accountList(in path: String) -> [ConfigurationNode]? {
        guard let root = YAMLDocument.load(path: path, reading: reading) else { return nil }
        switch root.content {
        case .list(let items): return items
        case .null: return []
        case .mapping:
            guard let section = Section(root, path: "", reading: reading) else { return nil }
            let items = section.list("accounts")
            section.finish()
            return items
        case .scalar:
            reading.report("is \(root.kind)", at: root.place, key: "accounts", "a list of accounts is needed here")
            return nil
        }
    }
}
