import Foundation

/// How long ago, or how soon, in as few words as one can read at a glance.
enum Elapsed {
    /// The two largest units: `12s`, `3m 20s`, `5h 2m`, `9d 4h`.
    static func text(seconds: Int) -> String {
        let seconds = max(0, seconds)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m \(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3_600)h \(seconds % 3_600 / 60)m"
        default: return "\(seconds / 86_400)d \(seconds % 86_400 / 3_600)h"
        }
    }

    /// The time since a time of the API; nil if there is none or it cannot be read.
    static func since(_ time: String?, now: Date) -> String? {
        seconds(from: time, to: now).map { text(seconds: $0) }
    }

    /// The time until a time of the API.
    static func until(_ time: String?, now: Date) -> String? {
        seconds(from: time, to: now).map { text(seconds: -$0) }
    }

    private static func seconds(from time: String?, to now: Date) -> Int? {
        guard let time, let date = try? Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        else { return nil }
        let seconds = now.timeIntervalSince(date)
        return abs(seconds) < 1e9 ? Int(seconds.rounded()) : nil
    }
}
