import Hummingbird

/// `GET /api/v1/whoami`: as whom Holdfast knows the caller, so that a page offers only what it will be allowed to do.
struct CallerEndpoint: Sendable {
    @Sendable func caller(_ call: Call) async throws -> Response {
        .json { json in
            json.field("name", call.caller.name)
            json.field("role", call.caller.role.rawValue)
        }
    }
}
