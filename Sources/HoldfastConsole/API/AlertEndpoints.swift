import HTTPTypes
import HoldfastCore
import HoldfastFleet
import Hummingbird
import NIOCore

/// Alerts, and silencing them.
struct AlertEndpoints: Sendable {
    let fleet: Fleet
    let actions: ActionEndpoints

    static let listParameters = ["active", "limit", "cursor"]
    static let silenceParameters = ["limit", "cursor"]

    @Sendable func list(_ call: Call) async throws -> Response {
        let isActive = try call.query.choice("active", among: [true, false]) { "\($0)" }
        let limit = try call.query.limit()
        let cursor = try call.query.rowCursor()
        let page = try await fleet.alerts(isActive: isActive, before: cursor, limit: limit)
        return .json { json in
            json.array("alerts", page.alerts) { json, alert in json.object { $0.fields(of: alert) } }
            json.field("next", page.next.map { "\($0)" })
        }
    }

    @Sendable func one(_ call: Call) async throws -> Response {
        guard let alert = try await fleet.alert(call.variable("id")) else {
            throw Problem.notFound("There is no alert \"\(call.variable("id").shortened)\".", code: "unknown_alert")
        }
        return .json { $0.fields(of: alert) }
    }

    @Sendable func silences(_ call: Call) async throws -> Response {
        let limit = try call.query.limit()
        let skipped = try call.query.number("cursor", in: 0...Silence.limit * 2, default: 0)
        let now = ProcessClock.wall
        let all = fleet.silences().dropFirst(skipped)
        return .json { json in
            json.array("silences", all.prefix(limit)) { json, silence in
                json.object { $0.fields(of: silence, at: now) }
            }
            json.field("next", all.count > limit ? "\(skipped + limit)" : nil)
        }
    }

    /// The body is `{"rule", "severity", "endpoint", "account", "starts_at", "ends_at", "for", "comment"}`, all texts; all but
    /// one of the last two are optional.
    @Sendable func silence(_ call: Call) async throws -> Response {
        let wish = try SilenceWish(try await actions.body(of: call.request))
        let now = ProcessClock.wall
        let target = wish.match.description
        let silence = try await actions.audited("silence", on: target, by: call, refused: { Problem($0) }) {
            () async throws(SilenceRefusal) in
            try await fleet.silence(
                wish.match, from: wish.startsAt, until: wish.end(at: now), comment: wish.comment, by: call.hand)
        }
        return .json(.created) { $0.fields(of: silence, at: now) }
    }

    @Sendable func remove(_ call: Call) async throws -> Response {
        let id = call.variable("id")
        try await actions.audited("unsilence", on: id, by: call, refused: { Problem($0) }) {
            () async throws(SilenceRefusal) in
            try await fleet.removeSilence(id, by: call.hand)
        }
        return Response(status: .noContent)
    }
}

/// What somebody wants silenced, as the body of a request says it.
struct SilenceWish {
    var match = Silence.Match()
    var startsAt: WallTime?
    private var endsAt: WallTime?
    private var length: Duration?
    var comment = ""

    static let commentLimit = 500

    init(_ body: ByteBuffer) throws(Problem) {
        guard let texts = try? JSONTexts(body).values else {
            throw .badBody(
                "The body must be a JSON object of texts, such as {\"account\": \"shop-*\", \"for\": \"2h\"}.")
        }
        for (name, text) in texts {
            switch name {
            case "rule": match.rule = try Self.word(name, text, AlertRule.allCases.map(\.rawValue), AlertRule.init)
            case "severity":
                match.severity = try Self.word(
                    name, text, AlertSeverity.allCases.map(\.rawValue), AlertSeverity.init)
            case "endpoint": match.endpoint = try Self.pattern(name, text)
            case "account": match.account = try Self.pattern(name, text)
            case "starts_at": startsAt = try Self.time(name, text)
            case "ends_at": endsAt = try Self.time(name, text)
            case "for": length = try Self.duration(name, text)
            case "comment":
                guard text.count <= Self.commentLimit else {
                    throw .badBody("\"comment\" may have \(Self.commentLimit) characters.", parameter: name)
                }
                comment = text
            default:
                throw .badBody(
                    "Known: rule, severity, endpoint, account, starts_at, ends_at, for, comment.",
                    parameter: name.shortened)
            }
        }
        guard (endsAt == nil) != (length == nil) else {
            throw .badBody("Say either \"ends_at\" (a time) or \"for\" (such as \"2h\").", parameter: "ends_at")
        }
    }

    func end(at now: WallTime) -> WallTime {
        endsAt ?? (startsAt ?? now) + (length ?? .zero)
    }

    private static func word<Value>(
        _ name: String, _ text: String, _ known: [String], _ make: (String) -> Value?
    ) throws(Problem) -> Value {
        guard let value = make(text) else {
            throw .badBody("\"\(name)\" must be one of \(known.joined(separator: ", ")).", parameter: name)
        }
        return value
    }

    private static func pattern(_ name: String, _ text: String) throws(Problem) -> String {
        guard (1...300).contains(text.utf8.count) else {
            throw .badBody("\"\(name)\" must have 1 to 300 bytes; * stands for anything.", parameter: name)
        }
        return text
    }

    private static func time(_ name: String, _ text: String) throws(Problem) -> WallTime {
        guard let time = WallTime(rfc3339: text) else {
            throw .badBody("\"\(name)\" must be a time such as 2026-03-01T08:00:00Z.", parameter: name)
        }
        return time
    }

    private static func duration(_ name: String, _ text: String) throws(Problem) -> Duration {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number > 0,
            number <= 366 * 86_400 / unit
        else {
            throw .badBody("\"\(name)\" must be a time such as 90s, 30m, 2h or 3d.", parameter: name)
        }
        return .seconds(number * unit)
    }
}
