/// `${NAME}` and `$$` in the values of a configuration file.
enum Expansion {
    enum Mistake: Error, Hashable {
        /// The variable is not in the environment.
        case unset(String)
        /// A dollar sign that starts neither `${NAME}` nor `$$`.
        case strayDollar
    }

    /// Puts in the variables' values, once: what a variable holds is not expanded again.
    static func expand(_ text: String, environment: [String: String]) throws(Mistake) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            switch rest.first {
            case "$":
                result.append("$")
                rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw .strayDollar }
                let name = String(rest[..<end].dropFirst())
                guard isName(name) else { throw .strayDollar }
                guard let value = environment[name] else { throw .unset(name) }
                result += value
                rest = rest[rest.index(after: end)...]
            default:
                throw .strayDollar
            }
        }
        return result + rest
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
