/// The parameters of a request's query, checked strictly: a name that the endpoint does not know is an error, because a
/// misspelt filter that is ignored would show, or act on, everything. An empty value counts as absent.
struct Query {
    private var values: [String: String] = [:]

    /// - Throws: a `Problem` that names the parameter.
    init(_ text: Substring, allowed: [String]) throws(Problem) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let rawName = parts.first, let name = percentDecoded(rawName, plusIsSpace: true),
                let value = percentDecoded(parts.dropFirst().first ?? "", plusIsSpace: true)
            else {
                throw .badParameter(
                    String(pair).shortened, "The query has a percent sign that does not stand for a UTF-8 byte.")
            }
            guard allowed.contains(name) else {
                let choice =
                    allowed.isEmpty ? "This path takes no parameters." : "Known: \(allowed.joined(separator: ", "))."
                throw .badParameter(name.shortened, "There is no parameter \"\(name.shortened)\" here. \(choice)")
            }
            guard values[name] == nil else {
                throw .badParameter(name, "The parameter \"\(name)\" is given more than once.")
            }
            values[name] = value
        }
    }

    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// A whole number in a range.
    func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(Problem) -> Int {
        guard let text = self[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .badParameter(
                name, "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// How many items a page has at most.
    static let largestPage = 1_000

    /// How many items of a page are wanted; all lists have the same sizes.
    func limit() throws(Problem) -> Int {
        try number("limit", in: 1...Self.largestPage, default: 100)
    }

    /// Where a page begins in a list whose items have numbers; nil: at the beginning.
    func rowCursor() throws(Problem) -> Int64? {
        guard let text = self["cursor"] else { return nil }
        guard let number = Int64(text), number > 0 else { throw .badCursor }
        return number
    }

    /// One of a fixed list of names.
    func choice<Choice>(_ name: String, among choices: [Choice], named: (Choice) -> String) throws(Problem) -> Choice? {
        guard let text = self[name] else { return nil }
        guard let choice = choices.first(where: { named($0) == text }) else {
            throw .badParameter(name, "\"\(name)\" must be one of \(choices.map(named).joined(separator: ", ")).")
        }
        return choice
    }
}
