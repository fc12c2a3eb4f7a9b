/// Lets `${NAME}` stand bare in a flow mapping or list: `{ key: ${NAME} }`.
///
/// To YAML the brace in it ends the mapping, although everybody reads it as one word. So a reference that is a whole value on
/// a line with an open `{` or `[` gets the quotes that YAML needs. Lines and their numbers stay as they are.
enum FlowReferences {
    static func quoted(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.contains("${") ? quoted(line: line) : String(line)
        }.joined(separator: "\n")
    }

    private static func quoted(line: Substring) -> String {
        let characters = Array(line)
        var result = ""
        var quote: Character?
        var depth = 0
        var index = 0
        while index < characters.count {
            let character = characters[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "$", depth > 0, beginsValue(result), let end = reference(in: characters, at: index) {
                result += "\"" + String(characters[index..<end]) + "\""
                index = end
                continue
            } else {
                switch character {
                case "\"", "'": if beginsValue(result) { quote = character }
                case "#": if result.last?.isWhitespace != false { return result + String(characters[index...]) }
                case "{", "[": depth += 1
                case "}", "]": depth -= 1
                default: break
                }
            }
            result.append(character)
            index += 1
        }
        return result
    }

    /// What comes next is the beginning of a value or a key.
    private static func beginsValue(_ before: String) -> Bool {
        guard let last = before.last(where: { !$0.isWhitespace }) else { return true }
        return ":,[{-".contains(last)
    }

    /// The end of a reference that is a whole value; nil if something else follows it.
    private static func reference(in characters: [Character], at start: Int) -> Int? {
        guard start + 1 < characters.count, characters[start + 1] == "{",
            let close = characters[start...].firstIndex(of: "}")
        else { return nil }
        let rest = characters[(close + 1)...].first { !$0.isWhitespace }
        return rest.map { ",}]".contains($0) } == true ? close + 1 : nil
    }
}
