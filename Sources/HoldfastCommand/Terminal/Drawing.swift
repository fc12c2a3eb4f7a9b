/// Small drawings out of characters.
enum Drawing {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// One character per value, the newest at the right; what there is no value for is blank.
    static func spark(_ values: [Double?], width: Int, most: Double? = nil) -> String {
        let shown = Array(values.suffix(max(0, width)))
        let highest = max(most ?? shown.compactMap(\.self).max() ?? 0, .leastNormalMagnitude)
        let line = shown.map { value -> Character in
            guard let value, value > 0 else { return value == nil ? " " : levels[0] }
            return levels[min(levels.count - 1, Int((value / highest * Double(levels.count - 1)).rounded()))]
        }
        return String(repeating: " ", count: max(0, width - shown.count)) + String(line)
    }

    /// Parts of a line whose lengths are like the counts; what there is any of has a character at least.
    static func shares(_ counts: [Int], width: Int) -> [Int] {
        let total = counts.reduce(0, +)
        guard total > 0, width > 0 else { return counts.map { _ in 0 } }
        var lengths = counts.map { $0 == 0 ? 0 : max(1, Int(Double($0) / Double(total) * Double(width))) }
        guard let longest = lengths.indices.max(by: { lengths[$0] < lengths[$1] }) else { return lengths }
        lengths[longest] = max(0, lengths[longest] + width - lengths.reduce(0, +))
        return lengths
    }
}
