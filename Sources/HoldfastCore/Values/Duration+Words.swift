extension Duration {
    /// Its two largest units, each with its number; the units are days, hours, minutes and seconds, by their places in this list.
    public var largestUnits: [(count: Int, unit: Int)] {
        let seconds = max(0, Int(min(inSeconds, 1e9)))
        let counts = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60]
        guard let first = counts.firstIndex(where: { $0 > 0 }) else { return [(0, 3)] }
        return counts.indices.filter { $0 == first || ($0 == first + 1 && counts[$0] > 0) }.map { (counts[$0], $0) }
    }

    /// As people say it: `1 h 30 min`, `45 s`. Below a second in milliseconds.
    public var inWords: String {
        guard self >= .seconds(1) || self <= .zero else { return "\(wholeMilliseconds) ms" }
        return largestUnits.map { "\($0.count) \(["d", "h", "min", "s"][$0.unit])" }.joined(separator: " ")
    }
}
