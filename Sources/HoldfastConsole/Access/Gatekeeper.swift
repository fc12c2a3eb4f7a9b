import HTTPTypes
import Hummingbird

/// Who is asking.
struct Caller: Sendable {
    /// The name of the token, or "local" where none is needed.
    var name: String
    var role: Role
}

/// Decides who may come in (O4).
///
/// With tokens, a request carries one as `Authorization: Bearer`. A browser never adds that header by itself, so no foreign
/// page can act with it. Without tokens Holdfast listens on loopback only, and the danger are pages in the operator's own
/// browser: one whose name was rebound to 127.0.0.1 (found by its `Host`) and one that posts across origins (found by
/// `Origin`, `Sec-Fetch-Site` and, whatever else a browser says of where it comes from, the content types that a form can
/// send).
struct Gatekeeper: Sendable {
    let tokens: [AccessToken]

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

    /// - Returns: who is asking; they have at least the role `needed`.
    func admit(_ request: Request, needing needed: Role) throws(Problem) -> Caller {
        guard !tokens.isEmpty else {
            if request.method != .get, request.method != .head { try checkOrigin(of: request) }
            return Caller(name: "local", role: .admin)
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
        guard match.role >= needed else {
            let challenge = "Bearer realm=\"holdfast\", error=\"insufficient_scope\", scope=\"\(needed.rawValue)\""
            throw Problem(
                status: .forbidden, code: "role_too_low",
                detail: "This needs the role \(needed.rawValue); the token has the role \(match.role.rawValue).",
                headers: [.wwwAuthenticate: challenge])
        }
        return Caller(name: match.name, role: match.role)
    }

    private func unauthorized(_ detail: String, challenge: String) -> Problem {
        Problem(status: .unauthorized, code: "unauthorized", detail: detail, headers: [.wwwAuthenticate: challenge])
    }

    private func checkOrigin(of request: Request) throws(Problem) {
        let foreign = Problem(
            status: .forbidden, code: "cross_origin", detail: "A page of another origin may not act here.")
        if let site = request.headers[.fetchSite], site != "same-origin", site != "none" { throw foreign }
        if let origin = request.headers[.origin] {
            guard let authority = request.head.authority, origin == "http://\(authority)" else { throw foreign }
        }
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
