import Foundation

/// Holds real answers against the OpenAPI document: every field that comes is described, every field that is promised comes, and
/// each is of the kind that is said.
struct AnswerCheck {
    let document: JSON

    /// What is wrong with an answer of an operation; empty if nothing is.
    func problems(with answer: API.Answer, to method: String, _ path: String) -> [String] {
        let operation = document["paths"][path][method.lowercased()]
        let response = resolved(operation["responses"]["\(answer.status)"])
        guard response != .null else { return ["\(method) \(path): \(answer.status) is not described"] }
        let contents = response["content"]
        guard let kind = contents.keys.first(where: { $0.contains("json") }) else { return [] }
        return problems(answer.json, contents[kind]["schema"], at: "\(method) \(path)")
    }

    /// The operations that answer JSON to those who only look, as `GET /path`.
    var questions: Set<String> {
        Set(
            document["paths"].keys.filter { path in
                document["paths"][path]["get"]["responses"]["200"]["content"].keys.contains("application/json")
            })
    }

    private func problems(_ value: JSON, _ schema: JSON, at place: String) -> [String] {
        let schema = merged(schema)
        let kinds = schema["type"].text.map { [$0] } ?? schema["type"].items.compactMap(\.text)
        guard kinds.isEmpty || kinds.contains(where: { value.isKind($0) }) else {
            return ["\(place) is no \(kinds.joined(separator: " or ")): \(value)"]
        }
        if !schema["enum"].items.isEmpty, value != .null, !schema["enum"].items.contains(value) {
            return ["\(place) has a value that is not listed: \(value)"]
        }
        if schema["format"].text == "date-time", let text = value.text,
            text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) == nil
        {
            return ["\(place) is no time in milliseconds: \(text)"]
        }
        switch value {
        case .array(let items):
            return Array(Set(items.flatMap { problems($0, schema["items"], at: "\(place)[]") }))
        case .object(let fields) where schema["properties"] != .null:
            let described = schema["properties"].keys
            let missing = schema["required"].items.compactMap(\.text).filter { fields[$0] == nil }
            return missing.map { "\(place) lacks \($0)" }
                + fields.keys.filter { !described.contains($0) }.map { "\(place) has \($0), which is not described" }
                + fields.flatMap { name, value in
                    problems(value, schema["properties"][name], at: "\(place).\(name)")
                }
        default:
            return []
        }
    }

    private func resolved(_ schema: JSON) -> JSON {
        guard let reference = schema["$ref"].text else { return schema }
        return reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] }
    }

    /// A schema with all that it refers to, and that it is put together from.
    private func merged(_ schema: JSON) -> JSON {
        let schema = resolved(schema)
        let parts = schema["allOf"].items.map(merged)
        guard !parts.isEmpty else { return schema }
        var properties: [String: JSON] = [:]
        var required: [JSON] = []
        for part in parts {
            if case .object(let fields) = part["properties"] { properties.merge(fields) { $1 } }
            required += part["required"].items
        }
        return .object(["type": .string("object"), "properties": .object(properties), "required": .array(required)])
    }
}

extension JSON {
    /// Whether it is what JSON Schema calls so.
    fileprivate func isKind(_ name: String) -> Bool {
        switch (self, name) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"), (.array, "array"),
            (.object, "object"):
            true
        case (.number(let number), "integer"): number == number.rounded()
        default: false
        }
    }
}
