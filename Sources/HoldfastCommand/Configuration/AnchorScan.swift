/// Finds YAML aliases (`*name` for an earlier `&name`) before the parser does.
///
/// The parser unfolds them, and a few lines can then stand for more values than memory holds. The scan may take two texts for
/// an anchor and its alias that are none; it never misses a real pair.
enum AnchorScan {
    /// The line of the first alias whose anchor is in the text too, or nil.
    static func firstAlias(in text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "*")), bytes.contains(UInt8(ascii: "&")) else { return nil }
        let anchors = Set(names(after: UInt8(ascii: "&"), in: bytes).map(\.name))
        guard !anchors.isEmpty else { return nil }
        guard let alias = names(after: UInt8(ascii: "*"), in: bytes).first(where: { anchors.contains($0.name) }) else {
            return nil
        }
        return 1 + bytes[..<alias.start].count { $0 == UInt8(ascii: "\n") }
    }

    private static func names(after sign: UInt8, in bytes: [UInt8]) -> [(name: ArraySlice<UInt8>, start: Int)] {
        var found: [(name: ArraySlice<UInt8>, start: Int)] = []
        var index = 0
        while index < bytes.count {
            defer { index += 1 }
            guard bytes[index] == sign, index == 0 || mayPrecedeToken(bytes[index - 1]) else { continue }
            let name = bytes[(index + 1)...].prefix(while: isNameByte)
            guard !name.isEmpty, name.endIndex == bytes.count || mayFollowName(bytes[name.endIndex]) else { continue }
            found.append((name, index))
        }
        return found
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// White space, a flow indicator, or part of a character beyond ASCII (some of those end a line).
    private static func mayPrecedeToken(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: " ") || byte >= 0x80 || "[{,:".utf8.contains(byte)
    }

    private static func mayFollowName(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: " ") || byte >= 0x80 || "?:,]}%@`".utf8.contains(byte)
    }
}
