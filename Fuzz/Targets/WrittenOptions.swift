package import HoldfastWire

/// Settings of a dialect, as a test writes them down: texts, lists of texts, and options in options.
package final class WrittenOptions: DialectOptions {
    package enum Value: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
        case text(String)
        case list([Value])
        case options([(key: String, value: Value)])

        package init(stringLiteral text: String) { self = .text(text) }
        package init(arrayLiteral values: Value...) { self = .list(values) }
        package init(dictionaryLiteral entries: (String, Value)...) { self = .options(entries.map { ($0.0, $0.1) }) }
    }

    private let entries: [(key: String, value: Value)]
    private let path: String
    private let problems: Problems
    private var known: Set<String> = []

    private final class Problems {
        var texts: [String] = []
    }

    /// Everything reported, here and in the options inside.
    package var reported: [String] { problems.texts }

    package init(_ value: Value) {
        entries = if case .options(let entries) = value { entries } else { [] }
        path = ""
        problems = Problems()
    }

    private init(_ entries: [(key: String, value: Value)], _ path: String, _ problems: Problems) {
        self.entries = entries
        self.path = path
        self.problems = problems
    }

    package var keys: [String] { entries.map(\.key) }

    private func value(_ key: String) -> Value? {
        known.insert(key)
        return entries.first { $0.key == key }?.value
    }

    package func text(_ key: String, preset: String, allowed: String) -> String? {
        if case .text(let text) = value(key) { text } else { nil }
    }

    package func flag(_ key: String, _ flag: inout Bool) {
        if case .text(let text) = value(key) { flag = text == "true" }
    }

    package func choice(_ key: String, _ choice: inout String, among choices: @autoclosure () -> [String]) {
        guard case .text(let text) = value(key) else { return }
        if choices().contains(text) { choice = text } else { report(key, "is not known", "") }
    }

    package func texts(_ key: String, allowed: String) -> [String]? { value(key).map(Self.texts) }

    package func table(_ key: String, allowed: String) -> [(name: String, values: [String])]? {
        guard case .options(let entries) = value(key) else { return nil }
        return entries.map { ($0.key, Self.texts($0.value)) }
    }

    private static func texts(_ value: Value) -> [String] {
        switch value {
        case .text(let text): [text]
        case .list(let values): values.flatMap(texts)
        case .options: []
        }
    }

    package func part(_ key: String) -> (any DialectOptions)? {
        guard case .options(let entries) = value(key) else { return nil }
        return WrittenOptions(entries, path + key + ".", problems)
    }

    package func parts(_ key: String) -> [any DialectOptions]? {
        guard case .list(let values) = value(key) else { return nil }
        return values.enumerated().compactMap { index, value in
            guard case .options(let entries) = value else { return nil }
            return WrittenOptions(entries, "\(path)\(key)[\(index)].", problems)
        }
    }

    package func report(_ key: String, _ problem: String, _ remedy: String) {
        problems.texts.append("\(path)\(key): \(problem); \(remedy)")
    }

    package func finish() {
        for key in keys where !known.contains(key) { report(key, "unknown key", "") }
    }
}
