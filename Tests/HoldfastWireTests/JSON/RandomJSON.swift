import HoldfastCore

/// Makes JSON texts by chance: the same seed, the same text.
enum RandomJSON {
    private static let characters: [Character] = Array("abz09 \"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é中😀{}[]:,~")
    private static let whitespace = ["", "", "", " ", "\n", "\t\r\n "]
    private static let numbers = [
        "0", "-0", "1", "-17", "200", "1763712345678", "0.5", "-3.25", "1e3", "2E-2", "9007199254740991",
    ]
    private static let keys = ["lwp", "code", "headers", "body", "mid", "sid", "a", "", "中", "a\"b"]

    static func text(using random: inout SeededGenerator) -> String {
        String(
            (0..<Int.random(in: 0...20, using: &random)).map { _ in characters.randomElement(using: &random) ?? "a" })
    }

    /// A whole text: one value, with whitespace around it.
    static func document(using random: inout SeededGenerator) -> String {
        space(&random) + value(depth: 0, using: &random) + space(&random)
    }

    private static func space(_ random: inout SeededGenerator) -> String {
        whitespace.randomElement(using: &random) ?? ""
    }

    private static func value(depth: Int, using random: inout SeededGenerator) -> String {
        switch Int.random(in: depth < 5 ? 0...9 : 4...9, using: &random) {
        case 0, 1:
            // Every key once: what a repeated one means is not the same to all readers.
            let members = keys.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)).map { key in
                space(&random) + string(key, using: &random) + space(&random) + ":" + space(&random)
                    + value(depth: depth + 1, using: &random) + space(&random)
            }
            return "{" + (members.isEmpty ? space(&random) : members.joined(separator: ",")) + "}"
        case 2, 3:
            let elements = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                space(&random) + value(depth: depth + 1, using: &random) + space(&random)
            }
            return "[" + (elements.isEmpty ? space(&random) : elements.joined(separator: ",")) + "]"
        case 4: return numbers.randomElement(using: &random) ?? "0"
        case 5: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        default: return string(text(using: &random), using: &random)
        }
    }

    /// `text` with quotes, each character written in one of the ways it can be.
    private static func string(_ text: String, using random: inout SeededGenerator) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard mustEscape || Int.random(in: 0..<4, using: &random) == 0 else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in Character(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result + "\""
    }
}
