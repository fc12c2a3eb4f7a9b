import FoundationEssentials
import HoldfastWire

/// A JSON text as a tree, for answers that are read once in a while.
package enum JSONTree: Decodable, Hashable, Sendable {
    case object([String: JSONTree])
    case array([JSONTree])
    case text(String)
    case number(Double)
    case flag(Bool)
    case null

    /// Nil if the bytes are no JSON.
    package init?(_ bytes: some Sequence<UInt8>) {
        guard let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(bytes)) else { return nil }
        self = tree
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let items = try? container.decode([JSONTree].self) {
            self = .array(items)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    subscript(_ name: String) -> JSONTree? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// A single value as a text, numbers without a needless fraction; nil for what is none.
    package var plain: String? {
        switch self {
        case .text(let text): text
        case .number(let number): Int64(exactly: number).map { "\($0)" } ?? "\(number)"
        case .flag(let flag): "\(flag)"
        case .null, .object, .array: nil
        }
    }

    /// A positive number of seconds, at most ten years; also from a text.
    var seconds: Duration? {
        let number: Double? =
            switch self {
            case .number(let number): number
            case .text(let text): Double(text)
            case .object, .array, .flag, .null: nil
            }
        guard let number, number.isFinite, number > 0 else { return nil }
        return .seconds(min(number, 315_360_000))
    }
}

extension JSONPath {
    /// The value that lies there.
    func find(in json: JSONTree) -> JSONTree? {
        var value = json
        for name in names {
            switch value {
            case .object(let members):
                guard let member = members[name] else { return nil }
                value = member
            case .array(let items):
                guard let index = Int(name), items.indices.contains(index) else { return nil }
                value = items[index]
            case .text, .number, .flag, .null:
                return nil
            }
        }
        return value
    }

    /// As it was written.
    var text: String { names.joined(separator: ".") }
}
