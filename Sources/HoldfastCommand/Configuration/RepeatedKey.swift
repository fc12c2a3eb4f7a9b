import Yams

/// Renames a key in the text of a YAML file, so that what comes after a repeated key can still be looked at.
enum RepeatedKey {
    /// A character of the private use area: nobody has a key that starts with it.
    private static let marker: Unicode.Scalar = "\u{E000}"

    static func isHidden(_ key: String) -> Bool { key.unicodeScalars.first == marker }

    /// The text with the key at `mark` renamed to something unique, or nil if there is nothing at `mark`.
    static func hide(at mark: Mark, number: Int, in text: String) -> String? {
        let scalars = text.unicodeScalars
        guard var index = startOfLine(mark.line, in: scalars) else { return nil }
        guard
            let start = scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex),
            start < scalars.endIndex
        else { return nil }
        index = start
        if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
        var result = String(scalars[..<index])
        result.unicodeScalars.append(marker)
        result += "\(number)"
        result.unicodeScalars.append(marker)
        result += String(scalars[index...])
        return result
    }

    /// Lines end where the YAML parser ends them: at CR, LF, CR LF, NEL, LS and PS.
    private static func startOfLine(_ line: Int, in scalars: String.UnicodeScalarView) -> String.Index? {
        var current = 1
        var index = scalars.startIndex
        while current < line {
            guard index < scalars.endIndex else { return nil }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            switch scalar {
            case "\r":
                if index < scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
                current += 1
            case "\n", "\u{85}", "\u{2028}", "\u{2029}":
                current += 1
            default:
                break
            }
        }
        return index
    }
}
