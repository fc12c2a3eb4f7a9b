import FoundationEssentials
import NIOCore

/// The body of a request that is one JSON object of texts and whole numbers, read strictly: a field that the endpoint does not
/// know is an error, because a misspelt one that is ignored would do something else than was asked for.
struct BodyFields {
    private let values: [String: Value]

    private enum Value: Decodable {
        case text(String)
        case number(Int)
        case null

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    /// - Parameter allowed: the fields there are, for the words of the refusal in this order.
    init(_ body: ByteBuffer, allowed: [String]) throws(Problem) {
        let names = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        do {
            values = try JSONDecoder().decode([String: Value].self, from: Data(body.readableBytesView))
        } catch {
            throw .badBody("The body must be a JSON object of texts and whole numbers with \(names).")
        }
        for name in values.keys.sorted() where !allowed.contains(name) {
            throw .badBody("There is no field \"\(name.shortened)\" here; known: \(names).", parameter: name.shortened)
        }
    }

    /// A text that has to be there. Absent, null and empty are the same.
    func text(_ name: String) throws(Problem) -> String {
        guard let text = try optionalText(name) else {
            throw .badBody("\"\(name)\" is missing or empty.", parameter: name)
        }
        return text
    }

    func optionalText(_ name: String) throws(Problem) -> String? {
        switch values[name] {
        case .text(let text): return text.isEmpty ? nil : text
        case .null, nil: return nil
        case .number: throw .badBody("\"\(name)\" must be a text.", parameter: name)
        }
    }

    func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(Problem) -> Int {
        switch values[name] {
        case .null, nil: return standard
        case .number(let number) where range.contains(number): return number
        default:
            throw .badBody(
                "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound).", parameter: name)
        }
    }
}
