import FoundationEssentials
import HoldfastCore
import HoldfastFleet
import NIOCore

/// Which accounts an action on many is for: `{"filter":{state,status,q}}` or `{"all":true}`.
///
/// Read strictly: a misspelt or empty filter must never turn into "all".
struct AccountSelection: Sendable, CustomStringConvertible {
    let filter: AccountFilter
    /// For the audit line.
    let description: String

    init(_ body: ByteBuffer) throws(Problem) {
        let shape: Shape
        do {
            shape = try JSONDecoder().decode(Shape.self, from: Data(body.readableBytesView))
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .badBody("The body must be JSON: {\"all\": true} or {\"filter\": {\"state\", \"status\", \"q\"}}.")
        }
        switch (shape.all, shape.filter) {
        case (true, nil):
            filter = AccountFilter()
            description = "all"
        case (nil, let texts?) where !texts.isEmpty:
            filter = try Self.filter(texts)
            description = texts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        case (nil, .some):
            throw .badBody("An empty filter names nobody; for all accounts send {\"all\": true}.", parameter: "filter")
        default:
            throw .badBody("Give either \"filter\" or \"all\": true.")
        }
    }

    private static func filter(_ texts: [String: String]) throws(Problem) -> AccountFilter {
        var filter = AccountFilter()
        if let name = texts["state"] {
            guard let state = SessionState.allCases.first(where: { $0.name == name }) else {
                let names = SessionState.allCases.map(\.name).joined(separator: ", ")
                throw .badBody("\"state\" must be one of \(names).", parameter: "filter.state")
            }
            filter.state = state
        }
        if let name = texts["status"] {
            guard let status = AccountStatus(rawValue: name) else {
                let names = AccountStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badBody("\"status\" must be one of \(names).", parameter: "filter.status")
            }
            filter.status = status
        }
        if let text = texts["q"] {
            guard !text.isEmpty else { throw .badBody("\"q\" must not be empty.", parameter: "filter.q") }
            filter.text = text
        }
        return filter
    }

    /// The body as it is sent, with every key looked at.
    private struct Shape: Decodable {
        var all: Bool?
        var filter: [String: String]?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys where !["all", "filter"].contains(key.stringValue) {
                throw Problem.badBody(
                    "There is no field \"\(key.stringValue.shortened)\" here.", parameter: key.stringValue.shortened)
            }
            all = try container.decodeIfPresent(Bool.self, forKey: Key("all"))
            let texts = try container.decodeIfPresent([String: String?].self, forKey: Key("filter"))
            filter = texts?.compactMapValues(\.self)
            for key in (texts ?? [:]).keys where !["state", "status", "q"].contains(key) {
                throw Problem.badBody(
                    "A filter has no field \"\(key.shortened)\"; known: state, status, q.",
                    parameter: "filter.\(key.shortened)")
            }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// A JSON object whose values are texts.
struct JSONTexts {
    let values: [String: String]

    init(_ body: ByteBuffer) throws {
        values = try JSONDecoder().decode([String: String].self, from: Data(body.readableBytesView))
    }
}
