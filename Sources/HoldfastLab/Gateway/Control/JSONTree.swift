import FoundationEssentials
import NIOCore

/// Any JSON value with all that it contains, for the control API and for script files, where a clear error counts and speed
/// does not.
enum JSONTree: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value):
            if let whole = Int(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }

    /// Reads JSON text; `what` names it in the error ("the body", a file's name).
    static func parse(_ bytes: ByteBuffer, what: String) throws(InvalidInput) -> JSONTree {
        do {
            return try JSONDecoder().decode(JSONTree.self, from: Data(bytes.readableBytesView))
        } catch {
            throw InvalidInput(at: what, "not valid JSON")
        }
    }

    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// The fields of one JSON object, taken one by one. What nobody took is an error in the end, so that a misspelt name is
/// never silently ignored. `null` is the same as absent.
struct JSONFields {
    /// Where the object stands in the input.
    let place: String
    private var fields: [String: JSONTree]
    private var known: [String] = []

    init(_ value: JSONTree, at place: String) throws(InvalidInput) {
        guard case .object(let fields) = value else {
            throw InvalidInput(at: place, "must be an object, is \(value.kind)")
        }
        self.place = place
        self.fields = fields
    }

    func place(of key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

    mutating func take(_ key: String) -> JSONTree? {
        known.append(key)
        guard let value = fields.removeValue(forKey: key) else { return nil }
        if case .null = value { return nil }
        return value
    }

    mutating func string(_ key: String) throws(InvalidInput) -> String? {
        switch take(key) {
        case nil: return nil
        case .string(let text): return text
        case let other?: throw wrong(key, needs: "a string", other)
        }
    }

    mutating func bool(_ key: String) throws(InvalidInput) -> Bool? {
        switch take(key) {
        case nil: return nil
        case .bool(let value): return value
        case let other?: throw wrong(key, needs: "true or false", other)
        }
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>) throws(InvalidInput) -> Double? {
        switch take(key) {
        case nil: return nil
        case .number(let value):
            guard range.contains(value) else {
                throw InvalidInput(
                    at: place(of: key),
                    "is \(plain(value)); allowed are \(plain(range.lowerBound)) to \(plain(range.upperBound))")
            }
            return value
        case let other?: throw wrong(key, needs: "a number", other)
        }
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(InvalidInput) -> Int? {
        guard let value = try number(key, in: Double(range.lowerBound)...Double(range.upperBound)) else { return nil }
        guard let whole = Int(exactly: value) else { throw InvalidInput(at: place(of: key), "must be a whole number") }
        return whole
    }

    /// Call it last: complains about the first field, in alphabetical order, that no rule knows.
    func finish() throws(InvalidInput) {
        guard let unknown = fields.keys.min() else { return }
        throw InvalidInput(at: place(of: unknown), "unknown; known are \(known.joined(separator: ", "))")
    }

    private func wrong(_ key: String, needs: String, _ value: JSONTree) -> InvalidInput {
        InvalidInput(at: place(of: key), "must be \(needs), is \(value.kind)")
    }

    private func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
