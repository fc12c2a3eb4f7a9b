import Foundation
import HoldfastCore
import HoldfastFleet
import HoldfastWire

/// What stands under `providers`.
enum Provider: Sendable {
    /// Gets another credential when one is needed.
    case login(ProviderConfiguration)
    /// The same token or cookies for every account that names it and has none of its own.
    case fixed(token: Secret?, cookies: Secret?)
}

/// Reads `providers`.
struct ProvidersReader {
    let folder: String
    let reading: Reading

    static let kinds = ["http", "command", "static"]

    func read(_ section: Section) -> [String: Provider] {
        if reading.reference != nil {
            let example = Section(path: "providers.{name}", place: section.place, entries: [], reading: reading)
            for kind in Self.kinds { _ = provider(kind, example.section(kind) ?? example) }
            return [:]
        }
        var found: [String: Provider] = [:]
        for name in section.keys {
            guard let own = section.section(name) else { continue }
            if let provider = provider(own) { found[name] = provider }
        }
        return found
    }

    private func provider(_ section: Section) -> Provider? {
        let present = Self.kinds.filter(section.has)
        guard present.count == 1, let kind = present.first else {
            section.report(
                present.first ?? "http", present.isEmpty ? "is missing" : "stands beside another kind",
                "a provider is exactly one of http, command, static")
            for kind in present { _ = section.node(kind) }
            section.finish()
            return nil
        }
        let provider = section.section(kind).flatMap { self.provider(kind, $0) }
        section.finish()
        return provider
    }

    private func provider(_ kind: String, _ section: Section) -> Provider? {
        switch kind {
        case "http": http(section).map { .login(.http($0)) }
        case "command": command(section).map { .login(.command($0)) }
        default: fixed(section)
        }
    }

    private static let deadlines: ClosedRange<Duration> = .milliseconds(100)...(.seconds(240))

    private func http(_ section: Section) -> HTTPProviderConfiguration? {
        let url = section.webAddress()
        var configuration = HTTPProviderConfiguration(url: url ?? "")
        configuration.method =
            section.text("method", preset: "POST", allowed: "a method of HTTP")?.uppercased() ?? "POST"
        configuration.headers = headers(section)
        configuration.body = section.text(
            "body", allowed: "may hold {user}, {password}, {cookies}, {token}, {account}, {device}")
        section.duration("timeout", &configuration.timeout, in: Self.deadlines)
        configuration.caFile = section.certificates(in: folder)
        configuration.token = path(section, "token")
        configuration.lifetime = path(section, "ttl")
        configuration.cookies = names(section, "cookies")
        configuration.rules = rules(section)
        section.finish()
        guard url != nil else { return nil }
        guard configuration.token != nil || !configuration.cookies.isEmpty else {
            section.report("token", "is missing", "say where the answer has the token, or which cookies are wanted")
            return nil
        }
        return configuration
    }

    private func command(_ section: Section) -> CommandProviderConfiguration? {
        let program = section.program(in: folder)
        var configuration = CommandProviderConfiguration(command: program ?? [])
        section.duration("timeout", &configuration.timeout, in: Self.deadlines)
        section.finish()
        return program == nil ? nil : configuration
    }

    private func fixed(_ section: Section) -> Provider? {
        let token = section.text("token", allowed: "for accounts without one of their own").map { Secret($0) }
        let cookies = section.text("cookies", allowed: "as in a Cookie header").map { Secret($0) }
        section.finish()
        guard reading.reference == nil else { return nil }
        if token == nil, cookies == nil {
            section.report("token", "is missing", "a static provider has a token, or cookies, or both")
        }
        return .fixed(token: token, cookies: cookies)
    }

    // MARK: Parts

    private func headers(_ section: Section) -> [HTTPProviderConfiguration.Header] {
        section.describe("headers", "mapping", preset: "none", "names and texts, which may hold the same")
        guard section.has("headers"), let own = section.section("headers") else {
            _ = section.node("headers")
            return []
        }
        return own.keys.compactMap { name in
            own.text(name).map { HTTPProviderConfiguration.Header(name: name, value: $0) }
        }
    }

    private func path(_ section: Section, _ key: String) -> JSONPath? {
        guard let text = section.text(key, allowed: "where it stands in the answer: data.token") else { return nil }
        guard let path = JSONPath(text) else {
            section.report(key, "is not a path", "write \(JSONPath.allowed)")
            return nil
        }
        return path
    }

    private func names(_ section: Section, _ key: String) -> [String] {
        section.describe(key, "list", preset: "[]", "names of cookies that the answer sets")
        return (section.list(key) ?? []).compactMap { item in
            guard case .scalar(let name, _) = item.content, !name.isEmpty else {
                section.report(key, "holds something that is no name", "write [NAME, …]")
                return nil
            }
            return name
        }
    }

    private func rules(_ section: Section) -> [HTTPProviderConfiguration.Rule] {
        if reading.reference != nil {
            let name = section.name(of: "outcomes[]")
            _ = rule(Section(path: name, place: section.place, entries: [], reading: reading))
        }
        return (section.list("outcomes") ?? []).enumerated().compactMap { index, item in
            Section(item, path: section.name(of: "outcomes[\(index)]"), reading: reading).flatMap(rule)
        }
    }

    private func rule(_ section: Section) -> HTTPProviderConfiguration.Rule? {
        var status = 0
        if section.has("status") || reading.reference != nil { section.count("status", &status, in: 100...599) }
        let path = path(section, "path")
        let equals = section.text("equals", allowed: "the value at path")
        var outcome = ProviderOutcome.tryLater
        section.choice("outcome", &outcome)
        if reading.reference == nil, !section.has("outcome") {
            let known = ProviderOutcome.allCases.map(\.rawValue).joined(separator: ", ")
            section.report("outcome", "is missing", "allowed: \(known)")
        }
        if equals != nil, path == nil {
            section.report("equals", "stands without a path", "say where the value stands")
        }
        section.finish()
        return HTTPProviderConfiguration.Rule(
            status: status == 0 ? nil : status, path: path, equals: equals, outcome: outcome)
    }
}
