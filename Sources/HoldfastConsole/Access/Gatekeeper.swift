import HTTPTypes
import HoldfastCore
import HoldfastFleet
import Hummingbird

/// Who is asking.
struct Caller: Sendable {
    /// The name of the token, or "local" where none is needed.
    var name: String
    var role: Role
    /// When the session of its cookie ends; nil for a token.
    var expires: WallTime?
}

/// Decides who may come in (O4).
///
/// With tokens, a request carries one as `Authorization: Bearer`, which a browser never adds by itself, so that no foreign page
/// can act with it; or it carries the cookie of a session, which a browser does add: then whatever acts must show that it comes
/// from our own page. Without tokens Holdfast listens on loopback only, and the danger are pages in the operator's own
/// browser: one whose name was rebound to 127.0.0.1 (found by its `Host`) and one that posts across origins (found by
/// `Origin`, `Sec-Fetch-Site` and, whatever else a browser says of where it comes from, the content types that a form can
/// send).
struct Gatekeeper: Sendable {
    let tokens: [AccessToken]
    let sessions: Sessions
    private let callers: RateLimiter
    private let strangers: RateLimiter
    private let counters: ConsoleCounters

    init(tokens: [AccessToken], limits: ConsoleLimits = ConsoleLimits(), counters: ConsoleCounters = ConsoleCounters())
    {
        self.tokens = tokens
        self.counters = counters
        sessions = Sessions(limit: limits.sessions)
        callers = RateLimiter(
            perSecond: limits.requestsPerSecond, burst: limits.requestBurst, callers: max(1, tokens.count))
        strangers = RateLimiter(
            perSecond: limits.strangersPerSecond, burst: limits.strangerBurst, callers: limits.strangers)
    }

    var needsTokens: Bool { !tokens.isEmpty }

    /// Checks what must hold before anything else is looked at.
    func checkHost(of request: Request) throws(Problem) {
        guard tokens.isEmpty else { return }
        guard let host = request.head.authority, isLoopback(hostOf(authority: host)) else {
            throw Problem(
                status: .forbidden, code: "host_not_loopback",
                detail: "Without tokens Holdfast answers only as localhost, 127.0.0.1 or [::1]. "
                    + "To reach it under another name, configure server.tokens.")
        }
    }

    /// - Parameter peer: the address of the other side.
    /// - Returns: who is asking; they have at least the role `needed`.
    func admit(_ request: Request, from peer: String, needing needed: Role) throws(Problem) -> Caller {
        let caller: Caller
        do {
            caller = try identify(request)
        } catch {
            // One that knows a token is never held up by those who guess from the same address, a proxy's for instance.
            try limit(strangers, hostOf(authority: peer))
            throw error
        }
        try limit(callers, caller.name)
        guard caller.role >= needed else {
            let challenge = "Bearer realm=\"holdfast\", error=\"insufficient_scope\", scope=\"\(needed.rawValue)\""
            throw Problem(
                status: .forbidden, code: "role_too_low",
                detail: "This needs the role \(needed.rawValue); the token has the role \(caller.role.rawValue).",
                headers: [.wwwAuthenticate: challenge])
        }
        return caller
    }

    private func identify(_ request: Request) throws(Problem) -> Caller {
        let isSafe = request.method == .get || request.method == .head
        guard needsTokens else {
            if !isSafe { try checkOrigin(of: request) }
            return Caller(name: "local", role: .admin)
        }
        if request.headers[.authorization] == nil, let cookie = Self.sessionCookie(of: request) {
            guard let caller = sessions.caller(cookie, at: ProcessClock.wall) else {
                throw unauthorized("The session has ended: sign in again.", challenge: "Bearer realm=\"holdfast\"")
            }
            if !isSafe { try checkOwnPage(request) }
            return caller
        }
        guard let header = request.headers[.authorization] else {
            throw unauthorized(
                "This needs a token: Authorization: Bearer TOKEN.", challenge: "Bearer realm=\"holdfast\"")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let scheme = parts.first, let token = parts.last, scheme.lowercased() == "bearer",
            let match = AccessToken.matching(String(token), among: tokens)
        else {
            throw unauthorized(
                "The token is not known here.", challenge: "Bearer realm=\"holdfast\", error=\"invalid_token\"")
        }
        return Caller(name: match.name, role: match.role)
    }

    private func unauthorized(_ detail: String, challenge: String) -> Problem {
        Problem(status: .unauthorized, code: "unauthorized", detail: detail, headers: [.wwwAuthenticate: challenge])
    }

    private func limit(_ limiter: RateLimiter, _ name: String) throws(Problem) {
        guard let wait = limiter.wait(of: name, at: ProcessClock.instant) else { return }
        counters.countLimitedRequest()
        throw Problem(
            status: .tooManyRequests, code: "too_many_requests",
            detail: "These are too many requests; go on a little later.",
            headers: [.retryAfter: "\(wait.components.seconds + 1)"])
    }

    /// The text of the session's cookie; nil if there is none.
    static func sessionCookie(of request: Request) -> String? {
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2, parts.first == Sessions.cookie[...] { return parts.last.map(String.init) }
            }
        }
        return nil
    }

    private static let foreign = Problem(
        status: .forbidden, code: "cross_origin", detail: "A page of another origin may not act here.")

    /// What acts with a cookie has to say that it is our page: every browser that keeps `SameSite` does.
    private func checkOwnPage(_ request: Request) throws(Problem) {
        let (site, origin) = (request.headers[.fetchSite], request.headers[.origin])
        guard site ?? "same-origin" == "same-origin", site != nil || origin != nil else { throw Self.foreign }
        if let origin {
            // A proxy before us may speak TLS, so either scheme will do; the host has to be ours.
            guard let authority = request.head.authority,
                ["http://\(authority)", "https://\(authority)"].contains(origin)
            else { throw Self.foreign }
        }
        try checkType(of: request)
    }

    private func checkOrigin(of request: Request) throws(Problem) {
        if let site = request.headers[.fetchSite], site != "same-origin", site != "none" { throw Self.foreign }
        if let origin = request.headers[.origin] {
            guard let authority = request.head.authority, origin == "http://\(authority)" else { throw Self.foreign }
        }
        try checkType(of: request)
    }

    private func checkType(of request: Request) throws(Problem) {
        if mayComeFromPage(request), let type = request.headers[.contentType], !isJSON(contentType: type) {
            throw Problem(
                status: .unsupportedMediaType, code: "not_json", detail: "Send Content-Type: application/json.")
        }
    }

    /// Whether a browser could have sent this for a page: each of them names where a POST comes from in one of these. Tools
    /// send none, and give a body the type of a form without being asked (`curl -d`).
    private func mayComeFromPage(_ request: Request) -> Bool {
        [.origin, .referer, .fetchSite].contains { request.headers[$0] != nil }
    }
}

extension HTTPField.Name {
    static let fetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .origin
}

/// Whether a media type is JSON, whatever its parameters.
func isJSON(contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
    return type == "application/json"
}

/// The host of `host`, `host:port` or `[v6]:port`.
func hostOf(authority: String) -> String {
    if authority.hasPrefix("[") {
        return String(authority.dropFirst().prefix { $0 != "]" })
    }
    return String(authority.prefix { $0 != ":" })
}

/// Whether a host can only mean this machine. A name other than `localhost` could be made to point anywhere.
public func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.first == "127" && parts.allSatisfy { isDecimalByte($0) }
}

private func isDecimalByte(_ text: Substring) -> Bool {
    (1...3).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(text) != nil
}
