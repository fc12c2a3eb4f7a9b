import HoldfastCore

/// Gets accounts another credential.
protocol CredentialProvider: Sendable {
    /// Tries once. Never throws and always ends: what goes wrong is "try later", with a reason.
    func renew(_ request: LoginRequest) async -> LoginReply

    /// Frees what it holds, when nobody uses it any more.
    func close() async
}

extension CredentialProvider {
    func close() async {}
}

/// What a provider needs to know. Secrets are in it; it is never kept.
struct LoginRequest: Sendable {
    var account: String
    var device: String?
    var credentials: Credentials
}

/// What a provider answered.
struct LoginReply: Sendable {
    var outcome: ProviderOutcome
    var token: Secret?
    /// As they go into a `Cookie` header.
    var cookies: Secret?
    var lifetime: Duration?
    /// Why, in words that hold no secret; empty if renewed.
    var reason = ""

    static func renewed(token: Secret?, cookies: Secret?, lifetime: Duration?) -> LoginReply {
        LoginReply(outcome: .renewed, token: token, cookies: cookies, lifetime: lifetime)
    }

    static func failed(_ outcome: ProviderOutcome, _ reason: String) -> LoginReply {
        LoginReply(outcome: outcome, reason: reason)
    }

    /// The account was given another credential while the login was under way.
    static let superseded = failed(
        .tryLater, "the account's credential was changed meanwhile: what the login brought is not used")

    /// What the session is told.
    var renewal: RenewalOutcome {
        switch outcome {
        case .renewed: .renewed(lifetime: lifetime)
        case .rejected: .rejected
        case .needsPerson: .needsPerson
        case .tryLater: .tryLater
        }
    }
}
