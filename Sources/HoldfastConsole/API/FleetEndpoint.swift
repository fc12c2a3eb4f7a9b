import HoldfastCore
import HoldfastFleet
import Hummingbird

/// `GET /api/v1/fleet`: what the page draws the whole fleet from, once a second and in one answer.
///
/// The first answer has every account, in columns rather than as objects: twenty thousand accounts are half a megabyte. Whoever
/// sends the `version` of an answer as `since` gets what has changed from then on.
struct FleetEndpoint: Sendable {
    let fleet: Fleet
    /// Sets this process apart from an earlier one, whose versions mean something else.
    let epoch: String

    static let parameters = ["since"]
    /// Figures of at most so many endpoints are in an answer, those with the most accounts in trouble.
    static let endpointLimit = 200
    static let recentLimit: UInt64 = 60

    @Sendable func picture(_ call: Call) async throws -> Response {
        let place = call.query["since"].flatMap(place)
        let picture = fleet.picture(since: place)
        let isWhole = picture.isWhole
        return .json { json in
            json.field("version", version(picture.place))
            json.field("whole", isWhole)
            json.object("totals") { $0.fields(of: picture.totals) }
            json.reasons("reasons", fleet.readiness())
            json.object("accounts") { $0.columns(of: picture.accounts) }
            if isWhole {
                json.array("endpoint_names", picture.endpoints) { $0.value($1.endpoint) }
                json.field("recent_events", recentEvents)
            }
            json.array("endpoints", Self.worst(picture.endpoints)) { json, item in
                json.object { json in
                    json.field("number", item.offset)
                    json.field("connected", item.element.connected)
                    json.field("waiting", item.element.waiting)
                    json.field("handshaking", item.element.handshaking)
                    json.field("failing", item.element.failing)
                    json.field("breaker", item.element.breaker.rawValue)
                }
            }
            json.array("seconds", picture.pulses) { json, pulse in json.value(json: Self.text(of: pulse)) }
        }
    }

    /// What to send as `Last-Event-ID` to hear the latest events first, and then the new ones.
    private var recentEvents: String {
        let last = fleet.lastEventID
        return EventEndpoint.id(last - min(last, Self.recentLimit), epoch: epoch)
    }

    private static func worst(
        _ endpoints: [EndpointPicture]
    ) -> ArraySlice<EnumeratedSequence<[EndpointPicture]>.Element> {
        let numbered = Array(endpoints.enumerated())
        guard numbered.count > endpointLimit else { return numbered[...] }
        return numbered.sorted { $0.element.failing > $1.element.failing }.prefix(endpointLimit)
    }

    /// `[ms since 1970, enabled, connected, connecting, opened, failed, lost, heartbeats, misses, messages, reply in ms or null]`.
    private static func text(of pulse: Pulse) -> String {
        let reply = pulse.replyMilliseconds.map { "\((Double($0) * 10).rounded() / 10)" } ?? "null"
        return "[\(pulse.at.milliseconds),\(pulse.enabled),\(pulse.connected),\(pulse.connecting),\(pulse.opened),"
            + "\(pulse.failed),\(pulse.lost),\(pulse.heartbeats),\(pulse.misses),\(pulse.messages),\(reply)]"
    }

    private func version(_ place: FleetPicture.Place) -> String {
        "\(epoch)-\(place.directory)-\(place.report)-\(place.pulse)"
    }

    /// Nil for what is not a version of this process: then the answer is the whole fleet.
    private func place(of version: String) -> FleetPicture.Place? {
        let parts = version.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == epoch, let directory = UInt64(parts[1]), let report = UInt32(parts[2]),
            let pulse = UInt32(parts[3])
        else { return nil }
        return FleetPicture.Place(directory: directory, report: report, pulse: pulse)
    }
}

extension JSONWriter {
    /// One list, or one text with a character per account, for each column. States, statuses and classes are digits: their places
    /// in the lists of names that come first.
    fileprivate mutating func columns(of accounts: [FleetPicture.Brief]) {
        let statuses = AccountStatus.allCases
        let classes = FailureClass.allCases
        array("state_names", SessionState.allCases) { $0.value($1.name) }
        array("status_names", statuses) { $0.value($1.rawValue) }
        array("class_names", classes) { $0.value($1.rawValue) }
        array("ids", accounts) { $0.value($1.id) }
        field("states", digits(accounts) { SessionState.allCases.firstIndex(of: $0.state) })
        field("statuses", digits(accounts) { statuses.firstIndex(of: $0.status) })
        field("classes", digits(accounts) { $0.failureClass.flatMap(classes.firstIndex) })
        array("health", accounts) { $0.value(json: String($1.health)) }
        array("failures", accounts) { $0.value(json: String($1.failures)) }
        array("endpoints", accounts) { $0.value(json: String($1.endpoint)) }
    }

    /// A dot stands for none.
    private func digits(
        _ accounts: [FleetPicture.Brief], _ place: (FleetPicture.Brief) -> Int?
    ) -> String {
        String(
            decoding: accounts.map { account in
                place(account).map { UInt8(ascii: "0") + UInt8(clamping: $0) } ?? UInt8(ascii: ".")
            }, as: UTF8.self)
    }
}
