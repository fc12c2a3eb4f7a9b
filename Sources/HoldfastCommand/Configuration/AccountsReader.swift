import HoldfastCore
import HoldfastFleet
import HoldfastWire

/// Reads `accounts`, from the configuration itself or from `accounts_file`.
struct AccountsReader {
    /// The most accounts one configuration may declare.
    static let accountsLimit = 1_000_000

    private let defaults: AccountDefaults
    private let providers: [String: Provider]
    private let reading: Reading
    /// Equal settings are one object, however many accounts have them.
    private var pool: Set<SessionSettings> = []
    private let shared: SessionSettings
    private var places: [String: Place] = [:]
    private(set) var accounts: [AccountConfiguration] = []

    init(defaults: AccountDefaults, providers: [String: Provider], reading: Reading) {
        self.defaults = defaults
        self.providers = providers
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
        let subprotocol = section.text("subprotocol", allowed: "a name the gateway must agree to")
        var token = section.text("token", allowed: "what the account registers with").map { Secret($0) }
        var credential = credential(section)
        let provider = provider(section)
        let dialect = defaults.dialects.account(section, id: id ?? "")
        var isEnabled = true
        section.flag("enabled", &isEnabled)
        var own = defaults
        var login: String?
        switch provider {
        case (let name, .login)?:
            login = name
            own.recovery.canRenew = true
        case (_, .fixed(let sharedToken, let sharedCookies))?:
            token = token ?? sharedToken
            credential.cookies = credential.cookies ?? sharedCookies
        case nil:
            break
        }
        let hasOwn = own.read(section, folder: folder) || login != nil
        let settings = hasOwn ? intern(own.session) : shared
        section.finish()
        guard reading.reference == nil else { return nil }
        if url == nil, !section.has("url") {
            section.report("url", "is missing", "an account needs an id and a url (ws://… or wss://…)")
        }
        // What is wrong with the id must not hide what is wrong with the rest.
        var target: LinkTarget?
        if let url {
            target = self.target(section, url: url, headers: headers, subprotocol: subprotocol, own)
        }
        guard let id, let target else { return nil }
        var account = AccountConfiguration(
            id: id, target: target, dialect: AccountDialect(dialect), token: token, credential: credential,
            provider: login, settings: settings, limits: own.limits, deflate: own.compression.options,
            isEnabled: isEnabled, messages: own.messages.mode)
        account.intake = own.messages.intake
        return account
    }

    /// The provider that an account names, with its name.
    private func provider(_ section: Section) -> (String, Provider)? {
        guard let name = section.text("provider", allowed: "a name under providers") else { return nil }
        guard let provider = providers[name] else {
            let known = providers.keys.sorted()
            section.report(
                "provider", "there is no provider \"\(Section.printable(name))\"",
                known.isEmpty ? "declare it under providers" : "declared: \(known.joined(separator: ", "))")
            return nil
        }
        return (name, provider)
    }

    private func credential(_ section: Section) -> Credential {
        guard let own = section.section("credential") else { return Credential() }
        let credential = Credential(
            cookies: own.text("cookies", allowed: "as in a Cookie header").map { Secret($0) },
            user: own.text("user", allowed: "what a provider logs in with").map { Secret($0) },
            password: own.text("password", allowed: "what a provider logs in with").map { Secret($0) })
        own.finish()
        return credential
    }

    /// Where the account connects to, or all that is wrong with it, at the keys that are to blame.
    private func target(
        _ section: Section, url: String, headers: Headers, subprotocol: String?, _ own: AccountDefaults
    ) -> LinkTarget? {
        let subprotocols = subprotocol.map { [$0] } ?? []
        func make(_ proxy: Proxy?) throws(InvalidLinkTarget) -> LinkTarget {
            try LinkTarget(
                url: url, headers: headers.list, subprotocols: subprotocols, tls: own.tls, proxy: proxy, tcp: own.tcp)
        }
        let direct: LinkTarget
        do throws(InvalidLinkTarget) {
            direct = try make(nil)
        } catch {
            // Each part alone, so that one mistake does not hide another.
            let blamed = [
                blame(section, "url", "write ws://HOST:PORT/PATH or wss://HOST:PORT/PATH") {
                    () throws(InvalidLinkTarget) in try LinkTarget(url: url)
                },
                blame(section, "subprotocol", "write one name") {
                    () throws(InvalidLinkTarget) in try LinkTarget(url: Self.harmless, subprotocols: subprotocols)
                },
            ]
            let inHeaders = headers.list.map { header in
                blame(headers.section, header.name, "a header is a name and one line of text") {
                    () throws(InvalidLinkTarget) in try LinkTarget(url: Self.harmless, headers: [header])
                }
            }
            if !(blamed + inHeaders).contains(true) {
                section.report("url", error.description, "correct what the account says about its connection")
            }
            return nil
        }
        do throws(InvalidLinkTarget) {
            let proxy = try own.proxy.proxy(for: url, in: reading.environment)
            return try proxy == nil ? direct : make(proxy)
        } catch {
            section.report("proxy", error.description, "correct the environment, or write the proxy here")
            return nil
        }
    }

    /// A URL that nothing is wrong with, to try the rest with.
    private static let harmless = "wss://localhost/"

    /// Reports what a key is to blame for; returns whether it is.
    private func blame(
        _ section: Section?, _ key: String, _ remedy: String, _ make: () throws(InvalidLinkTarget) -> LinkTarget
    ) -> Bool {
        do throws(InvalidLinkTarget) {
            _ = try make()
            return false
        } catch {
            section?.report(key, error.description, remedy)
            return true
        }
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

    /// The headers of an account, and where they were written.
    private struct Headers {
        var section: Section?
        var list: [LinkTarget.Header] = []
    }

    private func headers(_ section: Section) -> Headers {
        section.describe("headers", "mapping", preset: "none", "names and texts")
        guard section.has("headers"), let own = section.section("headers") else {
            _ = section.node("headers")
            return Headers()
        }
        let list = own.keys.compactMap { name in own.text(name).map { LinkTarget.Header(name: name, value: $0) } }
        return Headers(section: own, list: list)
    }

    private mutating func intern(_ settings: SessionSettings) -> SessionSettings {
        pool.insert(settings).memberAfterInsert
    }
}
