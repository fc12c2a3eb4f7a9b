import FoundationEssentials
import HTTPTypes
import HoldfastCore
import Hummingbird
import NIOCore

/// The control API and the login server, as routes.
struct ControlAPI: Sendable {
    let core: GatewayCore
    let director: FaultDirector

    /// The longest body that is read.
    static let bodyLimitBytes = 4 << 20

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ProblemMiddleware())
        router.get("/faults") { _, _ in faultList(await director.faults) }
        router.put("/faults") { request, _ in
            try await answering {
                try await director.replace(Fault.list(try await body(of: request), at: "faults"))
                return faultList(await director.faults)
            }
        }
        router.delete("/faults") { _, _ in
            try await answering {
                try await director.replace([])
                return Response(status: .noContent)
            }
        }
        router.get("/login/faults") { _, _ in faultList(core.login.faults) }
        router.put("/login/faults") { request, _ in
            try await answering {
                try core.login.replace(LoginFault.list(try await body(of: request), at: "faults"))
                return faultList(core.login.faults)
            }
        }
        router.delete("/login/faults") { _, _ in
            try core.login.replace([])
            return Response(status: .noContent)
        }
        router.post("/push") { request, _ in
            try await answering {
                Self.json(try core.push(PushRequest(json: try await body(of: request))), status: .accepted)
            }
        }
        router.get("/stats") { request, _ in
            Self.json(core.statistics(lists: request.uri.queryParameters["lists"] != "false"))
        }
        router.post("/login") { request, _ in
            try await answering { try await login(try await body(of: request)) }
        }
        return router
    }

    private func login(_ json: JSONTree) async throws -> Response {
        var fields = try JSONFields(json, at: "")
        guard let user = try fields.string("user"), !user.isEmpty, user.utf8.count <= FaultTerms.maxNameBytes else {
            throw InvalidInput(at: "user", "must be a string of 1 to \(FaultTerms.maxNameBytes) bytes")
        }
        // Any password will do.
        guard try fields.string("password") != nil else { throw InvalidInput(at: "password", "is missing") }
        try fields.finish()
        switch try await core.login.login(user: user) {
        case .token(let token, let ttl):
            return Self.json(["token": JSONTree.string(token), "ttl_s": .number(ttl.inSeconds)])
        case .other(let status, let retryAfterSeconds, let contentType, let body):
            var headers: HTTPFields = [.contentType: contentType]
            if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
            return Response(
                status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(string: body)))
        }
    }
}

// MARK: - Bodies

extension ControlAPI {
    private func body(of request: Request) async throws -> JSONTree {
        let bytes = try await request.body.collect(upTo: Self.bodyLimitBytes)
        return try JSONTree.parse(bytes, what: "body")
    }

    /// What a client did wrong becomes a problem document (RFC 9457) that says so.
    private func answering(_ answer: () async throws -> Response) async throws -> Response {
        do {
            return try await answer()
        } catch let error as InvalidInput {
            return Self.problem(400, "invalid_input", "Invalid input", error.description)
        } catch is NIOTooManyBytesError {
            return Self.problem(
                413, "body_too_large", "Body too large", "the body may have \(Self.bodyLimitBytes) bytes")
        } catch let error as CannotListen {
            return Self.problem(500, "cannot_listen", "Cannot listen again", error.description)
        }
    }

    fileprivate static func problem(_ status: Int, _ code: String, _ title: String, _ detail: String) -> Response {
        let document: [String: JSONTree] = [
            "status": .number(Double(status)), "code": .string(code), "title": .string(title),
            "detail": .string(detail),
        ]
        var response = json(document, status: .init(code: status))
        response.headers[.contentType] = "application/problem+json"
        return response
    }

    private func faultList(_ faults: [some ScriptedFault]) -> Response {
        Self.json(faults.map { $0.json() })
    }

    fileprivate static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(value) else { return Response(status: .internalServerError) }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// An address that is not here, or a method it does not know, is said so by a problem document, too.
private struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError {
            let status = Int(error.status.code)
            return ControlAPI.problem(
                status, status == 404 ? "not_found" : "http_\(status)", error.status.reasonPhrase,
                "\(request.method) \(request.uri.path) is not here; known are /faults, /login, /login/faults, /push and /stats"
            )
        }
    }
}
