import HTTPTypes
import Hummingbird
import Logging

/// Takes a request to its route: who is asking, which path, which method, and what to say where something is wrong.
///
/// The router is our own because the answers of the API are: 405 with `Allow`, problem documents for everything, and one
/// table of routes that can be tested against the reference.
struct ConsoleResponder: HTTPResponder {
    typealias Context = ConsoleContext

    let routes: [Route]
    let gatekeeper: Gatekeeper
    let counters: ConsoleCounters

    func respond(to request: Request, context: ConsoleContext) async throws -> Response {
        var response: Response
        do {
            response = try await answer(request, context)
        } catch let problem as Problem {
            response = problem.response
        } catch {
            context.logger.error(
                "request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path.shortened)"])
            response = Problem.internal.response
        }
        for (name, value) in Self.securityHeaders where response.headers[name] == nil {
            response.headers[name] = value
        }
        counters.countRequest(status: response.status.code)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        try gatekeeper.checkHost(of: request)
        let (path, query) = try Self.target(of: request)
        let matches = routes.compactMap { route in route.match(path).map { (route, $0) } }
        guard !matches.isEmpty else { throw Problem.notFound() }
        // What answers GET answers HEAD, too (RFC 9110 §9.3.2).
        let method = request.method == .head ? .get : request.method
        guard let (route, variables) = matches.first(where: { $0.0.method == method }) else {
            throw Problem.methodNotAllowed(allowed: Self.methods(of: matches.map(\.0)))
        }
        var caller = Caller(name: "anonymous", role: .viewer)
        if case .role(let role) = route.access {
            caller = try gatekeeper.admit(request, from: context.peer, needing: role)
        }
        return try await route.handler(
            Call(
                request: request, context: context, caller: caller,
                query: try Query(query, allowed: route.parameters), variables: variables))
    }

    private static func methods(of routes: [Route]) -> [String] {
        var methods = Set(routes.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }

    /// The decoded segments of the path, and the query as it was sent.
    private static func target(of request: Request) throws(Problem) -> (path: [String], query: Substring) {
        guard let target = request.head.path, target.hasPrefix("/") else { throw .notFound() }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // Decoded after the split: an encoded slash is part of a name and never a separator.
        var path: [String] = []
        for segment in (parts.first ?? "").dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = percentDecoded(segment) else { throw .notFound() }
            path.append(decoded)
        }
        if path == [""] { path = [] }
        return (path, parts.dropFirst().first ?? "")
    }

    /// Nothing may be loaded from elsewhere, framed, sniffed or written as markup by a script.
    private static let securityHeaders: [(HTTPField.Name, String)] = [
        (
            .contentSecurityPolicy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                + "require-trusted-types-for 'script'; trusted-types 'none'"
        ),
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "no-referrer"),
        (.openerPolicy, "same-origin"),
        (.resourcePolicy, "same-origin"),
        (.cacheControl, "no-store"),
    ]
}

extension HTTPField.Name {
    // The names are valid tokens; the fallback only satisfies the optional.
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .xContentTypeOptions
    fileprivate static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy") ?? .xContentTypeOptions
    fileprivate static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy") ?? .xContentTypeOptions
}
