extension WallTime {
    /// The time as everything writes it that people read: RFC 3339 in UTC with milliseconds, for instance `2026-03-01T08:15:30.125Z`.
    ///
    /// Years outside 0…9999 have no text in RFC 3339; they are clamped, so that an absurd clock gives an absurd date and
    /// not an unreadable answer.
    public var rfc3339: String {
        let earliest: Int64 = -62_167_219_200_000
        let latest: Int64 = 253_402_300_799_999
        let clamped = min(max(milliseconds, earliest), latest)
        let (day, millisecondOfDay) = clamped.flooredDivision(by: 86_400_000)
        let date = CivilDate(daysSinceEpoch: day)
        let (secondOfDay, millisecond) = millisecondOfDay.quotientAndRemainder(dividingBy: 1_000)
        let (minuteOfDay, second) = secondOfDay.quotientAndRemainder(dividingBy: 60)
        let (hour, minute) = minuteOfDay.quotientAndRemainder(dividingBy: 60)
        let day10 = "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))"
        return "\(day10)T\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2)).\(millisecond.padded(3))Z"
    }
}

/// A date of the proleptic Gregorian calendar.
///
/// The method is the usual one for this: years are counted from 1 March, so that the leap day is the last day of a year and
/// the lengths of the months before it follow one linear rule; 400 years are 146 097 days.
struct CivilDate: Equatable {
    var year: Int64
    var month: Int64
    var day: Int64

    init(daysSinceEpoch: Int64) {
        // 719 468 days lie between 0000-03-01 and 1970-01-01.
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).flooredDivision(by: 146_097)
        let leapDays = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
