import HTTPTypes
import HoldfastCore
import HoldfastFleet
import Hummingbird

/// Signing in and out with a cookie, for pages: a script cannot read it, and no other origin can act with it.
struct SessionEndpoints: Sendable {
    let gatekeeper: Gatekeeper
    let actions: ActionEndpoints

    /// Takes the token of the request and gives a cookie for it.
    @Sendable func begin(_ call: Call) async throws -> Response {
        // Where no token is needed, or a cookie is there already, there is nothing to give.
        guard gatekeeper.needsTokens, call.request.headers[.authorization] != nil else {
            return .json(.created) { $0.fields(of: call.caller) }
        }
        let session = gatekeeper.sessions.begin(for: call.caller, at: ProcessClock.wall)
        actions.audit("sign-in", on: "–", by: call, outcome: "done")
        var response = Response.json(.created) { $0.fields(of: session.entry.caller) }
        response.headers[.setCookie] = cookie(session.text, seconds: Sessions.lifetime.components.seconds, call.request)
        return response
    }

    @Sendable func end(_ call: Call) async throws -> Response {
        if let text = Gatekeeper.sessionCookie(of: call.request) { gatekeeper.sessions.end(text) }
        actions.audit("sign-out", on: "–", by: call, outcome: "done")
        return Response(status: .noContent, headers: [.setCookie: cookie("", seconds: 0, call.request)])
    }

    /// `Secure` where a proxy says that the browser came over TLS: over plain HTTP a browser would not take such a cookie.
    private func cookie(_ text: String, seconds: Int64, _ request: Request) -> String {
        let forwarded = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headers[$0] }
        let secure = forwarded?.lowercased() == "https" ? "; Secure" : ""
        return "\(Sessions.cookie)=\(text); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(secure)"
    }
}

extension JSONWriter {
    mutating func fields(of caller: Caller) {
        field("name", caller.name)
        field("role", caller.role.rawValue)
        field("expires_at", caller.expires?.rfc3339)
    }
}
