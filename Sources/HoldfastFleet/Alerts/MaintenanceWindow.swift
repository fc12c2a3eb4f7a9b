import Foundation
public import HoldfastCore

/// A silence that the configuration declares: once, or on days of the week.
public struct MaintenanceWindow: Sendable, Hashable {
    public var match: Silence.Match
    public var time: Time
    public var comment: String

    public enum Time: Sendable, Hashable {
        case once(from: WallTime, until: WallTime)
        /// In minutes after midnight, where the clocks show `zone` (a name of the IANA data base). An end that is not after the
        /// beginning is on the next day.
        case weekly(days: Set<Weekday>, from: Int, until: Int, zone: String)
    }

    public enum Weekday: String, Sendable, Hashable, CaseIterable {
        case sun, mon, tue, wed, thu, fri, sat
    }

    public init(match: Silence.Match = Silence.Match(), time: Time, comment: String = "") {
        self.match = match
        self.time = time
        self.comment = comment
    }

    /// The silences that this window comes to from yesterday until tomorrow.
    func silences(number: Int, around now: WallTime) -> [Silence] {
        let times: [(from: WallTime, until: WallTime)]
        switch time {
        case .once(let from, let until): times = [(from, until)]
        case .weekly(let days, let from, let until, let zone):
            times = Self.occurrences(days, from: from, until: until, zone: zone, around: now)
        }
        return times.filter { $0.until > now }.map { time in
            Silence(
                id: "\(Self.idPrefix)\(number)-\(time.from.milliseconds)", match: match, startsAt: time.from,
                endsAt: time.until, author: "configuration", comment: comment)
        }
    }

    /// Silences with such an id are the configuration's, and cannot be taken back at run time.
    static let idPrefix = "configuration-"

    private static func occurrences(
        _ days: Set<Weekday>, from: Int, until: Int, zone: String, around now: WallTime
    ) -> [(from: WallTime, until: WallTime)] {
        guard let zone = TimeZone(identifier: zone) else { return [] }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let today = calendar.startOfDay(for: Date(timeIntervalSince1970: Double(now.milliseconds) / 1_000))
        return (-1...1).compactMap { offset in
            guard let day = calendar.date(byAdding: .day, value: offset, to: today) else { return nil }
            let place = calendar.component(.weekday, from: day) - 1
            guard Weekday.allCases.indices.contains(place), days.contains(Weekday.allCases[place]) else { return nil }
            let last = until > from ? day : calendar.date(byAdding: .day, value: 1, to: day)
            guard let start = instant(from, on: day, calendar), let last,
                let end = instant(until, on: last, calendar)
            else { return nil }
            return (start, end)
        }
    }

    private static func instant(_ minutes: Int, on day: Date, _ calendar: Calendar) -> WallTime? {
        calendar.date(bySettingHour: minutes / 60 % 24, minute: minutes % 60, second: 0, of: day).map {
            WallTime(milliseconds: Int64($0.timeIntervalSince1970 * 1_000))
        }
    }
}
