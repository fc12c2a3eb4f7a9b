import HTTPTypes
import HoldfastFleet
import Hummingbird

/// One thing the console answers. All of them are listed in `Routes`; the reference in `docs/api.md` is tested against that.
struct Route: Sendable {
    /// Who may use it.
    enum Access: Sendable {
        /// Anybody who can reach the address: health, and the page, which holds no data of its own.
        case open
        /// Only callers with this role.
        case role(Role)
    }

    typealias Handler = @Sendable (Call) async throws -> Response

    let method: HTTPRequest.Method
    /// The path, with `{name}` for what may vary. A variable takes the rest of its segment, so `accounts:{action}` is one.
    let path: String
    let access: Access
    /// The names of the query parameters it takes.
    let parameters: [String]
    let handler: Handler
    private let segments: [Segment]

    init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, parameters: [String] = [],
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.parameters = parameters
        self.handler = handler
        segments = path.split(separator: "/").map(Segment.init)
    }

    /// The values of the path's variables, or nil if the path is another one.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, text) in zip(segments, path) {
            guard text.hasPrefix(segment.fixed) else { return nil }
            let rest = String(text.dropFirst(segment.fixed.count))
            if let variable = segment.variable {
                guard !rest.isEmpty else { return nil }
                values[variable] = rest
            } else if !rest.isEmpty {
                return nil
            }
        }
        return values
    }

    private struct Segment: Sendable {
        var fixed: String
        var variable: String?

        init(_ text: Substring) {
            let parts = text.split(separator: "{", maxSplits: 1, omittingEmptySubsequences: false)
            fixed = String(parts.first ?? "")
            variable = parts.count == 2 ? parts.last.map { String($0.dropLast()) } : nil
        }
    }
}

/// One request on its way to a handler: admitted, its path taken apart, its query checked.
struct Call: Sendable {
    var request: Request
    var context: ConsoleContext
    var caller: Caller
    var query: Query
    var variables: [String: String]

    /// Who is asking, for the audit log.
    var hand: Hand { Hand(name: caller.name, address: context.peer) }

    /// A variable of the route's path; the empty text if the route has no such variable.
    func variable(_ name: String) -> String { variables[name] ?? "" }
}
