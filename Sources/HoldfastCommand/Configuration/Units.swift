/// Durations and sizes as people write them. A bare number is never one: its reader would have to guess the unit.
enum Units {
    /// Why a text is not what it should be.
    enum Mistake: Error, Hashable {
        case missingUnit
        case unreadable
    }

    static let durationForms = "a duration such as 250ms, 15s, 2m or 1h"
    static let sizeForms = "a size such as 512B, 512KiB or 1MiB"

    /// Reads `250ms`, `15s`, `2m`, `1h`: digits and one unit.
    static func duration(_ text: String) throws(Mistake) -> Duration {
        let (number, unit) = try split(text)
        let milliseconds: Int64
        switch unit {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1_000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        default: throw .unreadable
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        // A year is far beyond every limit; more than that is a slip of the finger.
        guard !overflow, total <= 366 * 24 * 3_600_000 else { throw .unreadable }
        return .milliseconds(total)
    }

    /// Reads `512B`, `512KiB`, `1MiB`, `1GiB` as bytes.
    static func sizeBytes(_ text: String) throws(Mistake) -> Int {
        let (number, unit) = try split(text)
        let factor: Int64
        switch unit {
        case "B": factor = 1
        case "KiB": factor = 1 << 10
        case "MiB": factor = 1 << 20
        case "GiB": factor = 1 << 30
        default: throw .unreadable
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow, let bytes = Int(exactly: total) else { throw .unreadable }
        return bytes
    }

    /// Writes a duration in the largest unit that holds it exactly.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        if milliseconds != 0 { return "\(seconds * 1_000 + milliseconds)ms" }
        if seconds != 0, seconds % 3_600 == 0 { return "\(seconds / 3_600)h" }
        if seconds != 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
    }

    /// Writes a size in the largest unit that holds it exactly.
    static func text(sizeBytes: Int) -> String {
        for (name, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where sizeBytes != 0 && sizeBytes % factor == 0 {
            return "\(sizeBytes / factor)\(name)"
        }
        return "\(sizeBytes)B"
    }

    private static func split(_ text: String) throws(Mistake) -> (Int64, Substring) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { throw .unreadable }
        let unit = text.dropFirst(digits.count)
        guard !unit.isEmpty else { throw .missingUnit }
        return (number, unit)
    }
}
