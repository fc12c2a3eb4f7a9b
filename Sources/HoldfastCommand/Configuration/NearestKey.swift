/// Finds the key that was probably meant.
enum NearestKey {
    /// The known key with the fewest changed letters, if it is near enough to be a slip of the finger.
    static func of(_ unknown: String, among known: [String]) -> String? {
        let limit = max(1, min(3, unknown.utf8.count / 3))
        // Longer names cannot be near a key of ours, and would make the comparison slow.
        guard unknown.utf8.count <= 64 else { return nil }
        let ranked = known.map { (key: $0, distance: distance(unknown, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
        return best.key
    }

    /// Letters to insert, delete, change or swap with their neighbour to make one word of the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, leftByte) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, rightByte) in right.enumerated() {
                var best = min(last[column + 1] + 1, current[column] + 1)
                best = min(best, last[column] + (leftByte == rightByte ? 0 : 1))
                if row > 0, column > 0, leftByte == right[column - 1], left[row - 1] == rightByte {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
