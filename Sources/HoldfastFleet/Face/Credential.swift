public import HoldfastCore
import HoldfastStore
import HoldfastWire

/// What an account proves itself with, beside the token that its dialect registers with.
public struct Credential: Sendable, Hashable {
    /// Sent as the `Cookie` header of the upgrade request.
    public var cookies: Secret?
    /// What a provider logs in with.
    public var user: Secret?
    public var password: Secret?

    public init(cookies: Secret? = nil, user: Secret? = nil, password: Secret? = nil) {
        self.cookies = cookies
        self.user = user
        self.password = password
    }
}

/// The secrets of an account that are in force: the declared ones, or what a provider or a person has put in their place.
struct Credentials: Sendable, Hashable {
    var token: Secret?
    var cookies: Secret?
    var user: Secret?
    var password: Secret?
    /// When the token or the cookies were got, and how long they live; nil where they were declared.
    var obtainedAt: WallTime?
    var lifetime: Duration?

    /// Where the account connects to, with its cookies. Cookies that cannot stand in a header are left out: the gateway then
    /// says what is missing.
    func target(of configuration: AccountConfiguration) -> LinkTarget {
        guard let cookies else { return configuration.target }
        return cookies.withRevealed { text in
            (try? configuration.target.setting(LinkTarget.Header(name: "Cookie", value: text))) ?? configuration.target
        }
    }

    init() {}

    init(declaredBy configuration: AccountConfiguration) {
        token = configuration.token
        cookies = configuration.credential.cookies
        user = configuration.credential.user
        password = configuration.credential.password
    }

    subscript(kind: SecretKind) -> Secret? {
        get {
            switch kind {
            case .token: token
            case .cookies: cookies
            case .user: user
            case .password: password
            case .declaration: nil
            }
        }
        set {
            switch kind {
            case .token: token = newValue
            case .cookies: cookies = newValue
            case .user: user = newValue
            case .password: password = newValue
            case .declaration: break
            }
        }
    }
}

/// Secrets in force that are not the declared ones, in 8 bytes of a slot.
final class HeldCredentials: Sendable {
    let values: Credentials

    init(_ values: Credentials) {
        self.values = values
    }
}
