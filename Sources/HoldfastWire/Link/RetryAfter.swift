import Glibc

/// Reads `Retry-After` (RFC 9110 §10.2.3): a number of seconds, or a date.
enum RetryAfter {
    /// How long to wait; nil if the value means nothing, zero if the date is past.
    ///
    /// - Parameters:
    ///   - value: of the field.
    ///   - date: of the answer's `Date` field. A date is counted from there, so that our clock need not be right.
    static func duration(_ value: String, date: String?) -> Duration? {
        if value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), !value.isEmpty {
            return .seconds(Int64(value) ?? .max / 2)
        }
        guard let until = secondsSince1970(value) else { return nil }
        let now = date.flatMap(secondsSince1970) ?? Int64(time(nil))
        return .seconds(max(0, until - now))
    }

    /// A date in any of the three forms that a recipient must understand (RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    static func secondsSince1970(_ text: String) -> Int64? {
        var words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        guard words.count >= 5 else { return nil }
        words.removeFirst()  // the day of the week, which the date implies
        if let clock = words.firstIndex(where: { $0.contains(":") }), clock == 2 {
            words.insert(words[3], at: 2)  // the old form of C has the year at its end
            words.removeLast()
        }
        if words.count == 5, words[4] == "GMT" { words.removeLast() }
        guard words.count == 4 else { return nil }
        if months.contains(String(words[0])) { words.swapAt(0, 1) }
        guard let day = number(words[0]), let month = months.firstIndex(of: String(words[1])),
            let year = number(words[2]).map({ $0 < 70 ? $0 + 2000 : $0 < 100 ? $0 + 1900 : $0 }),
            let seconds = secondsOfDay(words[3]), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        return days(year: year, month: month + 1, day: day) * 86_400 + seconds
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func secondsOfDay(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(number)
        guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2],
            hours < 24, minutes < 60, seconds <= 60
        else { return nil }
        return hours * 3600 + minutes * 60 + seconds
    }

    private static func number(_ text: Substring) -> Int64? {
        HTTPHeadParser.number(text.utf8).map(Int64.init)
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap day is the
    /// last one and a month's first day is a straight line's value, rounded: 153 days in five months.
    private static func days(year: Int64, month: Int, day: Int64) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let marchMonth = Int64(month > 2 ? month - 3 : month + 9)
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        return marchYear * 365 + leapDays + (153 * marchMonth + 2) / 5 + day - 719_469
    }
}
