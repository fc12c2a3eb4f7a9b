import HoldfastCore
import Logging

/// Writes one log event as a line of text or of JSON.
///
/// The fields of the contract come first and in its order (`account, from, to, reason, failures, class, code, delay_ms`), then
/// the others by name. A control character in a value is escaped, so that one event is always one line.
enum LogLine {
    private static let order = ["account", "from", "to", "reason", "failures", "class", "code", "delay_ms"]

    static func text(_ time: WallTime, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String
    {
        var line = "\(time.rfc3339) \(level.rawValue) \(escaped(message))"
        for (key, value) in sorted(metadata) {
            let plain = value.description
            let isQuoted =
                plain.isEmpty
                || plain.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }
            line += isQuoted ? " \(key)=\"\(escaped(plain))\"" : " \(key)=\(escaped(plain))"
        }
        return line + "\n"
    }

    static func json(_ time: WallTime, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String
    {
        var line = "{\"time\":\"\(time.rfc3339)\",\"level\":\"\(level.rawValue)\",\"message\":\"\(escaped(message))\""
        for (key, value) in sorted(metadata) where !["time", "level", "message"].contains(key) {
            line += ",\"\(escaped(key))\":" + json(value)
        }
        return line + "}\n"
    }

    private static func sorted(_ metadata: Logger.Metadata) -> [(key: String, value: Logger.MetadataValue)] {
        let first = order.compactMap { key in metadata[key].map { (key: key, value: $0) } }
        let rest = metadata.filter { !order.contains($0.key) }.sorted { $0.key < $1.key }
        return first + rest.map { (key: $0.key, value: $0.value) }
    }

    /// What was logged as a number (`.stringConvertible` of an integer) is one in JSON; all else is text.
    private static func json(_ value: Logger.MetadataValue) -> String {
        if case .stringConvertible(let number as any BinaryInteger) = value { return "\(number)" }
        return "\"\(escaped(value.description))\""
    }

    /// As between the quotes of a JSON string.
    private static func escaped(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0x7F
        }
        guard !isPlain else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
