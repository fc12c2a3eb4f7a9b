import HoldfastCore

/// The cookies of an account, as they go into a `Cookie` header. Only the named ones are taken from an answer: whatever else
/// a login page sets is of no use to the gateway.
struct CookieJar {
    private(set) var cookies: [(name: String, value: String)] = []
    /// The shortest life of those taken; nil if none said.
    private(set) var lifetime: Duration?

    init(_ header: Secret?) {
        let text = header?.withRevealed(\.self) ?? ""
        for pair in text.split(separator: ";") {
            guard let (name, value) = Self.pair(pair) else { continue }
            put(name, value)
        }
    }

    /// As a header's value; nil if there are none.
    var header: Secret? {
        cookies.isEmpty ? nil : Secret(cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))
    }

    /// Takes the value of a `Set-Cookie` field (RFC 6265 §5.2). Returns whether it was one of those wanted.
    mutating func take(_ field: String, wanted: [String]) -> Bool {
        let parts = field.split(separator: ";")
        guard let first = parts.first, let (name, value) = Self.pair(first), wanted.contains(name),
            value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return false }
        var age: Int64?
        for part in parts.dropFirst() {
            guard let (name, value) = Self.pair(part), name.lowercased() == "max-age" else { continue }
            age = Int64(value)
        }
        if let age {
            guard age > 0 else {
                cookies.removeAll { $0.name == name }
                return false
            }
            let life = Duration.seconds(min(age, 315_360_000))
            lifetime = min(lifetime ?? life, life)
        }
        put(name, value)
        return true
    }

    private mutating func put(_ name: String, _ value: String) {
        if let index = cookies.firstIndex(where: { $0.name == name }) {
            cookies[index].value = value
        } else {
            cookies.append((name, value))
        }
    }

    private static func pair(_ text: Substring) -> (String, String)? {
        guard let mark = text.firstIndex(of: "=") else { return nil }
        let name = trimmed(text[..<mark])
        guard !name.isEmpty else { return nil }
        return (name, trimmed(text[text.index(after: mark)...]))
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
