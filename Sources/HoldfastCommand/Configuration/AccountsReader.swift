import HoldfastCore

/// Reads `accounts`, from the configuration itself or from `accounts_file`.
struct AccountsReader {
    /// The most accounts one configuration may declare.
    static let accountsLimit = 1_000_000

    private let defaults: AccountDefaults
    private let reading: Reading
    /// Equal settings are one object, however many accounts have them.
    private var pool: Set<SessionSettings> = []
    private let shared: SessionSettings
    private var places: [String: Place] = [:]
    private(set) var accounts: [AccountConfiguration] = []

    init(defaults: AccountDefaults, reading: Reading) {
        self.defaults = defaults
        self.reading = reading
        shared = defaults.session
        pool.insert(shared)
    }

    /// - Parameter folder: what paths in these accounts are relative to.
    mutating func read(_ items: [ConfigurationNode], folder: String) {
        guard items.count <= Self.accountsLimit else {
            let place = items.first?.place ?? .line(1, file: "")
            return reading.report(
                "\(items.count) accounts are too many", at: place, key: "accounts", "at most \(Self.accountsLimit)")
        }
        accounts.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            guard let section = Section(item, path: "accounts[\(index)]", reading: reading) else { continue }
            if let account = account(section, folder: folder) { accounts.append(account) }
        }
    }

    /// For the reference of all keys.
    mutating func describe(at place: Place) {
        _ = account(Section(path: "accounts[]", place: place, entries: [], reading: reading), folder: "")
    }

    private mutating func account(_ section: Section, folder: String) -> AccountConfiguration? {
        let id = id(section)
        let url = section.text("url", allowed: "ws://… or wss://…")
        let headers = headers(section)
        let token = section.text("token", allowed: "what lwp registers with").map { Secret($0) }
        NotYetAvailable.refuse(section, "provider", "give the account a token")
        let lwp = lwp(section)
        var isEnabled = true
        section.flag("enabled", &isEnabled)
        var own = defaults
        let settings = own.read(section, folder: folder) ? intern(own.session) : shared
        section.finish()
        guard reading.reference == nil else { return nil }
        if url == nil, !section.has("url") {
            section.report("url", "is missing", "an account needs an id and a url (ws://… or wss://…)")
        }
        guard let id, let url else { return nil }
        return AccountConfiguration(
            id: id, url: url, headers: headers, token: token, dialect: own.dialect, lwp: lwp, settings: settings,
            limits: own.limits, tls: own.tls, isEnabled: isEnabled)
    }

    private mutating func id(_ section: Section) -> String? {
        let forms = "1 to 64 of the characters A-Z a-z 0-9 . _ -"
        guard let id = section.text("id", allowed: forms) else {
            if !section.has("id"), reading.reference == nil { section.report("id", "is missing", forms) }
            return nil
        }
        guard Self.isID(id) else {
            section.report("id", "is not an account id", "allowed: \(forms)")
            return nil
        }
        if let first = places[id] {
            section.report("id", "the id \(id) is used already, at \(first)", "give every account its own id")
            return nil
        }
        places[id] = section.place(of: "id")
        return id
    }

    /// `.` and `..` would be taken for folders in the address of the account, so they are none.
    static func isID(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    private func headers(_ section: Section) -> [(name: String, value: Secret)] {
        section.describe("headers", "mapping", preset: "none", "names and texts")
        guard section.has("headers"), let own = section.section("headers") else {
            _ = section.node("headers")
            return []
        }
        return own.keys.compactMap { name in
            guard let text = own.text(name) else { return nil }
            return (name: name, value: Secret(text))
        }
    }

    private func lwp(_ section: Section) -> LWPSettings {
        var lwp = LWPSettings()
        guard let own = section.section("lwp") else { return lwp }
        lwp.appKey = own.text("app_key") ?? ""
        lwp.userID = own.text("user_id") ?? ""
        lwp.userAgent = own.text("ua") ?? ""
        own.finish()
        return lwp
    }

    private mutating func intern(_ settings: SessionSettings) -> SessionSettings {
        pool.insert(settings).memberAfterInsert
    }
}
