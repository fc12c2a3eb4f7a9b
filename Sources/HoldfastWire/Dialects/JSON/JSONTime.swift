import HoldfastCore

/// Reads the time that a message carries.
enum JSONTime {
    /// What a number counts, since 1970.
    enum Unit: String, Hashable, Sendable, CaseIterable {
        case seconds = "s"
        case milliseconds = "ms"
        case microseconds = "us"
    }

    /// A number, with a fraction or without, also as text; or a text as RFC 3339 has it. Nil for anything else.
    static func read(_ value: JSONValue, _ unit: Unit, in json: RawSpan) -> WallTime? {
        guard let text = value.text(in: json), text.utf8.count <= 64 else { return nil }
        return number(text, unit) ?? (value.kind == .string ? WallTime(rfc3339: text) : nil)
    }

    private static func number(_ text: String, _ unit: Unit) -> WallTime? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int64($0) }) else { return nil }
        var thousandths: Int64 = 0
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
            thousandths = Int64((parts[1] + "000").prefix(3)) ?? 0
        }
        switch unit {
        case .milliseconds: return WallTime(milliseconds: whole)
        case .microseconds: return WallTime(milliseconds: whole / 1_000)
        case .seconds:
            let (product, overflow) = whole.multipliedReportingOverflow(by: 1_000)
            guard !overflow else { return nil }
            let (sum, carry) = product.addingReportingOverflow(whole < 0 ? -thousandths : thousandths)
            return carry ? nil : WallTime(milliseconds: sum)
        }
    }
}
