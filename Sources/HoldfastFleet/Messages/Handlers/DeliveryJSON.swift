import HoldfastCore
import HoldfastStore
import HoldfastWire
import NIOCore

/// A delivery as handlers outside of the process get it.
enum DeliveryJSON {
    /// `{"account","chat","messages":[{"id","sender","name","text","item","group","at","raw"}…]}`
    static func write(_ delivery: Delivery, id: Bool = false, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{")
        if id {
            buffer.writeStaticString(#""delivery":"#)
            buffer.writeJSON(delivery.id)
            buffer.writeStaticString(",")
        }
        buffer.writeStaticString(#""account":"#)
        buffer.writeJSON(delivery.account)
        buffer.writeStaticString(#","chat":"#)
        buffer.writeJSON(delivery.chat)
        buffer.writeStaticString(#","messages":["#)
        for (index, message) in delivery.messages.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            write(message, into: &buffer)
        }
        buffer.writeStaticString("]}")
    }

    static func write(_ message: JournalMessage, into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"id":"#)
        buffer.writeJSON(message.id)
        buffer.writeStaticString(#","sender":"#)
        buffer.writeJSON(message.sender ?? "")
        buffer.writeStaticString(#","name":"#)
        buffer.writeJSON(message.name ?? "")
        buffer.writeStaticString(#","text":"#)
        buffer.writeJSON(message.text ?? "")
        buffer.writeStaticString(#","item":"#)
        buffer.writeJSON(message.item ?? "")
        buffer.writeStaticString(#","group":"#)
        buffer.writeString(message.isGroup ? "true" : "false")
        buffer.writeStaticString(#","at":"#)
        buffer.writeJSON(RFC3339.text(of: message.sentAt ?? message.receivedAt))
        buffer.writeStaticString(#","raw":"#)
        // It is JSON: it was made, or checked, when the message came.
        if message.raw.isEmpty { buffer.writeStaticString("null") } else { buffer.writeBytes(message.raw) }
        buffer.writeStaticString("}")
    }
}

/// Times as text: RFC 3339 in UTC with milliseconds.
enum RFC3339 {
    static func text(of time: WallTime) -> String {
        // The years 1970 to 9999: what a gateway says may be any number.
        let milliseconds = min(max(time.milliseconds, 0), 253_402_300_799_999)
        let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000)
        let (year, month, day) = civil(days)
        let seconds = rest / 1_000
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(seconds / 3_600, 2)):"
            + "\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(rest % 1_000, 3))Z"
    }

    /// The date of a day counted from 1970-01-01, by the rules of the Gregorian calendar: 400 years have 146 097 days. Counted
    /// from March on, the leap day is the last of its year.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
