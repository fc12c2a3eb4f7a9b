extension WallTime {
    /// `2026-01-31T23:59:59.123Z`, or with an offset. A leap second counts as the second before it.
    public init?(rfc3339 text: String) {
        var bytes = Array(text.utf8)[...]
        func digits(_ count: Int) -> Int64? {
            let head = bytes.prefix(count)
            guard head.count == count, head.allSatisfy({ (48...57).contains($0) }) else { return nil }
            bytes = bytes.dropFirst(count)
            return head.reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        func take(_ allowed: String) -> UInt8? {
            guard let first = bytes.first, allowed.utf8.contains(first) else { return nil }
            return bytes.popFirst()
        }
        guard let year = digits(4), take("-") != nil, let month = digits(2), take("-") != nil, let day = digits(2),
            take("Tt ") != nil, let hour = digits(2), take(":") != nil, let minute = digits(2), take(":") != nil,
            let second = digits(2), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
            hour < 24,
            minute < 60, second <= 60
        else { return nil }
        var milliseconds: Int64 = 0
        if take(".") != nil {
            let fraction = bytes.prefix { (48...57).contains($0) }
            guard !fraction.isEmpty else { return nil }
            bytes = bytes.dropFirst(fraction.count)
            for place in 0..<3 {
                milliseconds =
                    milliseconds * 10 + (place < fraction.count ? Int64(fraction[fraction.startIndex + place] - 48) : 0)
            }
        }
        var offset: Int64 = 0
        guard let zone = take("Zz+-") else { return nil }
        if zone == UInt8(ascii: "+") || zone == UInt8(ascii: "-") {
            guard let hours = digits(2), take(":") != nil, let minutes = digits(2), hours < 24, minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * (zone == UInt8(ascii: "-") ? -60 : 60)
        }
        guard bytes.isEmpty else { return nil }
        let seconds = ((Self.daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + min(second, 59) - offset
        self.init(milliseconds: seconds * 1_000 + milliseconds)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// In years that begin in March, so that a leap day is the last of its year: 153 days are five months, 146 097 are 400
    /// years, and 719 468 lie between the year 0 and 1970.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year + 399 : year + 400
        let month = (month + 9) % 12
        let ofYear = (153 * month + 2) / 5 + day - 1
        return (year * 365 + year / 4 - year / 100 + year / 400) + ofYear - 719_468 - 146_097
    }
}
