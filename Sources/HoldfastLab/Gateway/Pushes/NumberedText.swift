/// A text in which `{n}` stands for a number, cut at those places once so that many numbers can be put in.
struct NumberedText: Hashable, Sendable {
    /// What stands before, between and behind the numbers; a single part if there is none.
    let parts: [String]

    init(_ text: String) {
        parts = text.split(separator: "{n}", omittingEmptySubsequences: false).map(String.init)
    }

    /// The number follows the prefix.
    init(prefix: String) {
        parts = [prefix, ""]
    }

    /// No number at all.
    init(fixed: String) {
        parts = [fixed]
    }

    func text(_ number: Int) -> String { parts.joined(separator: String(number)) }
}
