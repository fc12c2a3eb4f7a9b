import HoldfastCore
import HoldfastWire

/// An answer to a login over HTTP, and what it means: a pure function, so that every rule can be tested without a server.
struct LoginAnswer {
    var status: Int
    var setCookies: [String] = []
    var body: [UInt8] = []

    func reply(_ configuration: HTTPProviderConfiguration, cookies before: Secret?) -> LoginReply {
        let json = JSONTree(body)
        switch outcome(configuration, json) {
        case .renewed: return renewed(configuration, json, cookies: before)
        case let other: return .failed(other, "the login server answered \(status)")
        }
    }

    private func outcome(_ configuration: HTTPProviderConfiguration, _ json: JSONTree?) -> ProviderOutcome {
        for rule in configuration.rules where fits(rule, json) { return rule.outcome }
        return switch status {
        case 200..<300: .renewed
        case 400, 401, 403: .rejected
        default: .tryLater
        }
    }

    private func fits(_ rule: HTTPProviderConfiguration.Rule, _ json: JSONTree?) -> Bool {
        if let wanted = rule.status, wanted != status { return false }
        guard let path = rule.path else { return true }
        guard let value = json.flatMap(path.find) else { return false }
        return rule.equals.map { $0 == value.plain } ?? true
    }

    /// Success counts only with what was to be got in it: a page that says "busy" with status 200 is none.
    private func renewed(
        _ configuration: HTTPProviderConfiguration, _ json: JSONTree?, cookies before: Secret?
    ) -> LoginReply {
        var token: Secret?
        if let path = configuration.token {
            guard let text = json.flatMap(path.find)?.plain, !text.isEmpty else {
                return .failed(.tryLater, "the login server answered \(status) without a token at \(path.text)")
            }
            token = Secret(text)
        }
        var jar = CookieJar(before)
        let taken = setCookies.count { jar.take($0, wanted: configuration.cookies) }
        if !configuration.cookies.isEmpty, taken == 0 {
            return .failed(.tryLater, "the login server answered \(status) without the cookies that are wanted")
        }
        let lifetime = configuration.lifetime.flatMap { path in json.flatMap(path.find)?.seconds }
        return .renewed(
            token: token, cookies: configuration.cookies.isEmpty ? nil : jar.header, lifetime: lifetime ?? jar.lifetime)
    }
}
