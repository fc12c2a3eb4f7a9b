import HTTPTypes
import Hummingbird
import NIOCore

/// A refused or failed request, as RFC 9457 (`application/problem+json`) has it, plus a stable `code` for programs.
///
/// `detail` is a sentence for a person: what is wrong and what would be right. Whatever came from outside and is repeated in
/// it must have been shortened before (`shortened`).
struct Problem: Error {
    var status: HTTPResponse.Status
    var code: String
    var detail: String
    /// The query parameter or body field that is wrong.
    var parameter: String?
    /// Headers that belong to the status: `Allow`, `WWW-Authenticate`, `Retry-After`.
    var headers: HTTPFields = [:]

    static func badParameter(_ parameter: String, _ detail: String) -> Problem {
        Problem(status: .badRequest, code: "bad_parameter", detail: detail, parameter: parameter)
    }

    static func badBody(_ detail: String, parameter: String? = nil) -> Problem {
        Problem(status: .badRequest, code: "bad_body", detail: detail, parameter: parameter)
    }

    static func notFound(_ detail: String = "There is nothing at this path.", code: String = "not_found") -> Problem {
        Problem(status: .notFound, code: code, detail: detail)
    }

    static func unknownAccount(_ id: String) -> Problem {
        .notFound("There is no account \"\(id.shortened)\".", code: "unknown_account")
    }

    static let badCursor = Problem.badParameter("cursor", "\"cursor\" must be the \"next\" of an earlier page.")

    static func methodNotAllowed(allowed: [String]) -> Problem {
        let list = allowed.joined(separator: ", ")
        return Problem(
            status: .methodNotAllowed, code: "method_not_allowed", detail: "This path answers \(list).",
            headers: [.allow: list])
    }

    static func bodyTooLarge(limitBytes: Int) -> Problem {
        Problem(
            status: .contentTooLarge, code: "body_too_large", detail: "A request body may have \(limitBytes) bytes.")
    }

    static let `internal` = Problem(
        status: .internalServerError, code: "internal", detail: "The request failed inside Holdfast. The log says why.")

    var response: Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        let body = JSONWriter.object { json in
            json.field("type", "about:blank")
            json.field("title", status.reasonPhrase)
            json.field("status", status.code)
            json.field("code", code)
            json.field("detail", detail)
            if let parameter { json.field("parameter", parameter) }
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

extension String {
    /// At most 80 characters of it, for texts that repeat what somebody sent.
    var shortened: String {
        let limit = 80
        return count > limit ? prefix(limit) + "…" : self
    }
}
