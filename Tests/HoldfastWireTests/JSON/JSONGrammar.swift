import Foundation

/// The grammar of RFC 8259 once more, in the plainest way: tokens are replaced by single letters, and then the innermost
/// arrays and objects by the letter of a value, until nothing can be replaced. Slow, and nothing like the scanner: which is
/// what makes it a good judge. (Foundation is none: it takes `[1,]` and refuses `0e5`.)
enum JSONGrammar {
    private static let tokens: [(pattern: String, letter: String)] = [
        (#"^"(?:[^"\\\x00-\x1F]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*""#, "s"),
        (#"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"#, "v"),
        ("^(?:true|false|null)", "v"),
        (#"^[ \t\r\n]+"#, ""),
        (#"^[\[\]{}:,]"#, "$0"),
    ]
    private static let container = #"\[(?:[sv](?:,[sv])*)?\]|\{(?:s:[sv](?:,s:[sv])*)?\}"#

    static func accepts(_ text: String) -> Bool {
        guard var shape = shape(of: text) else { return false }
        while let range = shape.range(of: container, options: .regularExpression) {
            shape.replaceSubrange(range, with: "v")
        }
        return shape == "s" || shape == "v"
    }

    /// The text with each token as its letter; nil if some part of it is no token.
    private static func shape(of text: String) -> String? {
        var rest = text[...]
        var shape = ""
        scan: while !rest.isEmpty {
            for (pattern, letter) in tokens {
                guard let range = rest.range(of: pattern, options: .regularExpression) else { continue }
                shape += letter == "$0" ? String(rest[range]) : letter
                rest = rest[range.upperBound...]
                continue scan
            }
            return nil
        }
        return shape
    }
}
